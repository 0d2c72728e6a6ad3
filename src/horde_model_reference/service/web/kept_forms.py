"""What somebody filled in for a session that is over: it is kept on the way through the sign-in.

It is kept in the pages themselves, as everything that a form holds: nothing of it is stored here.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

from fastapi import Request

from horde_model_reference.service.web.local_path import address_of, local_path
from horde_model_reference.service.web.sessions import CSRF_FIELD, owner_in

_OF_SESSIONS: Final = frozenset({"/sign-in", "/sign-out", "/sign-out/everywhere"})
"""Forms that hold a key, or nothing that anybody typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """A form as it was sent, without its token."""

    address: str
    """Where it was sent to, within this site."""
    inputs: tuple[tuple[str, str], ...]
    owner: str
    """User id of who filled it in; nobody else is shown what stands in it."""

    def to_text(self) -> str:
        """Return it as the value of one input."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "KeptForm | None":
        """Return what `to_text` wrote; None for anything else."""
        try:
            found: Mapping[str, Any] = json.loads(text)
            inputs = tuple((name, value) for name, value in found["inputs"])
            address, owner = found["address"], found["owner"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        is_text = all(_is_text(each) for pair in inputs for each in cast("tuple[object, ...]", pair))
        if not is_text or not isinstance(address, str) or not isinstance(owner, str):
            return None
        return cls(address=address, inputs=inputs, owner=owner) if _is_worth_keeping(address) else None


def _is_worth_keeping(address: str) -> bool:
    return local_path(address) == address and address.partition("?")[0] not in _OF_SESSIONS


def _is_text(value: object) -> bool:
    # Half a character stands in no page.
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


async def kept_form(request: Request) -> KeptForm | None:
    """Return the form that a request sends; None where it sends none that is worth keeping."""
    address = address_of(request)
    if request.method != "POST" or not _is_worth_keeping(address):
        return None
    sent = (await request.form()).multi_items()
    texts = [(name, text) for name, text in sent if isinstance(text, str)]
    inputs = tuple((name, text) for name, text in texts if name != CSRF_FIELD)
    owner = next((owner_in(text) for name, text in texts if name == CSRF_FIELD), "")
    return KeptForm(address=address, inputs=inputs, owner=owner)
