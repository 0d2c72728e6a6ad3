"""Forms that were not taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A form that was not taken, to be shown again with what stood in it."""

    text: str
    """Why, in one sentence."""
    status: HTTPStatus
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
