"""What somebody filled in for a session that is over: it is kept on the way through the sign-in.

It is kept in the pages themselves, as everything that a form holds: nothing of it is stored here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from fastapi import Request

from horde_model_reference.service.web.local_path import local_path
from horde_model_reference.service.web.sessions import CSRF_FIELD

_OF_SESSIONS: Final = frozenset({"/sign-in", "/sign-out", "/sign-out/everywhere"})
"""Forms that hold a key, or nothing that anybody typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """A form as it was sent, without its token."""

    path: str
    """Where it was sent to, within this site."""
    inputs: tuple[tuple[str, str], ...]

    def to_text(self) -> str:
        """Return it as the value of one input."""
        return json.dumps({"path": self.path, "inputs": self.inputs})

    @classmethod
    def read(cls, text: str) -> "KeptForm | None":
        """Return what `to_text` wrote; None for anything else."""
        try:
            found: Mapping[str, Any] = json.loads(text)
            inputs = tuple((name, value) for name, value in found["inputs"])
            path = found["path"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        is_text = all(_is_text(each) for pair in inputs for each in cast("tuple[object, ...]", pair))
        if not is_text or not isinstance(path, str) or local_path(path) != path or path in _OF_SESSIONS:
            return None
        return cls(path=path, inputs=inputs)


def _is_text(value: object) -> bool:
    # Half a character stands in no page.
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


async def kept_form(request: Request) -> KeptForm | None:
    """Return the form that a request sends; None where it sends none that is worth keeping."""
    if request.method != "POST" or request.url.path in _OF_SESSIONS:
        return None
    sent = (await request.form()).multi_items()
    inputs = tuple((name, text) for name, text in sent if isinstance(text, str) and name != CSRF_FIELD)
    return KeptForm(path=request.url.path, inputs=inputs)
