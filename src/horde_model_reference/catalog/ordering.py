"""How values are reached by a path and put in order (spec 30 §5, spec 12, Sorting)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel


def value_at(value: Any, path: Sequence[str]) -> Any:
    """Return what lies at ``path`` below a value that stands for its first segment.

    Only declared fields of records and keys of mappings are found: paths come from users.

    Raises:
        ValueError: The path meets None, a missing part or a value that has no parts.
    """
    for position, segment in enumerate(path[1:], start=1):
        if isinstance(value, BaseModel) and segment in type(value).model_fields:
            value = getattr(value, segment)
        elif isinstance(value, Mapping) and segment in value:
            value = cast("Mapping[str, Any]", value)[segment]
        else:
            raise ValueError(
                f"nothing is at {'__'.join(path)}: {'__'.join(path[:position])} has no {segment}"
            )
    return value


def sorted_rows(rows: Sequence[int], value_of: Callable[[int], Any], *, descending: bool) -> Sequence[int]:
    """Return rows by their value, stable in either direction; None is greater than everything.

    Raises:
        ValueError: Two values can't be compared.
    """
    present = [row for row in rows if value_of(row) is not None]
    absent = [row for row in rows if value_of(row) is None] if len(present) < len(rows) else []
    try:
        ordered = _sorted(present, value_of, descending=descending)
    except TypeError as error:
        raise ValueError(f"the values can't be put in order: {error}") from error
    return absent + ordered if descending else ordered + absent


def _sorted(rows: list[int], value_of: Callable[[int], Any], *, descending: bool) -> list[int]:
    try:
        return sorted(rows, key=value_of, reverse=descending)
    except TypeError:
        # Values without an order of their own still have one where all are equal, as in tuples.
        return sorted(rows, key=lambda row: (value_of(row),), reverse=descending)
