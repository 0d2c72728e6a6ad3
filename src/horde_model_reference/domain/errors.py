"""Every error of the registry, as one tree.

RegistryError
├── NotFoundError
│   ├── CategoryNotFoundError
│   ├── RecordNotFoundError
│   ├── ResourceNotFoundError
│   └── ChangeNotFoundError
├── ConflictError
│   ├── RecordExistsError
│   ├── ResourceExistsError
│   ├── ResourceInUseError
│   ├── RevisionConflictError
│   └── InvalidTransitionError
├── PreconditionFailedError
├── InvalidRecordError
├── NotPermittedError
├── SourceUnavailableError
└── StoreError
    ├── StoreUnavailableError
    ├── StoreDamagedError
    └── StoreTooNewError

Messages are one sentence for the person who has to act. HTTP statuses and exit codes are tables at the edge.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_PROBLEMS_TOLD: Final = 5


class RegistryError(Exception):
    """Base of every error that the registry raises on purpose."""


class NotFoundError(RegistryError):
    """What was asked for does not exist."""


class CategoryNotFoundError(NotFoundError):
    """No such category, or nothing is loaded for it."""


class RecordNotFoundError(NotFoundError):
    """No record of that name in the category."""


class ResourceNotFoundError(NotFoundError):
    """No side resource with that key."""


class ChangeNotFoundError(NotFoundError):
    """No change with that number."""


class ConflictError(RegistryError):
    """The request is well formed but does not fit the present state."""


class RecordExistsError(ConflictError):
    """A record of that name is there already."""


class ResourceExistsError(ConflictError):
    """A side resource with that key is there already."""


class ResourceInUseError(ConflictError):
    """A side resource can't go, since something else names it."""


class RevisionConflictError(ConflictError):
    """The record moved on after the change was proposed."""


class InvalidTransitionError(ConflictError):
    """A change can't go from its present status to the one asked for."""


class PreconditionFailedError(RegistryError):
    """What is to be changed is not what the person looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one field of a document."""

    location: tuple[str | int, ...]
    """Keys and list positions from the top of the document; empty for the document as a whole."""
    message: str
    """One clause without a final full stop."""
    kind: str = "value_error"
    """A short machine-readable name, as validation errors carry it on the wire."""

    @property
    def path(self) -> str:
        """The location joined with full stops, for people."""
        return ".".join(str(part) for part in self.location)


def in_one_line(problems: Sequence[FieldProblem]) -> str:
    """Return the first few problems, each as ``field: what is wrong``."""
    told = [f"{problem.path or 'record'}: {problem.message}" for problem in problems[:_PROBLEMS_TOLD]]
    if len(problems) > _PROBLEMS_TOLD:
        told.append(f"and {len(problems) - _PROBLEMS_TOLD} more")
    return "; ".join(told)


class InvalidRecordError(RegistryError):
    """A document is not an acceptable record; ``problems`` names each field at fault."""

    def __init__(self, message: str, *, problems: Iterable[FieldProblem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NotPermittedError(RegistryError):
    """Who asks is not trusted with this."""


class SourceUnavailableError(RegistryError):
    """A source of snapshots can't be asked, or answered with something unusable."""


class StoreError(RegistryError):
    """The store can't do what was asked of it."""


class StoreUnavailableError(StoreError):
    """The store can't be reached or is too busy; trying again later may help."""


class StoreDamagedError(StoreError):
    """What the store holds can't be read or contradicts itself."""


class StoreTooNewError(StoreError):
    """The store was written by a later version of this program."""
