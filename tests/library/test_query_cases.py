"""The recorded answers of the query builder, asked of the recorded records."""

import json
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

import pytest
from better_answers import BETTER_ANSWERS
from shared_data import golden_cases, shared_path

from horde_model_reference import query, query_fields
from horde_model_reference.catalog.query import ModelQuery
from horde_model_reference.domain.baselines import ImageBaseline
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category, Domain, Purpose
from horde_model_reference.domain.record_types import MODEL_RECORD_TYPE_LOOKUP
from horde_model_reference.domain.records import GenericModelRecord

_CASES = "query-cases.jsonl"
_ABOUT_A_MANAGER = ("lookup", "sources", "record-props", "query-error", "query-managed-elsewhere")
_BUILDERS: Mapping[str, Any] = {
    Category.image_generation: query.build_image_query,
    Category.text_generation: query.build_text_query,
    Category.controlnet: query.build_controlnet_query,
}


class _Reference:
    """As much of a manager as a query needs."""

    def query(self, category: str) -> Any:
        records = _records(Category(category))
        build = _BUILDERS.get(category)
        return build(records) if build else query.build_query(records, MODEL_RECORD_TYPE_LOOKUP[category])

    def query_all(self) -> ModelQuery[GenericModelRecord]:
        loaded = [category for category in Category if not BUILT_IN_CATEGORIES[category].managed_elsewhere]
        return query.build_cross_category_query({category: _records(category) for category in loaded})


@cache
def _records(category: Category) -> dict[str, Any]:
    document = json.loads(shared_path("golden", "v2", f"{category}.json").read_bytes())
    record_type = MODEL_RECORD_TYPE_LOOKUP[category]
    # What reads add is no part of a stored record.
    stored = [{**record, "licensing": None, "guidance": None} for record in document.values()]
    return {record.name: record for record in map(record_type.model_validate, stored)}


def _namespace() -> dict[str, Any]:
    public = {name: getattr(module, name) for module in (query, query_fields) for name in module.__all__}
    enums = {
        "C": Category,
        "MODEL_DOMAIN": Domain,
        "MODEL_PURPOSE": Purpose,
        "KNOWN_IMAGE_GENERATION_BASELINE": ImageBaseline,
    }
    return {**public, **enums, "m": _Reference()}


def _cases() -> list[dict[str, Any]]:
    cases = golden_cases(_CASES)
    return [case for case in cases if not case["category"].startswith(_ABOUT_A_MANAGER)]


def _plain(value: Any) -> Any:
    if isinstance(value, GenericModelRecord):
        return value.name
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["id"])
def test_a_query_answers_as_recorded(case: dict[str, Any]) -> None:
    expression = compile(case["python_expression"], case["id"], "eval")
    expected = case.get("value")

    if isinstance(expected, dict) and set(expected) == {"raises"}:
        with pytest.raises(ValueError, match=r"."):
            eval(expression, _namespace())
        return
    answer = _plain(eval(expression, _namespace()))

    if case["id"] in BETTER_ANSWERS:
        assert answer == BETTER_ANSWERS[case["id"]]
    elif "result_names" in case:
        assert answer == (case["result_names"] if isinstance(answer, list) else case["result_names"][0])
    else:
        assert answer == expected


def test_most_recorded_cases_are_about_queries_alone() -> None:
    shared_path("golden", _CASES)

    assert len(_cases()) >= 80
