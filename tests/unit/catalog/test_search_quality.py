"""How well words are found, by a judged set of searches over the recorded records."""

import json
from collections.abc import Sequence
from functools import cache
from math import log2
from typing import Any

import orjson
import pytest
from judged_queries import JUDGED_QUERIES, JudgedQuery
from shared_data import shared_path

from horde_model_reference.catalog.document_table import DocumentTable, JoinedTable
from horde_model_reference.catalog.search import SearchRequest, search
from horde_model_reference.domain.categories import Category

_LOOKED_AT = 5


@cache
def _records() -> dict[Category, dict[str, Any]]:
    return {
        category: json.loads(shared_path("golden", "v2", f"{category}.json").read_bytes())
        for category in Category
    }


@cache
def _table() -> JoinedTable:
    return JoinedTable(
        [
            DocumentTable(category, [orjson.dumps(record) for record in records.values()])
            for category, records in _records().items()
        ]
    )


def _found(text: str) -> list[str]:
    request = SearchRequest(words=text, limit=_LOOKED_AT, fields=("name",))
    return [result["name"] for result in json.loads(search(_table(), request))["results"]]


def _grades(query: JudgedQuery) -> dict[str, int]:
    records = (record for by_key in _records().values() for record in by_key.values())
    return {record["name"]: query.grade(record["name"], record.get("tags") or ()) for record in records}


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / log2(place + 2) for place, grade in enumerate(grades))


def _ndcg(query: JudgedQuery) -> float:
    grades = _grades(query)
    best = sorted(grades.values(), reverse=True)[:_LOOKED_AT]
    return _gain([grades[name] for name in _found(query.text)]) / _gain(best)


def test_sixty_searches_are_judged_each_with_something_to_find() -> None:
    assert len(JUDGED_QUERIES) == 60
    assert [query.text for query in JUDGED_QUERIES if not any(_grades(query).values())] == []


def test_what_was_meant_comes_first() -> None:
    scores = {f"{query.kind}: {query.text}": round(_ndcg(query), 2) for query in JUDGED_QUERIES}

    worst = dict(sorted(scores.items(), key=lambda item: item[1])[:8])
    assert sum(scores.values()) / len(scores) >= 0.9, worst


@pytest.mark.parametrize("kind", ["exact", "prefix", "misspelt", "spaced", "tag"])
def test_no_kind_of_search_is_found_badly(kind: str) -> None:
    scores = {query.text: round(_ndcg(query), 2) for query in JUDGED_QUERIES if query.kind == kind}

    assert sum(scores.values()) / len(scores) >= 0.85, scores


def test_most_misspelt_names_are_found_among_the_first() -> None:
    misspelt = [query for query in JUDGED_QUERIES if query.kind == "misspelt"]
    found = {query.text: any(_grades(query)[name] >= 2 for name in _found(query.text)) for query in misspelt}

    assert sum(found.values()) / len(found) >= 0.9, found
