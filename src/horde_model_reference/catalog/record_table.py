"""Records in a fixed order, with what queries look up: columns, rows by value, sorted orders."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, overload

from horde_model_reference.catalog.ordering import sorted_rows, value_at
from horde_model_reference.domain.records import GenericModelRecord

Rows = Sequence[int]
"""Positions in a table, each once."""


class RecordTable(Sequence[GenericModelRecord]):
    """The records that a query reads; it must not change while it is in use.

    Everything else is made when a query first asks for it, and kept. Two threads that ask at once may both
    make it; they make the same.
    """

    def __init__(self, records: Iterable[GenericModelRecord]) -> None:
        self._records = list(records)
        self._start()

    def _start(self) -> None:
        self._columns: dict[str, Sequence[Any]] = {}
        self._derived: dict[tuple[str, Callable[[Any], Any]], Sequence[Any]] = {}
        self._counts: dict[tuple[str, Callable[[Any], str]], Mapping[str, int]] = {}
        self._rows_by_value: dict[str, dict[Hashable, list[int]] | None] = {}
        self._rows_by_item: dict[str, dict[Hashable, list[int]]] = {}
        self._orders: dict[tuple[tuple[str, ...], bool], Rows] = {}
        self._has_unique_names: bool | None = None

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, index: int) -> GenericModelRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[GenericModelRecord]: ...
    def __getitem__(self, index: int | slice) -> GenericModelRecord | list[GenericModelRecord]:
        """Return a record, or some."""
        rows = range(len(self))[index]
        return self.take(rows) if isinstance(rows, range) else self.take((rows,))[0]

    def take(self, rows: Rows) -> list[GenericModelRecord]:
        """Return the records of some rows, in their order."""
        records = self._records
        return [records[row] for row in rows]

    def column(self, field: str) -> Sequence[Any]:
        """Return an attribute of every record; None where a record has no such attribute."""
        found = self._columns.get(field)
        if found is None:
            found = self._columns[field] = self._read_column(field)
        return found

    def _read_column(self, field: str) -> Sequence[Any]:
        return [getattr(record, field, None) for record in self._records]

    def derived(self, field: str, derive: Callable[[Any], Any]) -> Sequence[Any]:
        """Return what a function makes of every value of a column; kept by the function."""
        found = self._derived.get((field, derive))
        if found is None:
            found = self._derived[field, derive] = [derive(value) for value in self.column(field)]
        return found

    def value_counts(self, field: str, derive: Callable[[Any], str], rows: Rows) -> Mapping[str, int]:
        """Return how often each of the texts comes that a function makes of a column, in some rows."""
        values = self.derived(field, derive)
        if len(rows) < len(self):
            return Counter(map(values.__getitem__, rows))
        found = self._counts.get((field, derive))
        if found is None:
            found = self._counts[field, derive] = Counter(values)
        return found

    def rows_with_value(self, field: str, value: object) -> Rows | None:
        """Return the rows with this value, ascending; None where that can't be looked up."""
        if field not in self._rows_by_value:
            self._rows_by_value[field] = _rows_by_value(self.column(field))
        rows_by_value = self._rows_by_value[field]
        key = plain_value(value)
        if rows_by_value is None or not is_hashable(key):
            return None
        return rows_by_value.get(key, ())

    def rows_with_item(self, field: str, item: str) -> Rows:
        """Return the rows whose list holds this item, ascending."""
        rows_by_item = self._rows_by_item.get(field)
        if rows_by_item is None:
            rows_by_item = self._rows_by_item[field] = _rows_by_item(self.column(field))
        return rows_by_item.get(plain_value(item), ())

    def in_order(self, rows: Rows, path: tuple[str, ...], *, descending: bool) -> Rows:
        """Return rows sorted by a value, stable: without a value last, and first when descending.

        Raises:
            ValueError: There is no way to the value of one of them, or two can't be compared.
        """
        # Sorting all once and picking is quicker than sorting many again and again.
        if len(rows) * 8 >= len(self):
            try:
                order = self._order(path, descending=descending)
            except ValueError:
                pass  # one of the other rows is to blame, perhaps
            else:
                wanted = bytearray(len(self))
                for row in rows:
                    wanted[row] = 1
                return order if len(rows) == len(self) else [row for row in order if wanted[row]]
        return self._sorted(rows, path, descending=descending)

    def _order(self, path: tuple[str, ...], *, descending: bool) -> Rows:
        found = self._orders.get((path, descending))
        if found is None:
            found = self._orders[path, descending] = self._sorted(
                range(len(self)), path, descending=descending
            )
        return found

    def _sorted(self, rows: Rows, path: tuple[str, ...], *, descending: bool) -> Rows:
        column = self.column(path[0])
        if len(path) == 1:
            return sorted_rows(rows, column.__getitem__, descending=descending)
        values = {row: value_at(column[row], path) for row in rows}
        return sorted_rows(rows, values.__getitem__, descending=descending)

    def first_of_each_name(self, rows: Rows) -> Rows:
        """Return the rows without those whose name an earlier one of them has."""
        names = self.column("name")
        if self._has_unique_names is None:
            self._has_unique_names = len(set(names)) == len(names)
        if self._has_unique_names:
            return rows
        first_rows: dict[str, int] = {}
        for row in rows:
            first_rows.setdefault(names[row], row)
        return list(first_rows.values())


def plain_value(value: Any) -> Any:
    """Return the value of an enum member where the two are equal: some enums hash otherwise than it."""
    return value.value if isinstance(value, Enum) and value == value.value else value


def is_hashable(value: object) -> bool:
    """Tell whether a value can be looked up; a tuple with a list in it can't, though its type could."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _rows_by_value(column: Sequence[Any]) -> dict[Hashable, list[int]] | None:
    rows_by_value: dict[Hashable, list[int]] = {}
    try:
        for row, value in enumerate(column):
            rows_by_value.setdefault(plain_value(value), []).append(row)
    except TypeError:
        return None
    return rows_by_value


def _rows_by_item(column: Sequence[Any]) -> dict[Hashable, list[int]]:
    rows_by_item: dict[Hashable, list[int]] = {}
    for row, items in enumerate(column):
        for item in dict.fromkeys(items or ()):
            rows_by_item.setdefault(item, []).append(row)
    return rows_by_item
