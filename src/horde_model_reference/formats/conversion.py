"""What reading a file of records gives: the records that are good, and why the others are not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One record in v2 form."""

    document: dict[str, Any]
    issues: tuple[str, ...] = ()
    """What an editor should look at, one clause each; none of it kept the record out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedRecord:
    """A good record of a file."""

    key: str
    """The key in the file, under which the record is stored; its name may differ."""
    document: dict[str, Any]
    legacy: Mapping[str, Any] | None = None
    """The legacy record as read, with all that v2 can't hold; None when the file was a v2 file."""
    issues: tuple[str, ...] = ()
    """As in `Conversion`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A record, or a whole file, that can't be used."""

    key: str | None
    """The key in the file; None: the whole file is refused."""
    reason: str
    """One line that names the fields at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConversion:
    """The records of one file in file order, and what was refused."""

    records: tuple[ConvertedRecord, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """Key to v2 document, in file order."""
        return {record.key: record.document for record in self.records}
