"""Where a search goes on: a place in the answer to one request over one state of the data."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, replace

import orjson

from horde_model_reference.catalog.search_errors import InvalidSearchError


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCursor:
    """A place in an answer; its token is opaque to clients."""

    data: str
    """Names the state of the data, the same in every process that holds it."""
    revision: int
    """The serial of the last change in that state, for people."""
    asked: str
    """Names the request, without its paging."""
    offset: int = 0

    def after(self, count: int) -> "SearchCursor":
        """Return the place that many results on."""
        return replace(self, offset=self.offset + count)

    def token(self) -> str:
        """Return the cursor as a text for a query parameter."""
        text = orjson.dumps([self.data, self.revision, self.asked, self.offset])
        return urlsafe_b64encode(text).decode().rstrip("=")


def read_cursor(token: str) -> SearchCursor:
    """Return the cursor of a token; raise InvalidSearchError for a text that is none."""
    try:
        match orjson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4))):
            case [str(data), int(revision), str(asked), int(offset)] if offset >= 0:
                return SearchCursor(data=data, revision=revision, asked=asked, offset=offset)
            case _:
                pass
    except (Base64Error, ValueError):
        pass
    raise InvalidSearchError("this is no cursor of a search; begin with cursor=* and then send next_cursor")
