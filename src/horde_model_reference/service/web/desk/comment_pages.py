"""What was said about a change: the newest on the first page, since people may talk without end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from horde_model_reference.domain.changes import Comment
from horde_model_reference.service.errors import UnknownPartError

_MOST_COMMENTS: Final = 20
_MOST_BYTES: Final = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPage:
    """Some comments that follow each other, the oldest first."""

    comments: tuple[Comment, ...]
    number: int
    """1 is the page of the newest."""
    count: int
    total: int
    """Comments on all pages."""


def comment_page(comments: Sequence[Comment], number: int) -> CommentPage:
    """Return a page of comments.

    Raises:
        UnknownPartError: there are fewer pages.
    """
    pages = [*_pages(comments)] or [()]
    if number > len(pages):
        raise UnknownPartError(f"There is no page {number:,} of comments.")
    return CommentPage(comments=pages[number - 1], number=number, count=len(pages), total=len(comments))


def _pages(comments: Sequence[Comment]) -> Iterator[tuple[Comment, ...]]:
    page: list[Comment] = []
    size = 0
    for comment in reversed(comments):
        more = len(comment.text.encode())
        if page and (len(page) == _MOST_COMMENTS or size + more > _MOST_BYTES):
            yield tuple(page[::-1])
            page, size = [], 0
        page.append(comment)
        size += more
    if page:
        yield tuple(page[::-1])
