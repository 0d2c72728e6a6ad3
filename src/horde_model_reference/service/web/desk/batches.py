"""The batch that waits to be applied, and what to call one."""

from dataclasses import dataclass
from datetime import UTC, datetime

from horde_model_reference.domain.changes import ChangeFilter, ChangeStatus
from horde_model_reference.store.unit_of_work import SqlUnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """The changes that are approved and not yet applied."""

    batch_id: int
    title: str
    count: int


def open_batch(view: SqlUnitOfWork) -> OpenBatch | None:
    """Return the batch that is to be applied next; None where nothing is approved."""
    batch_id = view.batches.open_id()
    if batch_id is None:
        return None
    wanted = ChangeFilter(batch_id=batch_id, statuses=(ChangeStatus.approved,))
    first = view.changes.find(wanted, limit=1)
    title = next((change.batch_title or "" for change in first.items), "")
    return OpenBatch(batch_id=batch_id, title=title, count=first.total)


def batch_title(batch: OpenBatch | None) -> str:
    """Return what to call a batch, unless somebody knows better: like the open one, else after the day."""
    if batch is not None and batch.title:
        return batch.title
    today = datetime.now(UTC)
    return f"Review of {today.day} {today:%b %Y}"
