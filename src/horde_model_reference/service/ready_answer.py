"""Answers made of ready bodies: conditional, compressed, cacheable."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response

from horde_model_reference.catalog.body import Body
from horde_model_reference.service.answer_memory import remember_answer
from horde_model_reference.service.encodings import CODINGS, chosen_coding
from horde_model_reference.service.large_bodies import PartsResponse

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """What a cache is told about an answer."""

    modified_at: int | None
    """Unix seconds; None where only the content tells."""
    serial: int | None
    """The newest change that this process knows; None where the answer is not about records."""
    cache_control: str
    weak_tag: str | None = None
    """Stands for what the answer is made of, in place of the body's own tag."""
    is_conditional: bool = True
    """Whether the tag is all that the answer depends on, so that 304 can be said."""

    def headers(self, body: Body, coding: str | None) -> dict[str, str]:
        """Return the headers that 200 and 304 share."""
        headers = {
            "etag": body.etag(coding) if self.weak_tag is None else f'W/"{self.weak_tag}"',
            "cache-control": self.cache_control,
            "vary": "Accept-Encoding",
        }
        if self.modified_at is not None:
            headers["last-modified"] = formatdate(self.modified_at, usegmt=True)
        return headers if self.serial is None else headers | {"x-registry-serial": str(self.serial)}


async def ready_answer(
    request: Request,
    body: Body,
    freshness: Freshness,
    *,
    is_shared: bool = True,
    for_seconds: float | None = None,
    media_type: str = JSON_TYPE,
) -> Response:
    """Return 200 with the body in the best coding that the client takes, or 304 where it has it already.

    ``is_shared`` says that the body is kept elsewhere too, so that remembering the answer takes no memory;
    ``for_seconds`` how long it may be given again to equal requests, None while the data is the same.
    """
    coding = chosen_coding(request.headers.get("accept-encoding", ""), len(body))
    headers = freshness.headers(body, coding)
    if _is_unchanged(request.headers, body, freshness):
        remember_answer(request.scope, for_seconds=for_seconds)
        return Response(status_code=304, headers=headers)
    if coding is None and len(body.parts) > 1:
        return PartsResponse(body.parts, headers=headers, media_type=media_type)
    if coding is None:
        content = body.content
    else:
        headers["content-encoding"] = coding
        # A first request after a change may have to compress; that must not hold up the others.
        ready = body.ready(coding)
        content = await asyncio.to_thread(body.encoded, coding, CODINGS[coding]) if ready is None else ready
    remember_answer(request.scope, body_is_shared=is_shared, for_seconds=for_seconds)
    return Response(content, headers=headers, media_type=media_type)


def _is_unchanged(headers: Mapping[str, str], body: Body, freshness: Freshness) -> bool:
    """Apply If-None-Match, and If-Modified-Since only without it (RFC 9110 §13.2.2)."""
    if not freshness.is_conditional:
        return False
    tags = headers.get("if-none-match")
    if tags is not None:
        return body.matches(tags) if freshness.weak_tag is None else _names(tags, freshness.weak_tag)
    since = headers.get("if-modified-since")
    if since is None or freshness.modified_at is None:
        return False
    seconds = parsed_http_date(since)
    return seconds is not None and freshness.modified_at <= seconds


def _names(if_none_match: str, tag: str) -> bool:
    given = (part.strip().removeprefix("W/") for part in if_none_match.split(","))
    return if_none_match.strip() == "*" or f'"{tag}"' in given


def parsed_http_date(text: str) -> float | None:
    """Return a date of HTTP in Unix seconds, None where the text is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
