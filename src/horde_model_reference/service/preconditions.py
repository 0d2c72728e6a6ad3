"""`If-Match`: a write goes through only where nobody else wrote since its writer looked (RFC 9110 §13)."""

import re
from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import Header

from horde_model_reference.catalog.body import Body

_TAGS: Final = re.compile(r'(W/)?"([!#-~\x80-\xff]*)"')

IfMatch = Annotated[
    list[str] | None,
    Header(
        alias="If-Match",
        description="The `ETag` of what is to be changed, as a read gave it; 412 where it is something else "
        "by now. `*`: whatever it is. Weak tags never match.",
    ),
]


def still_matches(if_match: Iterable[str] | None, body: Body) -> bool:
    """Tell whether the headers name a form of this body, plain or compressed; without headers it is so.

    The comparison is the strong one: a tag with ``W/`` in front of it matches nothing.
    """
    values = list(if_match or ())
    if not values or any(value.strip() == "*" for value in values):
        return True
    strong = {tag for value in values for weak, tag in _TAGS.findall(value) if not weak}
    return any(tag.split("-", 1)[0] == body.tag for tag in strong)
