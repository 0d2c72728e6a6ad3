"""All recorded answers of the query builder, asked through a manager that reads a folder."""

from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from better_answers import BETTER_ANSWERS
from shared_data import golden_cases, shared_path

import horde_model_reference
from horde_model_reference.client.manager import ModelReferenceManager
from horde_model_reference.domain.records import GenericModelRecord

_CASES = "query-cases.jsonl"


def _plain(value: Any) -> Any:
    if isinstance(value, GenericModelRecord):
        return value.name
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


@pytest.fixture
def namespace(real_v2_folder: Path, no_manager: None) -> dict[str, Any]:
    manager = ModelReferenceManager(base_path=real_v2_folder, offline=True)
    public = {name: getattr(horde_model_reference, name) for name in horde_model_reference.__all__}
    return {**public, "C": horde_model_reference.MODEL_REFERENCE_CATEGORY, "m": manager}


@pytest.mark.parametrize("case", golden_cases(_CASES), ids=lambda case: case["id"])
def test_a_manager_answers_as_recorded(case: dict[str, Any], namespace: dict[str, Any]) -> None:
    expression = compile(case["python_expression"], case["id"], "eval")
    expected = case.get("value")

    if isinstance(expected, dict) and set(expected) == {"raises"}:
        with pytest.raises(_exception(expected["raises"])):
            eval(expression, namespace)
        return
    answer = _plain(eval(expression, namespace))

    if case["id"] in BETTER_ANSWERS:
        assert answer == BETTER_ANSWERS[case["id"]]
    elif "result_names" in case:
        assert answer == (case["result_names"] if isinstance(answer, list) else case["result_names"][0])
    else:
        assert answer == expected


def _exception(name: str) -> type[Exception]:
    found = {"ValueError": ValueError, "RuntimeError": RuntimeError, "KeyError": KeyError}
    return found.get(name, Exception)


def test_every_recorded_case_is_asked() -> None:
    shared_path("golden", _CASES)

    assert len(golden_cases(_CASES)) == 112
