"""Choosing models by name or by what they are, as a worker that wants their files does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from horde_model_reference.client.layout import category_folder
from horde_model_reference.domain.baselines import BaselineDescriptor
from horde_model_reference.domain.categories import Category, get_category_descriptor, lookup_order
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.domain.records import GenericModelRecord

CategoryRecords = Mapping[str, Mapping[str, GenericModelRecord]]
"""By category: its records by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which models are meant; what is left empty excludes none, and what is given has to hold together."""

    names: tuple[str, ...] = ()
    """Present or former names, exactly."""
    patterns: tuple[str, ...] = ()
    """Names with ``*``, ``?`` and ``[…]``, in any case; one has to fit."""
    baselines: tuple[str, ...] = ()
    """Registered or alternative names; one has to fit."""
    tags: tuple[str, ...] = ()
    """The model has one of them."""
    nsfw: bool | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is excluded."""
        return self == Selection()

    def takes(self, record: GenericModelRecord, baselines: frozenset[str]) -> bool:
        """Tell whether a record has what is asked for, names aside; one that doesn't say has it not."""
        return (
            (not self.patterns or _fits_one(record.name, self.patterns))
            and (not baselines or getattr(record, "baseline", None) in baselines)
            and (not self.tags or not set(self.tags).isdisjoint(getattr(record, "tags", None) or ()))
            and (self.nsfw is None or getattr(record, "nsfw", None) is self.nsfw)
        )


def categories_with_weights() -> list[Category]:
    """Return the categories whose files this package brings to disk, in their order."""
    return [
        category
        for category in Category
        if category_folder(category) and not get_category_descriptor(category).managed_download_elsewhere
    ]


def select_records(
    records: CategoryRecords, selection: Selection, known_baselines: Mapping[str, BaselineDescriptor]
) -> list[GenericModelRecord]:
    """Return the records that are meant, in the order of the names, else as they come.

    A name that several categories have means all of them.

    Raises:
        RecordNotFoundError: Nobody has one of the names; all such names are told, each with a similar one.
    """
    baselines = _all_spellings(selection.baselines, known_baselines)
    meant = _named(records, selection.names) if selection.names else _all_of(records)
    return [record for record in meant if selection.takes(record, baselines)]


def _all_of(records: CategoryRecords) -> list[GenericModelRecord]:
    return [record for of_category in records.values() for record in of_category.values()]


def _named(records: CategoryRecords, names: Sequence[str]) -> list[GenericModelRecord]:
    found = {name: _records_called(records, name) for name in names}
    missing = [name for name, matches in found.items() if not matches]
    if missing:
        known = [name for of_category in records.values() for name in of_category]
        raise RecordNotFoundError("; ".join(_not_found(name, known) for name in missing))
    # The same record can be meant by a present and a former name.
    distinct = {id(record): record for matches in found.values() for record in matches}
    return list(distinct.values())


def _records_called(records: CategoryRecords, name: str) -> list[GenericModelRecord]:
    in_each = (
        next((of_category[key] for key in lookup_order(category, name) if key in of_category), None)
        for category, of_category in records.items()
    )
    return [record for record in in_each if record is not None]


def _not_found(name: str, known: Sequence[str]) -> str:
    similar = get_close_matches(name, known, n=1)
    hint = f"; there is {similar[0]!r}" if similar else ""
    return f"there is no model {name!r}{hint}"


def _fits_one(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns)


def _all_spellings(baselines: Iterable[str], known: Mapping[str, BaselineDescriptor]) -> frozenset[str]:
    """Return the names under which records may give these baselines."""
    spellings = set(baselines)
    for name, descriptor in known.items():
        names = {str(name), *descriptor.alternative_names}
        if not names.isdisjoint(baselines):
            spellings |= names
    return frozenset(spellings)
