import json
from typing import Any

import pytest
from pydantic import ValidationError
from shared_data import shared_path

from horde_model_reference.domain.baseline_catalog import (
    HordeBaselinePolicy,
    ImageBaselineCatalog,
    ImageBaselineChangeSet,
    ImageBaselineRecord,
    built_in_baseline_catalog,
)
from horde_model_reference.domain.baselines import BUILT_IN_BASELINES, BaselineDescriptor


def test_the_built_in_catalog_is_the_one_that_is_served() -> None:
    recorded = json.loads(shared_path("golden", "misc", "v2_baselines_export.json").read_bytes())

    assert json.dumps(built_in_baseline_catalog().model_dump(mode="json")) == json.dumps(recorded)


def test_the_catalog_and_the_built_in_baselines_agree() -> None:
    assert built_in_baseline_catalog().descriptors() == dict(BUILT_IN_BASELINES)


def test_a_catalog_keeps_the_baselines_that_others_added() -> None:
    record = ImageBaselineRecord(name="lumen", native_resolution=2048, alternative_names=["lumen one"])

    descriptors = ImageBaselineCatalog(baselines={"lumen": record}).descriptors()

    assert descriptors == {
        "lumen": BaselineDescriptor(native_resolution=2048, alternative_names=("lumen one",))
    }


@pytest.mark.parametrize("document", [{"batching": 0}, {"ttl": 0}, {"resolution_floor": -1}, {"speed": 1}])
def test_a_policy_out_of_bounds_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HordeBaselinePolicy.model_validate(document)


@pytest.mark.parametrize("title", ["", "x" * 161])
def test_a_change_set_needs_a_title_of_fair_length(title: str) -> None:
    with pytest.raises(ValidationError):
        ImageBaselineChangeSet.model_validate(
            {"title": title, "changes": [{"operation": "delete", "name": "a"}]}
        )


def test_a_change_set_needs_a_change() -> None:
    with pytest.raises(ValidationError, match="at least one"):
        ImageBaselineChangeSet.model_validate({"title": "nothing", "changes": []})
