"""The records of a category that is too large to hold them all: each is made when somebody asks for it.

A record takes six times the memory of its text, so a hundred thousand of them take more than half a gigabyte.
"""

from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence, ValuesView
from functools import lru_cache, partial
from typing import Any, Final

import orjson

from horde_model_reference.catalog.document_values import value_reader
from horde_model_reference.catalog.record_table import RecordTable, Rows
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.record_types import get_record_type_for_category
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.domain.sharing import share, shared_value
from horde_model_reference.domain.validation import validate_document

MOST_RECORDS_KEPT: Final = 2048
"""How many records are kept after somebody asked for them: the latest."""

_NOT_IN_DOCUMENTS: Final = frozenset({"licensing", "guidance"})
"""Fields whose value in a record does not follow from the document's member alone."""

MakeRecord = Callable[[str], GenericModelRecord]


def record_maker(category: str, texts: Mapping[str, bytes]) -> MakeRecord:
    """Return a function from the key of a text to its record, which remembers the latest ones."""
    return lru_cache(maxsize=MOST_RECORDS_KEPT)(partial(_made, category, texts))


def _made(category: str, texts: Mapping[str, bytes], key: str) -> GenericModelRecord:
    return share(validate_document(category, _document(texts, key)))


def _document(texts: Mapping[str, bytes], key: str) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(texts[key])
    document.setdefault("name", key)
    return document


class RecordsOnDemand(dict[str, GenericModelRecord]):
    """Records by name, which holds keys of texts and makes a record out of one whenever that is asked for.

    It is used and changed like any dict, and ``dict(…)`` of it holds all records. Only programs in C that
    read dicts past their methods see the keys.
    """

    def __init__(self, key_of_name: Mapping[str, Any], make: MakeRecord) -> None:
        super().__init__(key_of_name)
        self._make = make

    def __getitem__(self, name: str) -> GenericModelRecord:
        record: GenericModelRecord = self._record(super().__getitem__(name))
        return record

    def __iter__(self) -> Iterator[str]:
        # Its being there keeps dict(…) and ** from taking the keys past the methods.
        return super().__iter__()

    def get(self, name: str, default: Any = None, /) -> Any:
        """Return a record by its name, else the default."""
        held = super().get(name)
        return default if held is None else self._record(held)

    def values(self) -> Any:
        """Return the records, each made as it is reached."""
        return ValuesView(self)

    def items(self) -> Any:
        """Return names and records, each made as it is reached."""
        return ItemsView(self)

    def pop(self, name: str, *default: Any) -> Any:
        """Remove a record and return it; else the default, as it is."""
        is_there = name in self
        held = super().pop(name, *default)
        return self._record(held) if is_there else held

    def popitem(self) -> tuple[str, GenericModelRecord]:
        """Remove the last record and return it with its name."""
        name, held = super().popitem()
        return name, self._record(held)

    def setdefault(self, name: str, default: Any = None, /) -> Any:
        """Return a record, which is the default where there was none."""
        return self._record(super().setdefault(name, default))

    def copy(self) -> "RecordsOnDemand":
        """Return another dict of the same records."""
        # Not super().copy(), which would make all records on the way.
        return RecordsOnDemand(dict(super().items()), self._make)

    def __or__(self, other: Any) -> Any:
        return dict(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | dict(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and dict(self) == dict(other)  # pyright: ignore[reportUnknownArgumentType] # a list may be one of anything

    def __ne__(self, other: object) -> bool:
        # That of dict compares the keys of texts.
        return not self == other

    def __repr__(self) -> str:
        return f"<{len(self)} records>"

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

    def _record(self, held: Any) -> Any:
        return self._make(held) if isinstance(held, str) else held


class BulkTable(RecordTable):
    """The records as queries read them: columns out of texts, records only for what a query returns."""

    def __init__(
        self,
        category: Category,
        texts: Mapping[str, bytes],
        key_of_name: Mapping[str, str],
        make: MakeRecord,
    ) -> None:
        self._start()
        self._category = category
        self._texts = texts
        self._keys = tuple(key_of_name.values())
        self._columns["name"] = tuple(key_of_name)
        self._make = make

    def __len__(self) -> int:
        return len(self._keys)

    def take(self, rows: Rows) -> list[GenericModelRecord]:
        """Return the records of some rows, in their order."""
        return [self._make(self._keys[row]) for row in rows]

    def _read_column(self, field: str) -> Sequence[Any]:
        declared = get_record_type_for_category(self._category).model_fields
        if field not in declared or field in _NOT_IN_DOCUMENTS:
            return [getattr(self._make(key), field, None) for key in self._keys]
        read = value_reader(self._category, field)
        return [shared_value(read(_document(self._texts, key))) for key in self._keys]
