"""The part that makes proposals."""

from horde_model_reference.service.web.parts import NavigationLink, Part
from horde_model_reference.service.web.propose.routes import router
from horde_model_reference.service.web.visitors import Visitor


def propose_part() -> Part:
    """Return the part."""
    return Part(
        router=router,
        links=(NavigationLink(label="Propose", path="/propose", is_for=_may_propose),),
        needs_primary=True,
    )


def _may_propose(visitor: Visitor | None) -> bool:
    return visitor is not None and visitor.may_propose
