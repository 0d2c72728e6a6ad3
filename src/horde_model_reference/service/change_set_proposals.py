"""Taking in change sets to the catalogues that are reviewed (spec 24)."""

import uuid
from typing import Any, Final

from pydantic import BaseModel

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Operation, ResourceKind
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import check_text
from horde_model_reference.service.auth import Caller
from horde_model_reference.service.queue_schemas import PendingChangeRecord
from horde_model_reference.service.review_desk import ReviewDesk

_LABELS: Final = {ResourceKind.image_baseline: "baseline", ResourceKind.text_guidance: "guidance"}
_MAX_TITLE_LENGTH: Final = 160


async def propose_change_set(  # noqa: PLR0913 - what a proposal consists of
    caller: Caller,
    desk: ReviewDesk,
    change_set: BaseModel,
    *,
    kind: ResourceKind,
    category: Category,
    about: dict[str, Any],
    related_models: tuple[str, ...] | None = None,
) -> PendingChangeRecord:
    """Put a change set into the queue; ``about`` tells where it came from and what it concerns."""
    actor = await caller.requestor()
    _ = desk.store  # a REPLICA has none, which is told before what is wrong with the change set
    resource_id = str(uuid.uuid4())
    payload = change_set.model_dump(mode="json")
    check_text(payload["title"], "title", max_length=_MAX_TITLE_LENGTH)
    proposal = Proposal(
        category=category,
        model_name=f"{_LABELS[kind]}:{resource_id}",
        operation=Operation.update,
        payload=payload,
        resource_kind=kind,
        resource_id=resource_id,
        notes=payload["title"],
        request_metadata=about,
        related_models=related_models,
    )
    return PendingChangeRecord.of(await desk.propose(proposal, actor))
