"""What would become of the instruct formats that text models name."""

from typing import Any

import pytest
from factories import a_stored_record
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.catalog.guidance import migration, resolved
from horde_model_reference.catalog.resources import ResourceCatalog, make_catalog
from horde_model_reference.catalog.snapshot import CategorySnapshot, build_snapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, Resource, ResourceType
from horde_model_reference.domain.text_guidance import TextGuidanceChangeSet


def models(*formats: str | None) -> CategorySnapshot:
    """Return text models m0, m1 … with these instruct formats."""
    records = [
        a_stored_record(f"m{number}", record_type="text_generation", parameters=7, instruct_format=label)
        for number, label in enumerate(formats)
    ]
    return build_snapshot(Category.text_generation, records, revision=1, modified_at=1)


def catalog(
    *profiles: dict[str, Any], assigned_to: dict[str, dict[str, Any]] | None = None
) -> ResourceCatalog:
    """Return a catalogue with these profiles, and what is assigned to models."""
    assigned = (assigned_to or {}).items()
    found = [(ResourceType.guidance_profile, profile["profile_id"], profile) for profile in profiles]
    found += [
        (ResourceType.guidance_assignment, name, {"model_name": name, **said}) for name, said in assigned
    ]
    changed = {
        (kind, key): Resource(resource_type=kind, key=key, document=document) for kind, key, document in found
    }
    return make_catalog(CatalogName.text_guidance, CatalogMetadata(), serial=1, changed=changed)


def a_profile(profile_id: str, **fields: Any) -> dict[str, Any]:
    defaults = {"kind": "prompt_contract", "display_name": profile_id, "aliases": [], "deprecated": False}
    return {"profile_id": profile_id, **defaults, **fields}


def created(found: dict[str, Any]) -> list[str]:
    return [change["profile_id"] for change in found["change_set"]["profile_changes"]]


def test_each_format_becomes_a_contract_whatever_its_case() -> None:
    found = migration(catalog(), models("ChatML", "chatml", " ChatML ", None, "", "Llama 3"))

    assert (found["source_model_count"], found["format_count"]) == (4, 2)
    assert created(found) == ["chatml", "llama-3"]
    assigned = [
        (change["model_name"], change["assignment"]["primary_profile_id"])
        for change in found["change_set"]["assignment_changes"]
    ]
    assert assigned == [("m0", "chatml"), ("m1", "chatml"), ("m2", "chatml"), ("m5", "llama-3")]


def test_names_of_contracts_don_t_meet() -> None:
    taken = a_profile("a-b", display_name="Something else")

    found = migration(catalog(taken), models("A B", "a+b", "模型", "?!"))

    assert created(found) == ["a-b-2", "a-b-3", "prompt-contract", "prompt-contract-2"]


def test_a_format_that_a_contract_goes_by_is_assigned_to_it() -> None:
    known = a_profile("chat", display_name="ChatML", aliases=["Chat-ML"])

    found = migration(catalog(known, assigned_to={"m1": {}}), models("chat-ml", "chatml"))

    assert created(found) == []
    assert [change["model_name"] for change in found["change_set"]["assignment_changes"]] == ["m0"]


@pytest.mark.parametrize("record_type", [{}, {"record_type": "esrgan", "guidance": {"status": "published"}}])
def test_a_model_that_is_not_marked_as_a_text_model_has_guidance_all_the_same(
    record_type: dict[str, Any],
) -> None:
    stored = a_stored_record("m", parameters=7, instruct_format="ChatML", **record_type)
    shown = build_snapshot(Category.text_generation, [stored], revision=1, modified_at=1).record("m")
    assigned = {"primary_profile_id": "a", "supplemental_profile_ids": []}

    assert shown is not None
    assert resolved(catalog(), "m", shown)["summary"]["status"] == "legacy_label"
    found = resolved(catalog(a_profile("a"), assigned_to={"m": assigned}), "m", shown)
    assert found["summary"] == {"status": "published", **assigned}
    assert found["primary_profile"]["profile_id"] == "a"


def test_a_format_that_only_something_unusable_goes_by_stays() -> None:
    old = a_profile("old", aliases=["ChatML"], deprecated=True)
    recipe = a_profile("recipe", kind="usage_recipe", aliases=["Alpaca"])

    found = migration(catalog(old, recipe), models("ChatML", "Alpaca"))

    assert found == {"change_set": None, "source_model_count": 2, "format_count": 2}


def test_without_models_there_is_nothing_to_do() -> None:
    assert migration(catalog(), None) == {"change_set": None, "source_model_count": 0, "format_count": 0}


@given(st.lists(st.text(max_size=6), max_size=6))
def test_what_is_previewed_is_a_change_set_with_ids_and_aliases_of_their_own(formats: list[str]) -> None:
    found = migration(catalog(), models(*formats))

    if found["change_set"] is not None:
        read = TextGuidanceChangeSet.model_validate(found["change_set"])
        ids = [change.profile_id for change in read.profile_changes]
        created = [change.profile for change in read.profile_changes if change.profile is not None]
        assert len(created) == len(ids)
        aliases = [alias.casefold() for profile in created for alias in profile.aliases]
        assert len(set(ids)) == len(ids) == len(set(aliases))
