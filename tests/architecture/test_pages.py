"""What takes time for a page is done beside the event loop, which answers everybody else meanwhile."""

import ast
from collections.abc import Iterator
from pathlib import Path

import horde_model_reference.service.web

PAGES = Path(horde_model_reference.service.web.__file__).parent
SLOW = frozenset({"render", "difference_between", "differences_of", "pretty", "sign_in_form", "go_on_page"})
"""What makes a page, or compares records, and takes seconds for a huge one."""


def called_by(function: ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield what a coroutine calls itself; what it hands to a thread stands in a function of its own."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        waiting += ast.iter_child_nodes(node)


def coroutines(text: str) -> list[ast.AsyncFunctionDef]:
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.AsyncFunctionDef)]


def test_no_coroutine_makes_a_page_itself() -> None:
    found = {path.name: coroutines(path.read_text()) for path in PAGES.rglob("*.py")}

    assert sum(map(len, found.values())) > 50
    for name, functions in found.items():
        for function in functions:
            assert SLOW.isdisjoint(called_by(function)), f"{function.name} in {name}"


def test_a_coroutine_that_makes_a_page_itself_is_seen() -> None:
    (bad, good) = coroutines(
        "async def bad():\n    return [render(x)]\n"
        "async def good():\n    def made():\n        return render(x)\n    return await in_thread(made)\n"
    )

    assert list(called_by(bad)) == ["render"]
    assert list(called_by(good)) == ["in_thread"]
