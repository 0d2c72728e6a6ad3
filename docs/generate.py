"""Write the generated pages of the documentation: settings, and the command line."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.main import get_command
from typer.testing import CliRunner

from horde_model_reference.cli.main import app
from horde_model_reference.cli.setting_names import variable_names
from horde_model_reference.settings import PREFIX, Settings

REFERENCE = Path(__file__).parent / "reference"
OTHER_VARIABLES = (
    ("HORDE_MODEL_REFERENCE_URL", "`hmr queue`", "The API of the PRIMARY whose queue it is, like `--url`."),
    ("AI_HORDE_API_KEY", "`hmr queue`, `hmr models download`", "Your key, like `--apikey`."),
    (
        "CIVIT_API_TOKEN",
        "`hmr models download`",
        "Your token for files on civitai.com, like `--token`; sent there alone.",
    ),
    (
        "FORWARDED_ALLOW_IPS",
        "`hmr serve`",
        "Proxies whose `X-Forwarded-For` and `-Proto` are believed, separated by "
        "commas; without it, those on this machine.",
    ),
    ("HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "everything that fetches", "The proxy of your network."),
    ("NO_COLOR, COLUMNS", "every command", "Plain output, and its width."),
)
"""Name, reader and meaning of what is no setting of ours, or not of all programs."""


def settings_page() -> str:
    """Return the page of all variables."""
    rows = "\n".join(
        f"| `{name}` | {type_} | {default} | {text} |" for name, type_, default, text in _rows(Settings)
    )
    others = "\n".join(f"| `{name}` | {reader} | {text} |" for name, reader, text in OTHER_VARIABLES)
    return (
        "# Settings\n\nEnvironment variables, read once when a program starts. Lists are JSON arrays. "
        "A value that can't be used is an error that names the variable; `hmr serve` "
        "and `hmr doctor` also name those that begin like a setting, but are none. Made by `make docs`.\n\n"
        f"| variable | type | default | meaning |\n|---|---|---|---|\n{rows}\n\n"
        "Some are read by single commands, by the server or by the libraries beneath:\n\n"
        f"| variable | read by | meaning |\n|---|---|---|\n{others}\n"
    )


def commands_page() -> str:
    """Return the page of the command line."""
    parts = ["# Command line\n\nWhat `--help` says, made by `make docs`.\n"]
    for words in _commands():
        parts.append(f"## hmr {words}\n\n```text\n{_help(words)}\n```\n")
    return "\n".join(parts)


def _commands() -> Iterator[str]:
    """Yield every command, those of a group after its name."""
    top = cast(Any, get_command(app))
    for name, command in top.commands.items():
        inner = getattr(command, "commands", None)
        yield from (f"{name} {sub}" for sub in inner) if inner else (name,)


def _rows(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[tuple[str, str, str, str]]:
    texts = _attribute_docstrings(model)
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _rows(inner, f"{prefix}{name.upper()}__")
            continue
        variable = " or ".join(variable_names(name, field, prefix))
        yield variable, _type(inner), _default(field), _one_line(texts.get(name))


def _type(annotation: Any) -> str:
    """Return what a person may write: the values where only some are allowed, else the type."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is not None:
        return _type_of_parts(origin, inner)
    if annotation is type(None):
        return "none"
    if issubclass(annotation, Enum):
        return _choices(member.value for member in annotation)
    return "object" if issubclass(annotation, BaseModel) else str(annotation.__name__)


def _type_of_parts(origin: Any, inner: tuple[Any, ...]) -> str:
    if origin in (Union, UnionType):
        return " or ".join(_type(part) for part in inner)
    if origin is Literal:
        return _choices(inner)
    return f"list of {_type(inner[0])}" if origin is tuple else _type(inner[0])


def _choices(values: Iterable[object]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value is PydanticUndefined:
        return "none"
    if isinstance(value, tuple):
        return f"`{json.dumps(value)}`" if value else "empty"
    return f"`{getattr(value, 'value', value)}`"


def _attribute_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the text below each field, which Python itself does not keep; inherited ones too."""
    inherited = [
        _attribute_docstrings(base) for base in model.__bases__ if base.__module__ == model.__module__
    ]
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef)
    own = {
        field.target.id: text.value.value
        for field, text in pairwise(definition.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
    return {name: text for texts in (*inherited, own) for name, text in texts.items()}


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _help(words: str) -> str:
    plain = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    answer = CliRunner().invoke(app, [*words.split(), "--help"], prog_name="hmr", env=plain)
    assert answer.exit_code == 0, answer.output
    return "\n".join(line.rstrip() for line in answer.stdout.strip().splitlines())


if __name__ == "__main__":
    (REFERENCE / "settings.md").write_text(settings_page(), encoding="utf-8")
    (REFERENCE / "commands.md").write_text(commands_page(), encoding="utf-8")
