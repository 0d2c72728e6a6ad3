"""The part that draws."""

from horde_model_reference.service.web.charts.routes import router
from horde_model_reference.service.web.parts import NavigationLink, Part


def charts_part() -> Part:
    """Return the part."""
    return Part(router=router, links=(NavigationLink(label="Charts", path="/charts"),))
