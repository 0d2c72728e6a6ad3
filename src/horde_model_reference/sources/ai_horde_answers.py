"""From bodies of the AI-Horde to live data: what can't be used is left out row by row (spec 13)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from horde_model_reference.catalog.live import (
    ModelStatus,
    StatusTable,
    Usage,
    UsageTable,
    WorkerListing,
    WorkerSummary,
    WorkerTable,
    WorkKind,
)
from horde_model_reference.catalog.reference_models import is_list
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.domain.record_parts import is_document

_Row = TypeVar("_Row")
_Table_co = TypeVar("_Table_co", covariant=True)

_MAX_COUNT = 10**15
"""Far above any true count, and sums of many still fit in 64 bits."""
_Count = Annotated[int, Field(ge=0, le=_MAX_COUNT)]
_Speed = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class UnusableAnswerError(SourceUnavailableError):
    """The AI-Horde answered with something that is not what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAnswer(Generic[_Table_co]):
    """What could be read of an answer."""

    table: _Table_co
    skipped_rows: int
    """How many rows were left out because they were malformed."""


class _WireRow(BaseModel):
    # Whole floats pass as int; other keys than those read are of no interest.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _StatusRow(_WireRow):
    name: str
    type: WorkKind
    count: _Count
    performance: _Speed
    queued: _Count
    jobs: _Count
    eta: _Count


class _WorkerRow(_WireRow):
    id: str
    name: str
    performance: str
    online: bool
    trusted: bool
    uptime: _Count
    bridge_agent: str
    nsfw: bool
    models: list[str] = []
    max_length: _Count | None = None
    max_context_length: _Count | None = None


_STATUS_ROW = TypeAdapter(_StatusRow)
_WORKER_ROW = TypeAdapter(_WorkerRow)
_USAGE_NUMBER: TypeAdapter[int] = TypeAdapter(_Count)


def read_status(kind: WorkKind, content: bytes) -> ReadAnswer[StatusTable]:
    """Return the status of models of one kind; raise UnusableAnswerError where it isn't a JSON list."""
    rows, skipped = _rows(_items(content), _STATUS_ROW.validate_python)
    table = StatusTable(
        ModelStatus(
            name=row.name,
            worker_count=row.count,
            performance=row.performance,
            queued=row.queued,
            queued_jobs=row.jobs,
            eta=row.eta,
        )
        for row in rows
        if row.type is kind
    )
    return ReadAnswer(table=table, skipped_rows=skipped)


def read_usage(kind: WorkKind, content: bytes) -> ReadAnswer[UsageTable]:
    """Return the usage of models; raise UnusableAnswerError where it isn't a JSON object."""
    document = _json(content)
    if not is_document(document):
        raise UnusableAnswerError("the AI-Horde answered with usage that is not a JSON object")
    usage: dict[str, Usage] = {}
    skipped = 0
    for part in ("day", "month", "total"):
        numbers: object = document.get(part)
        if numbers is None:
            continue
        if not is_document(numbers):
            raise UnusableAnswerError(f"the AI-Horde answered with usage whose {part} is not a JSON object")
        counts, bad = _rows(numbers.items(), _usage_row)
        skipped += bad
        for name, count in counts:
            usage[name] = usage.get(name, Usage()) + Usage(**{part: count})
    return ReadAnswer(table=UsageTable(kind, usage), skipped_rows=skipped)


def read_workers(content: bytes) -> ReadAnswer[WorkerTable]:
    """Return workers by model; raise UnusableAnswerError where it isn't a JSON list."""
    rows, skipped = _rows(_items(content), _WORKER_ROW.validate_python)
    listings = (
        WorkerListing(
            summary=WorkerSummary(
                id=row.id,
                name=row.name,
                performance=row.performance,
                online=row.online,
                trusted=row.trusted,
                uptime=row.uptime,
                max_length=row.max_length,
                max_context_length=row.max_context_length,
                bridge_agent=row.bridge_agent,
                nsfw=row.nsfw,
            ),
            models=tuple(row.models),
        )
        for row in rows
    )
    return ReadAnswer(table=WorkerTable(listings), skipped_rows=skipped)


def _rows(items: Iterable[Any], read: Callable[[Any], _Row]) -> tuple[list[_Row], int]:
    """Return the rows that can be read, and how many can't."""
    rows: list[_Row] = []
    skipped = 0
    for item in items:
        try:
            rows.append(read(item))
        except ValidationError:
            skipped += 1
    return rows, skipped


def _usage_row(item: tuple[str, Any]) -> tuple[str, int]:
    name, count = item
    return name, _USAGE_NUMBER.validate_python(count)


def _items(content: bytes) -> list[Any]:
    document = _json(content)
    if not is_list(document):
        raise UnusableAnswerError("the AI-Horde answered with something that is not a JSON list")
    return document


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnusableAnswerError(f"the AI-Horde answered with broken JSON: {error}") from error
