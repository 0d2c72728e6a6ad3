"""Exports of a PRIMARY are read back into what the PRIMARY has."""

from typing import Any

import orjson
import pytest

from horde_model_reference.catalog.guidance import exported
from horde_model_reference.catalog.resources import ResourceCatalog, bundled_catalogs, make_catalog
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, Resource, ResourceType
from horde_model_reference.domain.text_guidance import (
    TextGuidanceAssignment,
    TextPromptContract,
    TextUsageRecipe,
)
from horde_model_reference.domain.text_parts import TextInteractionMode
from horde_model_reference.sources.exports import read_export

GUIDANCE, BASELINES = CatalogName.text_guidance, CatalogName.image_baselines


def a_guidance_catalog() -> ResourceCatalog:
    """Return a catalogue with a profile of each kind and an assignment of both."""
    contract = TextPromptContract(
        profile_id="chatml",
        display_name="ChatML",
        summary="s",
        interaction_modes=[TextInteractionMode.chat],
    )
    recipe = TextUsageRecipe(profile_id="rp", display_name="Roleplay", summary="s")
    assignment = TextGuidanceAssignment(
        model_name="Org/A", primary_profile_id="chatml", supplemental_profile_ids=["rp"]
    )
    found = [
        (ResourceType.guidance_profile, "chatml", contract),
        (ResourceType.guidance_profile, "rp", recipe),
        (ResourceType.guidance_assignment, "Org/A", assignment),
    ]
    changed = {
        (kind, key): Resource(resource_type=kind, key=key, document=model.model_dump(mode="json"))
        for kind, key, model in found
    }
    return make_catalog(GUIDANCE, CatalogMetadata(revision=4, updated_at=9), serial=4, changed=changed)


def test_guidance_is_read_back_as_it_was() -> None:
    catalog = a_guidance_catalog()

    assert read_export(GUIDANCE, orjson.dumps(exported(catalog))) == catalog


def test_baselines_are_read_back_as_they_were() -> None:
    bundled = bundled_catalogs()[BASELINES]
    documents = {key: found.document for key, found in bundled.all(ResourceType.image_baseline).items()}
    export = {"metadata": bundled.metadata.document(), "baselines": documents}

    found = read_export(BASELINES, orjson.dumps(export))

    assert (found.metadata, found.resources) == (bundled.metadata, bundled.resources)


def test_a_profile_of_a_later_release_is_left_out_by_itself() -> None:
    export = exported(a_guidance_catalog())
    profiles: dict[str, Any] = export["profiles"]
    profiles["poem"] = {**profiles["chatml"], "profile_id": "poem", "kind": "poem"}

    found = read_export(GUIDANCE, orjson.dumps(export))

    assert list(found.all(ResourceType.guidance_profile)) == ["chatml", "rp"]


@pytest.mark.parametrize(
    "change",
    [
        {"profiles": []},
        {"assignments": None},
        {"metadata": {}},
        {"profiles": {"a": 1}},
        {"assignments": {"a": {}}},
    ],
)
def test_what_is_no_export_of_guidance_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SourceUnavailableError):
        read_export(GUIDANCE, orjson.dumps(exported(a_guidance_catalog()) | change))
