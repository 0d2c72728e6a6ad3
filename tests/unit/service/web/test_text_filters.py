"""How pages write values."""

import pytest

from horde_model_reference.service.web.text_filters import author_name, duration, in_sentence


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (3569, "59 min"),
        (3570, "1 h 0 min"),
        (8916, "2 h 29 min"),
        (3_600_000, "1,000 h 0 min"),
    ],
)
def test_durations_are_told_in_units_that_people_can_grasp(seconds: int, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Image generation", "image generation"),
        ("Fine-tune series", "fine-tune series"),
        ("ControlNet annotator", "ControlNet annotator"),
        ("SHA-256", "SHA-256"),
        ("LoRA", "LoRA"),
        ("", ""),
    ],
)
def test_titles_within_a_sentence_keep_their_capitals_where_they_are_names(title: str, text: str) -> None:
    assert in_sentence(title) == text


@pytest.mark.parametrize(
    ("author", "name"), [("1001", "user 1001"), ("Mara#1412", "Mara#1412"), ("import", "import")]
)
def test_a_number_alone_is_shown_as_the_number_of_a_user(author: str, name: str) -> None:
    assert author_name(author) == name
