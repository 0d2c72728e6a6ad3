"""Numbers of pages and parts, as addresses and buttons say them."""

from typing import Annotated, TypeAlias

from pydantic import Field

PageNumber: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000)]
"""Of a page of a list, or of a part of a difference that is too long for one page; the first is 1."""
