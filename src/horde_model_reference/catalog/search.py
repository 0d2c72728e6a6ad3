"""Search over the records of snapshots: filters, ranked words, counts, order and pages (spec 12)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from itertools import chain
from typing import Any

import orjson

from horde_model_reference.catalog.cursor import SearchCursor
from horde_model_reference.catalog.document_table import SearchTable
from horde_model_reference.catalog.facets import FACET_NAMES, count_facet
from horde_model_reference.catalog.predicates import FieldPredicate, Predicate
from horde_model_reference.catalog.query import CANONICAL_SOURCE, ModelQuery
from horde_model_reference.catalog.ranking import best_rows
from horde_model_reference.catalog.record_table import RecordTable, Rows
from horde_model_reference.catalog.search_errors import InvalidSearchError
from horde_model_reference.catalog.search_filters import SearchFilters, filtered_all, filtered_category
from horde_model_reference.catalog.text_words import squeezed, squeezed_model_name
from horde_model_reference.catalog.word_scores import shifted
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.record_types import MODEL_RECORD_TYPE_LOOKUP, get_record_type_for_category

ANY_SOURCE = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One search; equal requests over equal records have equal answers, byte for byte."""

    category: Category | None = None
    """None: all categories."""
    filters: SearchFilters = field(default_factory=SearchFilters)
    words: str = ""
    """What to look for in names, tags, triggers and descriptions; blank: nothing."""
    source: str = CANONICAL_SOURCE
    sort_by: str | None = None
    """None: the best first where words are looked for, else storage order."""
    sort_descending: bool = False
    offset: int = 0
    limit: int = 50
    facets: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """The fields that results show; none: all."""
    cursor: SearchCursor | None = None
    """Where to go on, in place of the offset; None: the answer names no next cursor."""

    def fingerprint(self) -> str:
        """Return what tells requests apart that differ in more than their paging."""
        without_paging = replace(self, offset=0, limit=0, cursor=None)
        return blake2b(orjson.dumps(asdict(without_paging)), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What words were found in, over all parts of a table."""

    scores: Mapping[int, float]
    named_so: frozenset[int]


class _IsFound(Predicate):
    """The words were found in the record; only a table knows that."""

    can_fail = False

    def __init__(self, found: _Found) -> None:
        super().__init__(lambda _record: False)
        self._scores = found.scores

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        scores = self._scores
        return rows if len(scores) == len(table) else [row for row in rows if row in scores]

    def known_rows(self, table: RecordTable) -> Rows:
        scores = self._scores
        return range(len(table)) if len(scores) == len(table) else sorted(scores)


def search(
    table: SearchTable,
    request: SearchRequest,
    *,
    rank: Callable[[str], float] | None = None,
    only: Callable[[str], bool] | None = None,
) -> bytes:
    """Return the answer to a search over the records of its category, or of all, as JSON.

    ``rank`` puts those names first for which it is greatest, whatever order the request asks for;
    ``only`` leaves out the names for which it is false.

    Raises:
        InvalidSearchError: A filter, order, facet or field does not exist here, or values have no order.
    """
    _require_known(request)
    offset = request.offset if request.cursor is None else request.cursor.offset
    try:
        rows, page = _rows_and_page(table, request, offset, only)
        if rank is not None:
            page = _by_rank(table, rows, rank)[offset : offset + request.limit]
    except ValueError as error:
        raise InvalidSearchError(f"The search can't be answered: {error}.") from error
    results = [_shown(table.encoded(row), request.fields) for row in page]
    has_more = offset + request.limit < len(rows)
    answer: dict[str, Any] = {
        "total": len(rows),
        # An offset may be any number, and orjson knows those of 64 bits.
        "offset": orjson.Fragment(str(offset)),
        "limit": request.limit,
        "has_more": has_more,
    }
    if request.facets:
        answer["facets"] = {name: count_facet(name, table, rows) for name in request.facets}
    if request.cursor is not None:
        answer["next_cursor"] = request.cursor.after(request.limit).token() if has_more else None
        answer["revision"] = request.cursor.revision
    return b'{"results":[' + b",".join(results) + b"]," + orjson.dumps(answer)[1:]


def _require_known(request: SearchRequest) -> None:
    if request.category is not None and request.source not in (CANONICAL_SOURCE, ANY_SOURCE):
        raise InvalidSearchError(
            f"There is no source {request.source!r}; there are {CANONICAL_SOURCE} and {ANY_SOURCE}."
        )
    strange_facets = set(request.facets).difference(FACET_NAMES)
    if strange_facets:
        raise InvalidSearchError(
            f"No facets are called {', '.join(sorted(strange_facets))}; there are {', '.join(FACET_NAMES)}."
        )
    strange_fields = set(request.fields) - _known_fields(request.category)
    if strange_fields:
        raise InvalidSearchError(f"No fields are called {', '.join(sorted(strange_fields))}.")


def _known_fields(category: Category | None) -> set[str]:
    types = (
        MODEL_RECORD_TYPE_LOOKUP.values() if category is None else [get_record_type_for_category(category)]
    )
    return {field for record_type in types for field in record_type.model_fields}


def _rows_and_page(
    table: SearchTable, request: SearchRequest, offset: int, only: Callable[[str], bool] | None
) -> tuple[Rows, Rows]:
    query: ModelQuery[Any]
    if request.category is None:
        query = filtered_all(table, request.filters)
    else:
        query = filtered_category(table, request.category, request.filters)
    if only is not None:
        query = query.filter(FieldPredicate("name", only))
    if request.sort_by is not None:
        query = query.order_by(request.sort_by, descending=request.sort_descending)
    end = offset + request.limit
    if not request.words.strip():
        rows = query.rows()[1]
        return rows, rows[offset:end]
    found = _find(table, request.words)
    rows = query.filter(_IsFound(found)).rows()[1]
    return rows, (rows if request.sort_by is not None else _ranked(table, rows, request, found, end))[
        offset:end
    ]


def _ranked(table: SearchTable, rows: Rows, request: SearchRequest, found: _Found, count: int) -> Rows:
    return best_rows(
        rows,
        found.scores,
        asked=squeezed(request.words),
        names=table.derived("name", squeezed_model_name),
        named_so=found.named_so and found.named_so.intersection(rows),
        count=count,
    )


def _by_rank(table: SearchTable, rows: Rows, rank: Callable[[str], float]) -> Rows:
    names = table.column("name")
    return sorted(rows, key=lambda row: rank(names[row]), reverse=True)


def _find(table: SearchTable, text: str) -> _Found:
    """Look for words in all parts, and keep what is in those where the most words were met."""
    matches = [(start, index.search(text)) for start, index in table.text_indexes()]
    words_met = max((match.words_met for _, match in matches if match.scores), default=(0, 0))
    best = [(start, match) for start, match in matches if match.scores and match.words_met == words_met]
    parts = [shifted(match.scores, start) if start else match.scores for start, match in best]
    scores = parts[0] if len(parts) == 1 else dict(chain.from_iterable(part.items() for part in parts))
    named_so = frozenset(start + row for start, match in best for row in match.named_so)
    return _Found(scores=scores, named_so=named_so)


def _shown(encoded: bytes, fields: Sequence[str]) -> bytes:
    if not fields:
        return encoded
    record: dict[str, Any] = orjson.loads(encoded)
    return orjson.dumps({key: value for key, value in record.items() if key in fields})
