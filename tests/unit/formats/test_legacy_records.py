"""What is stored for a v1 body."""

from typing import Any

import pytest

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.legacy_records import (
    LegacyEsrganRecord,
    read_v1_body,
    stored_from_v1_body,
)


def test_an_image_body_is_stored_with_its_defaults_in_the_fixed_order() -> None:
    body = {"nsfw": True, "baseline": "stable_diffusion_2_768", "name": "M", "style": None, "zeta": 1}

    stored = stored_from_v1_body("image_generation", body)

    assert list(stored.items()) == [
        ("name", "M"),
        ("baseline", "stable diffusion 2"),
        ("type", "ckpt"),
        ("inpainting", False),
        ("nsfw", True),
        ("config", {"files": [], "download": []}),
        ("zeta", 1),
    ]


def test_another_body_is_stored_as_sent_without_nulls_and_metadata() -> None:
    body = {"name": "M", "version": None, "foo": {"kept": None}, "metadata": {"created_by": "me"}}

    assert stored_from_v1_body("esrgan", body) == {"name": "M", "foo": {"kept": None}}


def test_the_defaults_of_another_body_are_stored_on_demand() -> None:
    stored = stored_from_v1_body("esrgan", {"name": "M"}, with_defaults=True)

    assert stored == {"name": "M", "type": "realesrgan", "config": {"files": [], "download": []}}


def test_nulls_inside_config_entries_are_dropped() -> None:
    config: dict[str, Any] = {"files": [{"path": "p", "md5sum": None, "note": None}], "download": None}

    stored = stored_from_v1_body("gfpgan", {"name": "M", "config": config})

    assert stored["config"] == {"files": [{"path": "p"}], "download": []}


def test_a_body_that_was_read_before_is_stored_too() -> None:
    body = read_v1_body("esrgan", {"name": "M", "type": "esrgan"})

    assert isinstance(body, LegacyEsrganRecord)
    assert stored_from_v1_body("esrgan", body) == {"name": "M", "type": "esrgan"}


def test_the_text_body_takes_its_claims() -> None:
    body = {"name": "M", "parameters": 7, "capabilities": {"tool_calling": {"status": "supported"}}}

    assert stored_from_v1_body("text_generation", body) == body


def test_a_bad_body_names_its_fields() -> None:
    body = {"name": "M", "baseline": "x", "showcases": ["https://huggingface.co/a.png"], "version": 2}

    with pytest.raises(InvalidRecordError) as caught:
        stored_from_v1_body("image_generation", body)

    assert {problem.path for problem in caught.value.problems} == {"showcases", "version"}


def test_a_category_without_legacy_form_has_no_bodies() -> None:
    with pytest.raises(KeyError):
        stored_from_v1_body("lora", {"name": "M"})
