"""What is put into Markdown comes out of a Markdown parser as it was."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from horde_model_reference.cli.markdown_text import code_block, json_code, paragraphs, plain, row, web_link

MARKUP = st.text(st.sampled_from("ab1 \n\t\\`*_{}[]()<>|#~&;:!+-=.\u2028\u0085\u202e/\"'"), max_size=20)
TEXTS = st.one_of(MARKUP, st.text(max_size=20))


def parsed(markdown: str) -> list[Any]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)


def seen_in(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+", " ", text)


def text_of(token: Any) -> str:
    assert {child.type for child in token.children} <= {"text", "text_special"}, token
    return "".join(child.content for child in token.children)


@given(TEXTS)
@example("1. a")
@example("- a")
@example("---")
@example("===")
@example("    a")
@example("&copy;")
@example("<script>")
def test_a_text_is_one_paragraph_with_nothing_but_that_text(text: str) -> None:
    tokens = parsed(f"before\n\n{plain(text)}\n\nafter")

    inner = [text_of(token) for token in tokens if token.type == "inline"]
    assert {token.type for token in tokens} == {"paragraph_open", "inline", "paragraph_close"}
    assert " ".join(inner[1:-1]).split() == seen_in(text).split()


@given(st.lists(TEXTS, min_size=2, max_size=4))
def test_a_row_has_the_cells_that_it_was_made_of(texts: list[str]) -> None:
    head = [row(*"abcd"[: len(texts)]), f"|{'---|' * len(texts)}"]

    tokens = parsed("\n".join((*head, row(*map(plain, texts)))))

    cells = [text_of(token) for token in tokens if token.type == "inline"][len(texts) :]
    assert [cell.split() for cell in cells] == [seen_in(text).split() for text in texts]


@given(TEXTS)
def test_code_is_shown_as_it_is(text: str) -> None:
    text = re.sub(r"[\r\x00]", " ", text)

    (block,) = parsed("\n".join(code_block(text)))

    assert block.type == "fence"
    assert block.content == (text.removesuffix("\n") + "\n")


@given(TEXTS)
def test_json_is_one_piece_of_code(text: str) -> None:
    _, inline, _ = parsed(json_code(text))

    assert [child.type for child in inline.children] == ["code_inline"]


@given(TEXTS, TEXTS.filter(lambda text: text.strip() != ""))
def test_a_link_leads_where_it_should(path: str, label: str) -> None:
    _, inline, _ = parsed(web_link(f"https://example.org/{path}", f"x{label}"))

    first, *_, last = inline.children
    assert (first.type, last.type) == ("link_open", "link_close")
    assert first.attrs["href"].startswith("https://example.org/")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.org", ""])
def test_only_addresses_of_the_web_are_links(url: str) -> None:
    assert "](" not in web_link(url, "label")


def test_paragraphs_are_kept() -> None:
    assert list(paragraphs("a\nb\r\n\r\n# c\n \n")) == ["", "a b", "", "\\# c"]
