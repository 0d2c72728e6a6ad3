"""Names of text models: the parser, and what is made from a name."""

import json
from pathlib import Path
from typing import Any

import listed_differences
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listed_differences import is_listed, listed_cases
from shared_data import shared_path

from horde_model_reference.formats.text_name_parser import NameExtra, ParsedName, parse_text_name
from horde_model_reference.formats.text_names import (
    automatic_display_name,
    has_backend_prefix,
    is_quantized,
    model_name_of,
    name_variants,
    normalized_name,
    size_sort_key,
    split_author,
    strip_backend_prefix,
    suggested_group,
)


def _recorded_form(parsed: ParsedName) -> dict[str, Any]:
    return {
        "base_name": parsed.base_name,
        "size": parsed.size,
        "variant": parsed.variant,
        "quant": parsed.quant,
        "version": parsed.version,
        "extras": [
            {"value": extra.value, "position": extra.position, "inferred_type": extra.kind}
            for extra in parsed.extras
        ],
    }


def _everything_about(name: str) -> dict[str, Any]:
    model = split_author(name)[1]
    is_address = "://" in name
    return {
        "parsed": _recorded_form(parse_text_name(name)),
        "normalized_name": normalized_name(name),
        "suggested_group": suggested_group(name),
        "stripped_name": model,
        "parsed_stripped": _recorded_form(parse_text_name(model)),
        "is_quantized": is_quantized(name),
        "has_backend_prefix": has_backend_prefix(name),
        "name_variants": list(name_variants(name)),
        "model_name": None if is_address else model_name_of(name),
        "auto_display_name": None if is_address else automatic_display_name(model_name_of(name)),
    }


def _recorded_names() -> list[dict[str, Any]]:
    lines = shared_path("golden", "text-names.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_every_recorded_name_is_understood_as_recorded_unless_it_is_listed() -> None:
    recorded = _recorded_names()
    listed = listed_cases("text-names/")

    others = [case for case in recorded if {**case, **_everything_about(case["input"])} != case]

    assert len(recorded) > 500
    assert [case["input"] for case in others] == [
        case["input"] for case in recorded if is_listed(case["input"], listed)
    ]


def test_the_real_models_that_change_their_group_are_listed_with_it() -> None:
    path = shared_path("golden", "v2", "text_generation.json")
    recorded: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))

    moved = {name for name in recorded if suggested_group(name) != recorded[name]["text_model_group"]}

    listed = Path(listed_differences.__file__).with_name("differences.md").read_text(encoding="utf-8")
    for name in moved:
        model, group = split_author(name)[1], suggested_group(name)
        assert (
            f"- text-names/*{model}: group {group}, recorded {recorded[name]['text_model_group']}" in listed
        )
    assert listed.count(": group ") == len(moved)
    assert len({suggested_group(name) for name in recorded}) == 397


@pytest.mark.parametrize(
    ("name", "base_name", "size"),
    [
        ("Mixtral-8x22B-v0.1", "Mixtral", "8X22B"),
        ("mistralai/Mixtral-8x22B-Instruct-v0.1", "mistralai/Mixtral", "8X22B"),
        ("lightblue/Karasu-Mixtral-8x22B-v0.1", "lightblue/Karasu-Mixtral", "8X22B"),
        ("microsoft/WizardLM-2-8x22B", "microsoft/WizardLM-2", "8X22B"),
        ("Frank-128x150m-7B", "Frank", "128X150M"),
        ("Model-7B-4x8B", "Model", "4X8B"),
    ],
)
def test_experts_of_any_size_are_read_as_one_size(name: str, base_name: str, size: str) -> None:
    parsed = parse_text_name(name)

    assert (parsed.base_name, parsed.size) == (base_name, size)


@pytest.mark.parametrize("name", ["A8x22B", "8x22Bit", "A8x1234B-model"])
def test_a_size_never_starts_inside_experts_that_are_no_size(name: str) -> None:
    assert parse_text_name(name).size is None


@pytest.mark.parametrize(
    ("name", "base_name", "size", "variant", "version", "quant"),
    [
        ("Llama-3-8B-Instruct-Q4_K_M", "Llama-3", "8B", "Instruct", None, "Q4_K_M"),
        ("bloom-7b1", "bloom", "7B1", None, None, None),
        ("opt-125M-fp16", "opt", "125M", None, None, "FP16"),
        ("Frank-16x3B-MoE", "Frank-MoE", "16X3B", None, None, None),
        ("Model-v3.", "Model-v3", None, None, None, None),
        ("gemma-3n-E4B-it", "gemma-3n-it", "E4B", None, None, None),
        ("Qwen1.5-MoE-A2.7B", "Qwen1.5-MoE", "A2.7B", None, None, None),
        ("Model-v1.5b-7B", "Model-v1.5b", "7B", None, None, None),
        ("Nemo_12B_v2_Q8_0", "Nemo", "12B", None, "v2", "Q8_0"),
        ("lzlv_70b_fp16_hf", "lzlv_hf", "70B", None, None, "FP16"),
        ("X-IQ4_XS", "X", None, None, None, "IQ4_XS"),
        ("X-Q4_K_XL", "X", None, None, None, "Q4_K_XL"),
        ("X-8B-exl3", "X", "8B", None, None, "EXL3"),
        ("X-8B-bf16", "X", "8B", None, None, "BF16"),
        ("X-8B-fp8", "X", "8B", None, None, "FP8"),
        ("13B-Chat-Q4", "Chat", "13B", None, None, "Q4"),
        ("7B", "7B", None, None, None, None),
        ("7B-8B", "8B", "7B", None, None, None),
        ("Model--7B__v1..Q4", "Model-v1", "7B", None, None, "Q4"),
        ("Impish_QWEN_14B-x", "Impish_QWEN_x", "14B", None, None, None),
        ("Sao10K/Fimbulvetr-11B", "Sao10K/Fimbulvetr", "11B", None, None, None),
        ("Model-4096", "Model-4096", None, None, None, None),
        ("Model-1399", "Model-1399", None, None, None, None),
        ("m-7b1x", "m-1x", "7B", None, None, None),
        ("m-v1.23x", "m-v1.23x", None, None, None, None),
        ("Q3.5-BlueStar-27B", "Q3.5-BlueStar", "27B", None, None, None),
        ("m-v1.2.3x", "m-3x", None, None, "v1.2", None),
    ],
)
def test_the_tokens_of_a_name_become_its_parts(
    name: str, base_name: str, size: str | None, variant: str | None, version: str | None, quant: str | None
) -> None:
    assert parse_text_name(name) == ParsedName(
        base_name=base_name, size=size, variant=variant, version=version, quant=quant
    )


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("4.2.0-Broken-Tutu-24B", NameExtra(kind="LEADING_VERSION", value="4.2.0", position=0)),
        ("c4ai-command-r-08-2024", NameExtra(kind="DATE", value="08-2024", position=3)),
        ("Mistral-Small-24B-Instruct-2501-Q6_K", NameExtra(kind="DATE", value="2501", position=4)),
        ("Large-2024", NameExtra(kind="DATE", value="2024", position=1)),
        ("Qwen3-30B-A3B", NameExtra(kind="DESCRIPTOR", value="A3B", position=2)),
        ("Yi-34B-200K", NameExtra(kind="DESCRIPTOR", value="200K", position=2)),
        ("Phi-3-mini-128k-instruct", NameExtra(kind="DESCRIPTOR", value="128k", position=3)),
        ("Llama-3-8B-Instruct.Q5_K_S.gguf", NameExtra(kind="DESCRIPTOR", value="gguf", position=7)),
        ("Model-v10-v2-7B", NameExtra(kind="DESCRIPTOR", value="v2", position=2)),
    ],
)
def test_what_has_no_field_of_its_own_is_an_extra(name: str, extra: NameExtra) -> None:
    assert parse_text_name(name).extras == (extra,)


def test_extras_are_a_leading_version_then_dates_then_descriptors() -> None:
    parsed = parse_text_name("1.5-Chat-Model-Code-7B-0528-2501")

    assert [(extra.kind, extra.value) for extra in parsed.extras] == [
        ("LEADING_VERSION", "1.5"),
        ("DATE", "0528"),
        ("DATE", "2501"),
        ("DESCRIPTOR", "Code"),
    ]


def test_models_that_differ_in_their_tokens_only_share_a_base_name() -> None:
    names = ["Llama-3-8B", "Llama-3_70B_Chat", "Llama-3-8B-Chat-Instruct.Q4_K_M.gguf", "Llama-3-30B-A3B-128K"]

    assert {parse_text_name(name).base_name for name in names} == {"Llama-3"}


@given(st.text(min_size=1) | st.from_regex(r"[-_. ]*(\d+x)?\d+\.?[bmkvq][-_. \dx]*", fullmatch=True))
def test_every_name_can_be_parsed_and_has_a_base_name(name: str) -> None:
    assert parse_text_name(name).base_name


@pytest.mark.parametrize(
    "piece", ["1", "1.", "v1.1", "1x", "-", ".1", "1-", "1b1", "a1", "q4_", "-7b", "-v1.1", "_q4_k", "-a3b"]
)
@pytest.mark.timeout(10)
def test_the_time_to_parse_a_name_grows_with_its_length_only(piece: str) -> None:
    assert parse_text_name("v1" + piece * 20_000 + "x").base_name


def test_only_the_two_lower_case_backends_are_prefixes() -> None:
    stripped = [
        strip_backend_prefix(name) for name in ("aphrodite/A/M", "koboldcpp/M", "vllm/M", "Aphrodite/M")
    ]

    assert stripped == ["A/M", "M", "vllm/M", "Aphrodite/M"]


def test_only_one_backend_prefix_is_removed() -> None:
    assert strip_backend_prefix("aphrodite/koboldcpp/M") == "koboldcpp/M"


def test_the_author_stands_before_the_first_slash() -> None:
    assert [split_author(name) for name in ("aphrodite/A/b/M", "M")] == [("A", "b/M"), (None, "M")]


def test_the_koboldcpp_variant_keeps_everything_behind_the_first_slash() -> None:
    assert name_variants("a/b/M") == ("a/b/M", "aphrodite/a/b/M", "koboldcpp/b/M")


def test_the_model_name_is_the_second_segment() -> None:
    assert [model_name_of(name) for name in ("a/b/Deep-7B", "A/M", "M")] == ["b", "M", "M"]


def test_sizes_are_ordered_by_what_they_mean_and_unknown_ones_come_last() -> None:
    labels = ["zebra", "8X7B", "E4B", "7b1", "0.5B", "1T", "Alpha", "125M", "7B", "8X22B"]

    in_order = "125M 0.5B E4B 7B 7b1 8X7B 8X22B 1T Alpha zebra"
    assert sorted(labels, key=size_sort_key) == in_order.split()
