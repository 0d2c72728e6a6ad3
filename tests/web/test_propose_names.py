"""Names of text models: put together from parts, taken apart, compared with the schema of their group."""

import re

from review_client import V2, Review
from web_client import HTML, Browser
from web_form import opened


def test_a_name_is_put_together_from_its_parts(proposer: Browser) -> None:
    form = opened(proposer, "/propose/text_generation")
    for part, text in {"author": "Acme", "base": "Llama-3", "size": "8B", "variant": "Instruct"}.items():
        form.set(f"_part.{part}", text)

    composed = form.press("compose")

    assert composed.inputs["name"] == ["Acme/Llama-3-8B-Instruct"]


def test_a_name_is_taken_apart(proposer: Browser) -> None:
    form = opened(proposer, "/propose/text_generation").fill(name="Acme/Llama-3-8B-Instruct")

    apart = form.press("take-apart")

    parts = {name: texts[0] for name, texts in apart.inputs.items() if name.startswith("_part.") and texts[0]}
    assert parts == {
        "_part.author": "Acme",
        "_part.base": "Llama-3",
        "_part.size": "8B",
        "_part.variant": "Instruct",
        "_part.like": "Acme/Llama-3-8B-Instruct",
    }
    assert apart.inputs["parameters"] == ["8000000000"]


def test_a_name_that_was_taken_apart_keeps_its_order(proposer: Browser) -> None:
    form = opened(proposer, "/propose/text_generation").fill(name="acme/magnum-v2-123b-A3B-2507")

    again = form.press("take-apart").set("_part.size", "72b").press("compose")

    assert again.inputs["name"] == ["acme/magnum-v2-72b-A3B-2507"]


def test_without_a_base_name_no_name_is_lost(proposer: Browser) -> None:
    form = opened(proposer, "/propose/text_generation").fill(name="Typed").set("_part.size", "8B")

    page = form.press("compose")

    assert page.inputs["name"] == ["Typed"]
    assert "no name without a base name" in page.text


def test_a_composed_name_that_is_taken_is_told_at_once(proposer: Browser) -> None:
    form = opened(proposer, "/propose/text_generation").fill(name="borealis/Hydra-8x22B-v0.1")

    taken = form.press("take-apart").press("compose")

    assert taken.answer.status_code == 422
    assert re.search(r'id="name-error">[^<]*is in text_generation already', taken.text)
    assert "is needed" not in taken.text


def save_schema(review: Review, group: str, **schema: object) -> None:
    answer = review.send("PUT", f"{V2}/text_generation/group/name_schema?name={group}", schema)
    assert answer.status_code == 200, answer.text


def test_a_name_is_put_together_as_the_schema_of_its_group_says(proposer: Browser, review: Review) -> None:
    group = "Comet"
    save_schema(review, group, separator="_", part_order=["size", "base"], common_author="acme")
    form = opened(proposer, "/propose/text_generation").set("_part.base", group.lower())

    composed = form.set("_part.size", "8B").set("_part.quant", "Q4_K_M").press("compose")

    assert composed.inputs["name"] == ["acme/8B_comet_Q4_K_M"]
    assert "builds its names as {author}/{size}_{base}" in composed.text


def test_a_name_that_departs_from_the_schema_of_its_group_is_remarked(
    proposer: Browser, review: Review
) -> None:
    save_schema(review, "Comet", part_order=["base", "size"], common_author="acme")
    form = opened(proposer, "/propose/text_generation").fill(name="other/Comet-8B", parameters="8")

    checked = proposer.client.post("/propose/text_generation/check", data=form.inputs, headers=HTML).json()
    preview = form.press("preview")
    checks = review.queue(f"/changes/{preview.sent()}/checks").json()

    assert checked["warnings"]["parameters"] == ["Going by the name, it should be 8000000000."]
    assert "the author is other, not acme" in checked["warnings"]["name"][0]
    assert "the author is other, not acme" in preview.text
    notes = {check["subject"]: check["text"] for check in checks if check["outcome"] == "note"}
    assert "the author is other, not acme" in notes["Name"]
    assert notes["Parameters"] == "Going by the name, it should be 8000000000."
