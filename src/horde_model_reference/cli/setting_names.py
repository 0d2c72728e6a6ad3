"""The names that settings have in the environment, to find those that somebody wrote wrongly."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from horde_model_reference.settings import PREFIX, Settings

SERVER_VARIABLE: Final = f"{PREFIX}URL"
"""The API that commands of the queue talk to; no setting of the registry itself."""
_LEAST_LIKENESS: Final = 0.75


def setting_names(model: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[tuple[str, ...]]:
    """Yield the names of each setting, such as ``HORDE_MODEL_REFERENCE_SEED``, and of each group."""
    for name, field in model.model_fields.items():
        yield variable_names(name, field, prefix)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from setting_names(field.annotation, f"{prefix}{name.upper()}__")


def variable_names(name: str, field: FieldInfo, prefix: str) -> tuple[str, ...]:
    """Return the variables that a field is read from."""
    choices: list[Any] = getattr(field.validation_alias, "choices", [])
    own = tuple(choice for choice in choices if isinstance(choice, str) and choice.isupper())
    return own or (prefix + name.upper(),)


def unknown_settings(variables: Iterable[str]) -> list[str]:
    """Return a line for each variable that begins like a setting, but is none, sorted by name."""
    known = {SERVER_VARIABLE, *(name for names in setting_names() for name in names)}
    unknown = (name for name in variables if name.upper().startswith(PREFIX) and name.upper() not in known)
    return [f"nothing reads {name}{_hint(name.upper(), known)}" for name in sorted(unknown)]


def _hint(name: str, known: Iterable[str]) -> str:
    # Without the prefix, which would make all of them alike; some settings have none.
    by_end = {each.removeprefix(PREFIX): each for each in known}
    similar = get_close_matches(name.removeprefix(PREFIX), by_end, n=1, cutoff=_LEAST_LIKENESS)
    return f"; did you mean {by_end[similar[0]]}?" if similar else ""
