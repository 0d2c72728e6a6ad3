"""Long differences a part at a time."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horde_model_reference.service.errors import UnknownPartError
from horde_model_reference.service.web.difference_parts import part_of
from horde_model_reference.service.web.differences import Difference, FieldRow, difference_between
from horde_model_reference.service.web.part_models import DifferencePart, ShownRow
from horde_model_reference.service.web.part_pieces import MOST_BYTES, MOST_LINES

LONG = st.integers(0, 900).map(lambda count: "\n".join(f"line {number}" for number in range(count)))
WIDE = st.builds(lambda letter, count: letter * count, st.sampled_from("é蔷𠀀"), st.integers(0, 60_000))
BROAD = st.builds(
    lambda letter, count: "\n".join(f"{number}{letter * 2_990}" for number in range(count)),
    st.sampled_from("é蔷𠀀"),
    st.integers(0, 9),
)
VALUES = (
    st.text("ab\n", max_size=5) | LONG | WIDE | BROAD | st.lists(st.sampled_from(["a", "b"]), max_size=900)
)
RECORDS = st.none() | st.dictionaries(st.sampled_from(["a", "nsfw", "style", "tags", "trigger"]), VALUES)


def all_parts(differences: Sequence[Difference]) -> list[DifferencePart]:
    first = part_of(differences, 1)
    return [first, *(part_of(differences, number) for number in range(2, first.count + 1))]


def rows_of(part: DifferencePart) -> list[tuple[int, ShownRow]]:
    return [(place, row) for place, found in part.shown for row in (*found.rows, *found.fillers)]


def said(row: FieldRow, sign: str) -> list[str]:
    return [line.text for line in row.lines if line.sign == sign]


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(RECORDS, RECORDS), min_size=1, max_size=3))
def test_every_line_is_in_one_part_and_no_part_is_long(pairs: list[tuple[Any, Any]]) -> None:
    differences = [difference_between("image_generation", *pair) for pair in pairs]

    parts = all_parts(differences)

    shown = [row for part in parts for row in rows_of(part)]
    for place, difference in enumerate(differences):
        for row in (*difference.rows, *difference.fillers):
            here = [line for where, each in shown if (where, each.row) == (place, row) for line in each.lines]
            for sign in "-+ ~":
                assert [line.text for line in here if line.sign == sign] == said(row, sign)
    for part in parts:
        lines = [line for _, row in rows_of(part) for line in row.lines]
        alike = sum(not (found.rows or found.fillers) for _, found in part.shown)
        assert len(lines) + alike <= MOST_LINES
        assert sum(len(line.text.encode()) for line in lines) <= MOST_BYTES
        assert part.last_line - part.first_line + 1 == len(lines) + alike
        assert part.is_whole == (len(parts) == 1) == (part.elsewhere == () == part.alike_elsewhere)


def parts_by_line(parts: Sequence[DifferencePart], row: FieldRow, sign: str) -> list[int]:
    """Return the part of each line of a row with some sign, in their order."""
    return [
        part.number
        for part in parts
        for _, shown in rows_of(part)
        if shown.row is row
        for line in shown.lines
        if line.sign == sign
    ]


def replaced(row: FieldRow) -> Iterator[tuple[int, int, int]]:
    """Yield how many lines went and came before a block that was replaced, and how many have a partner."""
    went = came = 0
    blocks = [(sign, len(list(found))) for sign, found in groupby(row.lines, key=lambda line: line.sign)]
    for (sign, count), (following, more) in pairwise([*blocks, ("", 0)]):
        if (sign, following) == ("-", "+"):
            yield went, came, min(count, more)
        went += count if sign == "-" else 0
        came += count if sign == "+" else 0


@settings(max_examples=60, deadline=None)
@given(before=RECORDS, after=RECORDS)
def test_each_line_that_went_is_in_the_part_of_the_one_that_came_in_its_place(
    before: Any, after: Any
) -> None:
    difference = difference_between("image_generation", before, after)

    parts = all_parts([difference])

    for row in (*difference.rows, *difference.fillers):
        old, new = (parts_by_line(parts, row, sign) for sign in "-+")
        for went, came, count in replaced(row):
            assert old[went : went + count] == new[came : came + count]


def test_what_stands_before_a_list_tears_no_pairs_of_it_apart() -> None:
    before = {"tags": [f"old {number}" for number in range(600)]}
    after = {"tags": [f"new {number}" for number in range(600)], "trigger": [f"{n}" for n in range(250)]}

    parts = all_parts([difference_between("image_generation", before, after)])

    signs = [Counter(line.sign for _, row in rows_of(part) for line in row.lines) for part in parts]
    assert signs == [{"+": 250}, {"-": 200, "+": 200}, {"-": 200, "+": 200}, {"-": 200, "+": 200}]


def test_a_block_that_was_replaced_is_torn_apart_only_where_no_part_has_room_for_it() -> None:
    before = {"tags": [f"old {number}" for number in range(150)]}
    after = {"tags": [f"new {number}" for number in range(250)], "trigger": [f"{n}" for n in range(250)]}

    parts = all_parts([difference_between("image_generation", before, after)])

    signs = [[line.sign for _, row in rows_of(part) for line in row.lines] for part in parts]
    assert signs == [["+"] * 250, ["-"] * 150 + ["+"] * 250]


@pytest.mark.parametrize("letter", "a蔷𠀀")
def test_two_long_lines_are_beside_each_other_whatever_they_are_written_in(letter: str) -> None:
    before, after = {"description": letter * 2_999 + "a"}, {"description": letter * 2_999 + "b"}
    between = {"name": "x", "homepage": "https://a.example/", "tags": ["x"] * 390}

    parts = all_parts([difference_between("image_generation", before, after | between)])

    described = [row for part in parts for _, row in rows_of(part) if row.row.field == "description"]
    assert [[line.sign for line in row.lines] for row in described] == [["-", "+"]]


def nothing_new(title: str) -> Difference:
    return Difference(title=title, rows=(), has_before=True, has_after=True)


def test_things_in_which_nothing_differs_are_counted_and_told() -> None:
    differences = [nothing_new(f"Update: {number}") for number in range(1_000)]

    parts = all_parts(differences)

    assert [len(part.shown) for part in parts] == [MOST_LINES, MOST_LINES, 200]
    assert [(part.first_line, part.last_line) for part in parts] == [(1, 400), (401, 800), (801, 1_000)]
    assert [(len(part.alike_elsewhere), part.alike_elsewhere[0]) for part in parts] == [
        (600, 2),
        (600, 1),
        (800, 1),
    ]
    assert all(part.elsewhere == () for part in parts)


def test_titles_and_names_of_fields_take_room() -> None:
    named = [nothing_new("蔷" * 1_000) for _ in range(200)]
    fields = {f"{number}{'蔷' * 1_000}": "a\nb" for number in range(200)}

    parts = all_parts([*named, difference_between("image_generation", None, fields)])

    for part in parts:
        names = [found.title for _, found in part.shown] + [row.path for _, row in rows_of(part)]
        assert sum(len(name.encode()) for name in names) <= MOST_BYTES


def test_of_what_is_only_filled_in_nothing_is_critical() -> None:
    row = next(iter(difference_between("image_generation", {}, {"nsfw": True}).rows))
    filled = Difference(title=None, rows=(), fillers=(row,), has_before=True, has_after=True)

    (_, shown) = part_of([filled], 1).shown[0]

    assert row.is_critical
    assert [each.is_critical for each in shown.fillers] == [False]


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
    with pytest.raises(UnknownPartError, match="There is no part 2 of it; there is 1 part"):
        part_of([difference_between("image_generation", {}, {"a": 1})], 2)
