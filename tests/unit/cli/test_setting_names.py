"""Variables of the environment that begin like a setting, but are none."""

import re
from pathlib import Path

import pytest

from horde_model_reference.cli.setting_names import setting_names, unknown_settings


@pytest.mark.parametrize(
    "name",
    [
        "HORDE_MODEL_REFERENCE_SEED",
        "horde_model_reference_seed",
        "HORDE_MODEL_REFERENCE_PENDING_QUEUE",
        "HORDE_MODEL_REFERENCE_PENDING_QUEUE__APPROVER_IDS",
        "HORDE_MODEL_REFERENCE_URL",
        "HORDE_URL",
        "PATH",
        "HORDE_WORKER",
    ],
)
def test_settings_and_what_other_programs_read_are_no_mistakes(name: str) -> None:
    assert unknown_settings([name]) == []


def test_each_variable_of_the_documentation_is_known() -> None:
    page = Path(__file__).parents[3].joinpath("docs", "reference", "settings.md").read_text()
    documented = re.findall(r"HORDE_MODEL_REFERENCE_\w+", page)

    assert len(documented) > 50
    assert unknown_settings(documented) == []


def test_no_variable_has_two_settings() -> None:
    names = [name for names in setting_names() for name in names]

    assert len(names) == len(set(names))


def test_a_name_unlike_any_other_has_no_hint() -> None:
    assert unknown_settings(["HORDE_MODEL_REFERENCE_"]) == ["nothing reads HORDE_MODEL_REFERENCE_"]


def test_a_name_is_told_as_it_was_written() -> None:
    assert unknown_settings(["horde_model_reference_Sed"]) == [
        "nothing reads horde_model_reference_Sed; did you mean HORDE_MODEL_REFERENCE_SEED?"
    ]
