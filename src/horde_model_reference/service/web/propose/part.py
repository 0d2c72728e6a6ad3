"""The part that makes proposals."""

from horde_model_reference.service.web.parts import NavigationLink, Part
from horde_model_reference.service.web.propose.routes import router
from horde_model_reference.service.web.visitors import Visitor


def propose_part() -> Part:
    """Return the part."""
    return Part(
        router=router,
        links=(NavigationLink(label="Propose", path="/propose", is_for=_may_propose_or_sign_in),),
        needs_primary=True,
    )


def _may_propose_or_sign_in(visitor: Visitor | None) -> bool:
    return visitor is None or visitor.may_propose
