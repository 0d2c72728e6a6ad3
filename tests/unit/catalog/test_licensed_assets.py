from typing import Any

import orjson
import pytest
from factories import a_stored_record
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.catalog.licensed_assets import (
    NO_CONCLUSION,
    AssetFilters,
    LicensedAssets,
    ModelGroup,
)
from horde_model_reference.catalog.resources import bundled_catalogs
from horde_model_reference.catalog.snapshot import StoredRecord, build_snapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.licensing import UNKNOWN_LICENSING, PermissionStatus
from horde_model_reference.domain.resources import CatalogName

BUNDLED = bundled_catalogs()[CatalogName.licensing]
REVIEWED = {
    "license_expression": "MIT",
    "license_ids": ["MIT"],
    "commercial_use": "allowed",
    "redistribution": "prohibited",
}


def a_group(*records: StoredRecord, category: Category = Category.esrgan) -> ModelGroup:
    return ModelGroup(build_snapshot(category, records, revision=1, modified_at=1))


def test_a_model_without_licensing_has_no_conclusion() -> None:
    group = a_group(a_stored_record("A"), a_stored_record("B", licensing=dict(UNKNOWN_LICENSING)))

    assert list(group.conclusions) == [NO_CONCLUSION, NO_CONCLUSION]


def test_what_another_field_says_of_licensing_does_not_count() -> None:
    group = a_group(
        a_stored_record("A", licensing=REVIEWED, extra={"licensing": dict(UNKNOWN_LICENSING)}),
        a_stored_record("B", extra={"licensing": REVIEWED}),
        a_stored_record("C", description=orjson.dumps({"licensing": dict(UNKNOWN_LICENSING)}).decode()),
    )

    assert [conclusion.license_ids for conclusion in group.conclusions] == [("MIT",), (), ()]


def test_text_models_have_their_guidance_after_the_conclusion() -> None:
    record = a_stored_record("A/B-7B", record_type="text_generation", parameters=7)

    group = a_group(record, category=Category.text_generation)

    assert list(group.conclusions) == [NO_CONCLUSION]


def test_groups_of_categories_stand_in_the_order_of_their_identifiers() -> None:
    groups = [
        a_group(a_stored_record("A"), category=category)
        for category in (Category.ti, Category.controlnet_annotator, Category.controlnet, Category.clip)
    ]

    views = LicensedAssets(groups, BUNDLED).page(AssetFilters(), offset=0, limit=1000)["items"]

    found = [(view["asset_kind"], view["asset_identifier"]) for view in views]
    assert found == sorted(found, key=lambda place: (place[0], place[1].casefold()))


def test_groups_that_did_not_change_keep_their_encoded_form() -> None:
    group = a_group(a_stored_record("A"))
    before = LicensedAssets([group], BUNDLED)

    after = LicensedAssets([group], BUNDLED)

    assert before.export.tag == after.export.tag
    assert group.encoded[0] is group.encoded[0]


@pytest.mark.parametrize("models", [0, 1, 127, 128, 129, 300])
def test_an_export_is_json_however_many_models_there_are(models: int) -> None:
    group = a_group(*(a_stored_record(f"M{number}") for number in range(models)))

    export = orjson.loads(LicensedAssets([group], BUNDLED).export.content)

    assert len(export["assets"]) == models + 6


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6)
CONCLUSIONS = st.sampled_from([None, dict(UNKNOWN_LICENSING), REVIEWED])


@given(records=st.dictionaries(NAMES, CONCLUSIONS, max_size=12), part=st.text(max_size=2))
def test_pages_and_counts_are_those_of_plain_reading(records: dict[str, Any], part: str) -> None:
    stored = [
        a_stored_record(name, **({} if licensing is None else {"licensing": licensing}))
        for name, licensing in records.items()
    ]
    assets = LicensedAssets([a_group(*stored)], BUNDLED)
    filters = AssetFilters(asset_kind="model", name_contains=part, redistribution=PermissionStatus.unknown)

    page = assets.page(filters, offset=1, limit=3)

    unreviewed = sorted(
        (name for name, licensing in records.items() if licensing is not REVIEWED and fits(name, part)),
        key=lambda name: (name.casefold(), name),
    )
    assert page["total"] == len(unreviewed)
    assert [item["display_name"] for item in page["items"]] == unreviewed[1:4]
    assert assets.summary()["licenses"].get("MIT") == 1 + list(records.values()).count(REVIEWED)


def fits(name: str, part: str) -> bool:
    return part.casefold() in name.casefold()
