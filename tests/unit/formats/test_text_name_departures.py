"""Names of text models that are not built as the schema of their group says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.formats.text_compose import compose_text_name
from horde_model_reference.formats.text_name_departures import name_departures

SCHEMA = TextModelGroupNameSchema(common_author="acme", part_order=["base", "size", "variant"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Pebble-8B", ["it has no author"]),
        ("other/Pebble-8B", ["the author is other, not acme"]),
        ("acme/Pebble_8B_Chat", ["its parts are not separated by “-”"]),
        ("acme/Pebble-Chat-8B", ["its parts stand in another order"]),
        ("acme/Pebble-8B-Q4_K_M", ["it has a quant"]),
        ("acme/Pebble-8B-v0.1-2507", ["it has a version and a date"]),
    ],
)
def test_a_departure_is_told(name: str, told: list[str]) -> None:
    assert name_departures(name, SCHEMA) == told


@pytest.mark.parametrize(
    "name", ["acme/Pebble", "ACME/pebble-8b-chat", "koboldcpp/acme/Pebble-8B", "acme/Pebble-8B-A3B-Chat"]
)
def test_a_name_like_the_others_is_fine(name: str) -> None:
    assert name_departures(name, SCHEMA) == []


def test_a_group_may_want_no_author() -> None:
    schema = TextModelGroupNameSchema(author_included=False)

    assert name_departures("acme/Pebble-8B", schema) == ["it has an author"]
    assert name_departures("Pebble-8B", schema) == []


@given(
    order=st.permutations(["base", "size", "variant", "version"]),
    present=st.sets(st.sampled_from(["size", "variant", "version"])),
    separator=st.sampled_from("-_"),
    author=st.sampled_from([None, "acme"]),
)
def test_a_name_that_the_schema_makes_does_not_depart_from_it(
    order: list[str], present: set[str], separator: str, author: str | None
) -> None:
    schema = TextModelGroupNameSchema(
        separator=separator, part_order=order, author_included=author is not None, common_author=author
    )
    values = {"base": "Pebble", "size": "8B", "variant": "Chat", "version": "v0.1"}
    parts = {part: value for part, value in values.items() if part in {*present, "base"}}

    name = compose_text_name(
        parts, author=author, separator=separator, part_order=[part for part in order if part in parts]
    )

    assert name_departures(name, schema) == []
