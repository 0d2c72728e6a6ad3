"""What reading a file of records gives: the records that are good, and why the others are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from horde_model_reference.domain.errors import FieldProblem, InvalidRecordError

_PROBLEMS_TOLD: Final = 5


def in_one_line(problems: Sequence[FieldProblem]) -> str:
    """Return the first few problems, each as ``field: what is wrong``."""
    told = [f"{problem.path or 'record'}: {problem.message}" for problem in problems[:_PROBLEMS_TOLD]]
    if len(problems) > _PROBLEMS_TOLD:
        told.append(f"and {len(problems) - _PROBLEMS_TOLD} more")
    return "; ".join(told)


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
