"""What the keywords of ``where`` mean: ``field=…``, ``field__op=…``, ``field__part__op=…`` (spec 30 §5)."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeGuard, cast

from pydantic import BaseModel

from horde_model_reference.catalog.predicates import (
    ComparesField,
    FieldEquals,
    FieldIsIn,
    FieldPredicate,
    PathPredicate,
    Predicate,
    membership,
)


def _contains(found: Any, item: object) -> bool:
    # A text never matches here (spec 30 §5); `FieldRef.contains` looks into texts.
    if isinstance(found, Mapping):
        return item in cast("Mapping[object, object]", found)
    return isinstance(found, list | tuple | set | frozenset) and item in cast("Sequence[object]", found)


def _is_in(found: Any, values: object) -> bool:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f"__in needs several values, not {values!r}")
    return found in cast("Iterable[object]", values)


_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "ne": operator.ne,
    "in": _is_in,
    "contains": _contains,
}
_NEVER_FAILING: Final = frozenset({"ne", "contains"})


def condition(keyword: str, value: object) -> tuple[str, Predicate]:
    """Return the field that a keyword of ``where`` is about, and what it asks of it."""
    field, *rest = keyword.split("__")
    operation = rest.pop() if rest and rest[-1] in _OPERATIONS else None
    if operation is None:
        return field, _equality(field, rest, value)
    return field, _operation(field, rest, operation, value)


def _equality(field: str, rest: list[str], value: object) -> Predicate:
    if not _is_choice(value):
        return PathPredicate((field, *rest), _equals(value)) if rest else FieldEquals(field, value)
    choices = tuple(value)
    return PathPredicate((field, *rest), membership(choices)) if rest else FieldIsIn(field, choices)


def _operation(field: str, rest: list[str], operation: str, value: object) -> Predicate:
    compare: Callable[[Any, Any], object] = _OPERATIONS[operation]
    if operation == "in" and _is_choice(value):
        value = tuple(value)  # an iterator would be used up by the first record

    expected: Any = value

    def test(found: Any) -> bool:
        return found is not None and bool(compare(found, expected))

    if rest:
        return PathPredicate((field, *rest), test)
    return FieldPredicate(field, test) if operation in _NEVER_FAILING else ComparesField(field, test)


def _equals(value: object) -> Callable[[Any], bool]:
    return lambda found: bool(found == value)


def _is_choice(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | BaseModel)
