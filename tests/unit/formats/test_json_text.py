"""The JSON reader that refuses what other readers would stumble over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.json_text import (
    FormatError,
    dump_json,
    parse_json_object,
    read_json_object,
    unusable_values,
    usable_object,
)

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), _JSON), st.sampled_from([2, 4]))
def test_what_was_written_is_read_back(value: dict[str, object], indent: int) -> None:
    assert read_json_object(dump_json(value, indent=indent)) == value


@pytest.mark.parametrize("text", ['\ufeff{"a": 1}', b'\xef\xbb\xbf{"a": 1}', b'{\r\n\t"a": 1\r\n}\r\n'])
def test_a_byte_order_mark_and_foreign_line_ends_are_fine(text: str | bytes) -> None:
    assert read_json_object(text) == {"a": 1}


def test_broken_text_is_located_by_line_and_column() -> None:
    with pytest.raises(FormatError, match="line 2, column 8"):
        read_json_object('{\n  "a": }')


def test_bytes_that_are_not_utf8_are_located() -> None:
    with pytest.raises(FormatError, match="not UTF-8 at line 2, column 3"):
        read_json_object(b'{\n "\xff": 1}')


@pytest.mark.parametrize(
    ("text", "what"),
    [("[]", "a list"), ("3", "a number"), ("true", "true or false"), ("null", "null"), ('""', "a string")],
)
def test_a_text_that_is_no_object_is_refused_by_what_it_is(text: str, what: str) -> None:
    with pytest.raises(FormatError, match=f"{what}, not a JSON object"):
        read_json_object(text)


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", str(2**64), "9" * 5000]
)
def test_a_number_that_json_readers_disagree_on_is_refused(number: str) -> None:
    with pytest.raises(FormatError, match=r"^a\.0: "):
        read_json_object(f'{{"a": [{number}]}}')


@pytest.mark.parametrize("number", [-(2**63), 2**64 - 1, 0.1, 1e308])
def test_a_number_of_64_bits_is_read_exactly(number: float) -> None:
    assert read_json_object(f'{{"a": {number!r}}}') == {"a": number}


@pytest.mark.parametrize("text", [r'{"a": "\ud800"}', r'{"a": {"\udc00": 1}}', '{"a": "\ud800"}'])
def test_half_of_a_surrogate_pair_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="surrogate"):
        read_json_object(text)


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert read_json_object(r'{"a": "\ud83c\udfa8"}') == {"a": "🎨"}


def test_a_key_that_occurs_twice_is_refused_with_its_place() -> None:
    with pytest.raises(FormatError, match=r"more than once: m\.config\.a$"):
        read_json_object('{"m": {"config": {"a": 1, "a": 2}}}')


def test_keys_that_occur_twice_are_reported_below_the_member_that_holds_them() -> None:
    parsed = parse_json_object('{"m": 0, "n": {"files": [{"x": 1, "x": 2}]}, "m": 1}')

    repeated = parsed.repeated_below()

    assert parsed.members == {"m": 1, "n": {"files": [{"x": 2}]}}
    assert repeated["m"] == ["the record occurs more than once, the last one counts"]
    assert repeated["n"] == ["the key files.0.x occurs more than once, the last one counts"]


@pytest.mark.parametrize("depth", [300, 900, 200_000])
def test_nesting_without_end_is_refused(depth: int) -> None:
    with pytest.raises(FormatError, match="nested"):
        read_json_object('{"a": ' + "[" * depth + "]" * depth + "}")


def test_a_value_of_another_world_is_unusable() -> None:
    assert unusable_values({"a": object()}) != ()


def test_only_an_object_is_usable_as_a_record() -> None:
    with pytest.raises(InvalidRecordError, match="a string, not an object"):
        usable_object("text")
