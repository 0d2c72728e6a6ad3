"""Long differences a part at a time."""

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.exceptions import HTTPException
from hypothesis import given, settings
from hypothesis import strategies as st

from horde_model_reference.service.web.difference_parts import (
    MOST_BYTES,
    MOST_LINES,
    DifferencePart,
    part_of,
)
from horde_model_reference.service.web.differences import Difference, FieldRow, difference_between

LONG = st.integers(0, 900).map(lambda count: "\n".join(f"line {number}" for number in range(count)))
WIDE = st.integers(0, 60_000).map(lambda count: "é" * count)
VALUES = st.text("ab\n", max_size=5) | LONG | WIDE | st.lists(st.sampled_from(["a", "b"]), max_size=900)
RECORDS = st.none() | st.dictionaries(st.sampled_from(["a", "nsfw", "style", "tags", "trigger"]), VALUES)


def all_parts(differences: Sequence[Difference]) -> list[DifferencePart]:
    first = part_of(differences, 1)
    return [first, *(part_of(differences, number) for number in range(2, first.count + 1))]


def said(row: FieldRow, sign: str) -> list[str]:
    return [line.text for line in row.lines if line.sign == sign]


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(RECORDS, RECORDS), min_size=1, max_size=3))
def test_every_line_is_in_one_part_and_no_part_is_long(pairs: list[tuple[Any, Any]]) -> None:
    differences = [difference_between("image_generation", *pair) for pair in pairs]

    parts = all_parts(differences)

    shown = [
        (place, row) for part in parts for place, found in part.shown for row in (*found.rows, *found.fillers)
    ]
    for place, difference in enumerate(differences):
        for row in (*difference.rows, *difference.fillers):
            here = [line for where, each in shown if (where, each.row) == (place, row) for line in each.lines]
            for sign in "-+ ~":
                assert [line.text for line in here if line.sign == sign] == said(row, sign)
    for part in parts:
        lines = [
            line for _, found in part.shown for row in (*found.rows, *found.fillers) for line in row.lines
        ]
        assert len(lines) <= MOST_LINES
        assert sum(len(line.text.encode()) for line in lines) <= MOST_BYTES
        assert part.last_line - part.first_line + 1 == len(lines)
        assert part.is_whole == (len(parts) == 1) == (part.elsewhere == ())


@settings(max_examples=60, deadline=None)
@given(before=RECORDS, after=RECORDS)
def test_lines_are_counted_through_all_parts(before: Any, after: Any) -> None:
    parts = all_parts([difference_between("image_generation", before, after)])

    following = 1
    for part in parts:
        assert part.first_line == following
        following = part.last_line + 1
    assert following == parts[0].line_count + 1


def test_no_long_field_hides_a_short_one_and_critical_ones_come_first() -> None:
    long = [f"word {number}" for number in range(2_000)]
    after = {"a": long, "nsfw": True, "tags": ["x"], "trigger": long, "homepage": "https://a.example/"}

    first = part_of([difference_between("image_generation", {}, after)], 1)

    (_, found) = first.shown[0]
    assert [row.row.path for row in found.rows] == ["nsfw", "homepage", "trigger"]
    assert [(field.field, field.is_critical) for field in first.elsewhere] == [
        ("trigger", True),
        ("tags", False),
        ("a", False),
    ]


def test_what_is_only_filled_in_is_told_last_and_never_called_critical() -> None:
    before = {"name": "A", "nsfw": True, "baseline": "stable_diffusion_1"}
    filled = {"licensing": {"license_expression": "NOASSERTION"}, "inpainting": False}
    tags = [f"word {number}" for number in range(2_000)]

    first = part_of([difference_between("image_generation", before, before | filled | {"tags": tags})], 1)

    assert [(field.field, field.is_filler) for field in first.elsewhere] == [
        ("tags", False),
        ("inpainting", True),
        ("licensing.license_expression", True),
    ]
    assert [field.field for field in first.named_elsewhere] == ["tags"]
    assert first.critical_elsewhere == 0


def test_what_fits_keeps_its_order() -> None:
    after = {"a": "a longer text", "nsfw": True, "tags": ["x"]}
    difference = difference_between("image_generation", {}, after)

    (_, found) = part_of([difference], 1).shown[0]

    assert tuple(row.row for row in found.rows) == difference.rows


def test_a_part_that_is_not_there_is_not_found() -> None:
    with pytest.raises(HTTPException) as refused:
        part_of([difference_between("image_generation", {}, {"a": 1})], 2)

    assert refused.value.status_code == 404
