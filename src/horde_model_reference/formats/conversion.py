"""What reading a file of records gives: the records that are good, and why the others are not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from horde_model_reference.domain.errors import InvalidRecordError, in_one_line
from horde_model_reference.formats.json_text import FormatError, parse_json_object, usable_object


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

    @classmethod
    def of(cls, key: str | None, error: InvalidRecordError) -> Self:
        """Return the refusal of a record that gave this error."""
        return cls(key=key, reason=in_one_line(error.problems) if error.problems else str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConversion:
    """The records of one file in file order, and what was refused."""

    records: tuple[ConvertedRecord, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """Key to v2 document, in file order."""
        return {record.key: record.document for record in self.records}


def convert_json_file(
    text: str | bytes, convert: Callable[[str, dict[str, Any]], ConvertedRecord]
) -> FileConversion:
    """Convert the members of a JSON object one by one, so that a bad one is refused alone.

    ``convert`` is given key and value, and may raise InvalidRecordError. An empty text has no records. A text
    that is not a JSON object gives one refusal with the key None.
    """
    if not text:
        return FileConversion()
    try:
        parsed = parse_json_object(text)
    except FormatError as error:
        return FileConversion(refusals=(Refusal.of(None, error),))
    records: list[ConvertedRecord] = []
    refusals: list[Refusal] = []
    repeated = parsed.repeated_below()
    for key, value in parsed.members.items():
        try:
            record = convert(key, usable_object(value))
        except InvalidRecordError as error:
            refusals.append(Refusal.of(key, error))
        else:
            records.append(replace(record, issues=(*repeated.get(key, ()), *record.issues)))
    return FileConversion(records=tuple(records), refusals=tuple(refusals))
