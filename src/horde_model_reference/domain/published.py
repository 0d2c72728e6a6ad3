"""The names under which enums are known outside: in JSON schemas, pickles and error messages (spec 30 §3)."""

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

_PLACE = "horde_model_reference.meta_consts"

EnumClass = TypeVar("EnumClass", bound=type[Enum])


def published_as(name: str) -> Callable[[EnumClass], EnumClass]:
    """Give a class the name that other programs import; their schemas and clients are made from it."""

    def rename(kind: EnumClass) -> EnumClass:
        kind.__name__ = kind.__qualname__ = name
        kind.__module__ = _PLACE
        return kind

    return rename
