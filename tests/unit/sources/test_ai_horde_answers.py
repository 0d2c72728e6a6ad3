"""Reading what the AI-Horde answers (spec 13)."""

import json
from typing import Any

import pytest
from ai_horde_stub import a_worker

from horde_model_reference.catalog.live import Usage, WorkKind
from horde_model_reference.sources.ai_horde_answers import (
    UnusableAnswerError,
    read_status,
    read_usage,
    read_workers,
)


def a_row(**fields: Any) -> dict[str, Any]:
    row = {"name": "a", "type": "image", "count": 1, "performance": 2.5, "queued": 0.0, "jobs": 0, "eta": 0}
    return row | fields


def without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def test_whole_floats_are_counts_and_other_keys_are_ignored() -> None:
    answer = read_status(WorkKind.image, encoded([a_row(queued=8.0, new_key=[1])]))

    row = answer.table.find("a")
    assert row is not None
    assert (row.queued, answer.skipped_rows) == (8, 0)


@pytest.mark.parametrize(
    "bad",
    [
        without(a_row(), "eta"),
        a_row(count=1.5),
        a_row(jobs=None),
        a_row(count=-1),
        a_row(count=10**30),
        a_row(performance="fast"),
        a_row(type="alchemy"),
        a_row(name=None),
        "text",
        None,
        [],
    ],
)
def test_a_malformed_row_is_left_out_alone_and_counted(bad: object) -> None:
    answer = read_status(WorkKind.image, encoded([a_row(name="before"), bad, a_row(name="after")]))

    assert answer.skipped_rows == 1
    assert answer.table.find("before")
    assert answer.table.find("after")


def test_rows_of_the_other_kind_are_not_malformed_but_not_wanted_either() -> None:
    answer = read_status(WorkKind.text, encoded([a_row()]))

    assert (answer.skipped_rows, answer.table.find("a")) == (0, None)


def test_of_two_spellings_the_busier_counts() -> None:
    answer = read_status(WorkKind.image, encoded([a_row(name="A", count=2), a_row(name="a", count=3)]))

    row = answer.table.find("a")
    assert row is not None
    assert row.worker_count == 3


def test_each_part_of_the_usage_may_be_missing() -> None:
    answer = read_usage(WorkKind.image, encoded({"month": {"A": 3, "b": 1}, "total": {"a": 9}, "day": None}))

    assert answer.table.find((None, "a")) == {"a": Usage(month=3, total=9)}


def test_malformed_usage_is_left_out_alone_and_counted() -> None:
    answer = read_usage(WorkKind.image, encoded({"day": {"a": 1.5, "b": 2, "c": None, "d": "many"}}))

    assert answer.skipped_rows == 3
    assert answer.table.find((None, "b")) == {"b": Usage(day=2)}


def test_workers_are_found_by_any_of_their_models() -> None:
    workers = [a_worker(id="w1", models=["A", "b"]), a_worker(id="w2", models=["a"]), a_worker(id=3)]

    answer = read_workers(encoded(workers))

    assert answer.skipped_rows == 1
    assert list(answer.table.find(["a"])) == ["w1", "w2"]


def test_a_worker_without_models_or_limits_is_fine() -> None:
    answer = read_workers(encoded([without(a_worker(), "models")]))

    assert answer.skipped_rows == 0


@pytest.mark.parametrize("content", [b"", b"[1, 2", b"<html>", b'{"a": 1}', b"null", b"\xff"])
def test_what_is_no_list_is_unusable(content: bytes) -> None:
    with pytest.raises(UnusableAnswerError):
        read_status(WorkKind.image, content)
    with pytest.raises(UnusableAnswerError):
        read_workers(content)


@pytest.mark.parametrize("content", [b"[]", b'{"day": 3}', b'{"day": {'])
def test_what_is_no_usage_is_unusable(content: bytes) -> None:
    with pytest.raises(UnusableAnswerError):
        read_usage(WorkKind.text, content)
