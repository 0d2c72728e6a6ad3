"""Names of text models put together, and taken apart again."""

from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.formats.text_compose import compose_text_name, format_schema, schema_format
from horde_model_reference.formats.text_groups import infer_name_format
from horde_model_reference.formats.text_name_parser import parse_text_name
from horde_model_reference.formats.text_names import suggested_group

PARTS = {"base": "Llama-3", "size": "8B", "variant": "Instruct", "version": "v1", "quant": "Q4"}


def test_the_parts_come_in_the_default_order_behind_the_author() -> None:
    assert compose_text_name(PARTS, author="A") == "A/Llama-3-8B-Instruct-v1-Q4"


def test_an_order_says_which_parts_to_take() -> None:
    name = compose_text_name(PARTS, author="A", separator="_", part_order=["size", "base", "quant", "bogus"])

    assert name == "A/8B_Llama-3_Q4"


def test_parts_that_the_order_does_not_name_are_left_out() -> None:
    assert compose_text_name(PARTS, part_order=["base"]) == "Llama-3"


def test_an_empty_size_keeps_its_separator() -> None:
    assert compose_text_name({"base": "Llama-3", "size": ""}) == "Llama-3-"


def test_an_empty_separator_or_order_is_the_default() -> None:
    assert compose_text_name(PARTS, separator="", part_order=[]) == "Llama-3-8B-Instruct-v1-Q4"


def test_extras_can_be_placed() -> None:
    parts = {"base": "X", "size": "7B", "extra:DATE": "2501", "extra:LEADING_VERSION": "4.2"}

    name = compose_text_name(parts, part_order=["extra:LEADING_VERSION", "base", "size", "extra:DATE"])

    assert name == "4.2-X-7B-2501"


BASES = st.from_regex(r"[A-Z][a-z]{3,8}(-[1-9])?(-[A-Z][a-z]{3,6})?", fullmatch=True).filter(
    lambda base: parse_text_name(base).base_name == base and len(parse_text_name(base).extras) == 0
)
SIZES = st.from_regex(r"([2-9]X)?([1-9]|[1-9][0-9])(\.[1-9])?[BM]", fullmatch=True).filter(
    lambda size: "X" not in size or "." not in size
)
ANY_PARTS = st.fixed_dictionaries(
    {"base": BASES, "size": SIZES},
    optional={
        "variant": st.sampled_from(["Instruct", "chat", "Thinking", "turbo"]),
        "version": st.sampled_from(["v1", "v0.1", "V2.5.1"]),
        "quant": st.sampled_from(["Q4_K_M", "Q8_0", "GGUF", "FP16", "IQ4_XS"]),
        "extra:DATE": st.sampled_from(["2501", "08-2024", "2024-08"]),
    },
)
ORDERS = st.permutations(["base", "size", "variant", "version", "quant", "extra:DATE"])


@given(
    parts=ANY_PARTS,
    order=ORDERS,
    separator=st.sampled_from(["-", "_"]),
    author=st.sampled_from([None, "Author"]),
)
def test_a_name_that_was_put_together_is_taken_apart_into_its_parts(
    parts: dict[str, str], order: list[str], separator: str, author: str | None
) -> None:
    name = compose_text_name(parts, author=author, separator=separator, part_order=order)

    parsed = parse_text_name(name.rpartition("/")[2])
    found = {
        "base": parsed.base_name,
        "size": parsed.size,
        "variant": parsed.variant,
        "version": parsed.version,
        "quant": parsed.quant,
        **{f"extra:{extra.kind}": extra.value for extra in parsed.extras},
    }
    assert {part: value for part, value in found.items() if value} == parts
    assert suggested_group(name) == parts["base"]


@given(parts=ANY_PARTS, order=ORDERS, author=st.sampled_from([None, "Author"]))
def test_a_name_is_put_together_again_by_the_format_that_it_shows(
    parts: dict[str, str], order: list[str], author: str | None
) -> None:
    name = compose_text_name(parts, author=author, part_order=order)
    shown = infer_name_format([name])

    again = compose_text_name(
        parts, author=shown.common_author, separator=shown.separator, part_order=shown.part_order
    )

    assert again == name


def test_a_schema_without_a_template_shows_the_one_that_it_means() -> None:
    schema = TextModelGroupNameSchema(separator="_", part_order=["base", "size"])

    assert schema_format(schema).template == "{author}/{base}_{size}"


def test_a_format_as_a_schema_and_back_is_the_same_but_for_extra_parts() -> None:
    shown = infer_name_format(["A/X-7B-Chat-2501"])

    assert schema_format(format_schema(shown)).template == shown.template
    assert format_schema(shown).extra_parts == []
