"""Catalogues of side resources as files: there and back, and what is wrong in a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from factories import FIXTURES, a_folder, an_image_record
from licensing_client import a_definition, an_asset
from postgres_server import NewStore

from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.formats.catalog_files import CATALOG_PATHS, CatalogFile, find_catalog_files
from horde_model_reference.formats.reference_files import FileFormat, ReferenceFile, find_reference_files
from horde_model_reference.store.audit import verify_audit
from horde_model_reference.store.exporting import catalogs_left_out, export_files
from horde_model_reference.store.importing import CatalogImport, import_folder
from horde_model_reference.store.store import Store

COMET = "cedar/Comet-8B-Instruct"
BASELINES, LICENSING, GUIDANCE, ALIASES, FAMILIES, SCHEMAS = (
    str(CATALOG_PATHS[name])
    for name in (
        CatalogName.image_baselines,
        CatalogName.licensing,
        CatalogName.text_guidance,
        CatalogName.text_aliases,
        CatalogName.text_families,
        CatalogName.text_name_schemas,
    )
)


def a_contract(profile_id: str = "chatml", **fields: Any) -> dict[str, Any]:
    return {
        "kind": "prompt_contract",
        "profile_id": profile_id,
        "display_name": profile_id,
        "summary": "s",
        "interaction_modes": ["chat"],
        **fields,
    }


def licences(*definitions: Any, assets: Any = ()) -> dict[str, Any]:
    return {"licenses": list(definitions), "assets": list(assets)}


def guidance(*profiles: dict[str, Any], **assigned: str) -> dict[str, Any]:
    return {
        "profiles": {profile["profile_id"]: profile for profile in profiles},
        "assignments": {
            name: {"model_name": name, "primary_profile_id": profile_id}
            for name, profile_id in assigned.items()
        },
    }


def every_catalog() -> dict[str, Any]:
    test_only = a_definition("LicenseRef-Test")
    return {
        BASELINES: {"baselines": {"umbra": {"name": "umbra", "alternative_names": ["Umbra 1"]}}},
        LICENSING: licences(test_only, assets=[an_asset(license_id="LicenseRef-Test")]),
        GUIDANCE: guidance(a_contract(), **{COMET: "chatml"}),
        ALIASES: {"Comet": {"aliases": ["Kometa", "Cmt"]}},
        FAMILIES: {"Comets": {"family_name": "Comets", "members": ["Comet", "Pebble"]}},
        SCHEMAS: {"Comet": {"separator": "_", "part_order": ["base", "size"]}},
    }


def take(store: Store, folder: Path, *, author: str = "test") -> dict[CatalogName, CatalogImport]:
    files, found = find_reference_files(folder), find_catalog_files(folder)
    _, catalogs = import_folder(store, files, found, author=author, on_baselines=lambda _catalog: None)
    return {each.file.catalog: each for each in catalogs}


def counts(taken: CatalogImport) -> tuple[int, int, int, int, int]:
    found = taken.taken
    return found.read, found.stored, found.changed, found.unchanged, len(found.refusals)


def reasons(taken: CatalogImport) -> dict[str | None, str]:
    return {refusal.key: refusal.reason for refusal in taken.taken.refusals}


def exported(store: Store, folder: Path) -> dict[str, Any]:
    """Return what the files of catalogues say, but for who changed what when."""
    list(export_files(store, folder, FileFormat.v2))
    files = {
        str(file.path.relative_to(folder)): file.path.read_bytes() for file in find_catalog_files(folder)
    }
    return {path: _without_metadata(json.loads(content)) for path, content in files.items()}


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_metadata(each) for key, each in value.items() if key != "metadata"}
    return [_without_metadata(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
def models(store: Store, tmp_path: Path) -> Store:
    """A store with the records of the fixture, and files of them in v2."""
    take(store, FIXTURES / "legacy")
    list(export_files(store, tmp_path / "models", FileFormat.v2))
    return store


def test_every_catalogue_goes_out_and_comes_back_into_another_store(
    models: Store, new_store: NewStore, tmp_path: Path
) -> None:
    take(models, a_folder(tmp_path / "given", every_catalog()))
    first = exported(models, tmp_path / "first")
    other = new_store()

    taken = take(other, tmp_path / "first")

    assert set(first) == set(every_catalog())
    assert all(not each.taken.refusals for each in taken.values())
    assert exported(other, tmp_path / "second") == first
    assert verify_audit(other).fault is None


def test_what_is_imported_is_what_the_file_says(models: Store, tmp_path: Path) -> None:
    take(models, a_folder(tmp_path / "given", every_catalog()))

    found = exported(models, tmp_path / "out")

    assert found[BASELINES]["baselines"]["umbra"]["alternative_names"] == ["Umbra 1"]
    assert "stable_diffusion_xl" in found[BASELINES]["baselines"]
    assert "LicenseRef-Test" in [each["license_id"] for each in found[LICENSING]["licenses"]]
    assert "nodes/upscale" in [each["asset_identifier"] for each in found[LICENSING]["assets"]]
    assert found[GUIDANCE]["assignments"][COMET]["primary_profile_id"] == "chatml"
    assert found[ALIASES] == every_catalog()[ALIASES]
    assert found[FAMILIES] == every_catalog()[FAMILIES]
    assert found[SCHEMAS]["Comet"]["separator"] == "_"


def test_importing_the_same_twice_changes_nothing(models: Store, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "given", every_catalog())
    take(models, folder)
    before = models.serial()

    again = take(models, folder)

    assert models.serial() == before
    assert all(each.taken.stored == each.taken.changed == 0 for each in again.values())
    assert counts(again[CatalogName.licensing]) == (2, 0, 0, 2, 0)


def test_a_file_changes_what_it_names_and_nothing_else(models: Store, tmp_path: Path) -> None:
    take(models, a_folder(tmp_path / "given", every_catalog()))
    other = a_definition("LicenseRef-Test", name="Another name")
    changed = {
        BASELINES: {"baselines": {"umbra": {"name": "umbra", "native_resolution": 512}}},
        LICENSING: licences(other, a_definition("LicenseRef-New")),
        GUIDANCE: guidance(a_contract(summary="t")),
        ALIASES: {"Pebble": {"aliases": ["Pbl"]}},
        FAMILIES: {"Comets": {"members": ["Comet"]}, "Stones": {"members": ["Pebble"]}},
        SCHEMAS: {"Pebble": {}},
    }

    taken = take(models, a_folder(tmp_path / "changed", changed))

    assert {name.value: counts(each) for name, each in taken.items()} == {
        "image_baselines": (1, 0, 1, 0, 0),
        "licensing": (2, 1, 1, 0, 0),
        "text_guidance": (1, 0, 1, 0, 0),
        "text_aliases": (1, 1, 0, 0, 0),
        "text_families": (2, 1, 1, 0, 0),
        "text_name_schemas": (1, 1, 0, 0, 0),
    }
    found = exported(models, tmp_path / "out")
    assert found[GUIDANCE]["assignments"][COMET]["primary_profile_id"] == "chatml"
    assert set(found[ALIASES]) == set(found[SCHEMAS]) == {"Comet", "Pebble"}


def test_the_audit_trail_names_who_imported(models: Store, tmp_path: Path) -> None:
    take(models, a_folder(tmp_path / "given", {ALIASES: {"Comet": {"aliases": ["Kometa"]}}}), author="mover")

    with models.review_view() as view:
        found = view.resources.catalog(CatalogName.text_aliases).all(ResourceType.text_alias)

    assert [each.document["metadata"]["updated_by"] for each in found.values()] == ["mover"]
    assert verify_audit(models).fault is None


def test_a_store_that_nobody_changed_has_no_files_of_catalogues(models: Store, tmp_path: Path) -> None:
    assert exported(models, tmp_path / "out") == {}
    assert catalogs_left_out(models) == []


def test_legacy_files_have_no_catalogues(models: Store, tmp_path: Path) -> None:
    take(models, a_folder(tmp_path / "given", every_catalog()))

    list(export_files(models, tmp_path / "out", FileFormat.legacy))

    assert find_catalog_files(tmp_path / "out") == []
    assert set(catalogs_left_out(models)) == set(CatalogName)


def test_a_bad_entry_is_refused_alone(models: Store, tmp_path: Path) -> None:
    files = every_catalog()
    files[BASELINES]["baselines"]["bad"] = {"name": "bad", "native_resolution": 0}
    files[LICENSING]["licenses"] += [a_definition("mit"), {"name": "no id"}, a_definition("LicenseRef-TEST")]
    files[LICENSING]["assets"] += [an_asset("other", license_id="LicenseRef-Nobody"), "no asset", an_asset()]
    files[GUIDANCE]["profiles"]["Bad Id"] = a_contract("Bad Id")
    files[GUIDANCE]["assignments"]["nobody"] = {"model_name": "nobody", "primary_profile_id": "chatml"}
    files[ALIASES]["bad"] = {"aliases": [" x"]}
    files[FAMILIES]["empty"] = {"members": []}
    files[SCHEMAS]["bad"] = {"separator": "/"}
    files[SCHEMAS]["none"] = []

    taken = take(models, a_folder(tmp_path / "given", files))

    assert {name.value: set(reasons(each)) for name, each in taken.items()} == {
        "image_baselines": {"bad"},
        "licensing": {
            "mit",
            "licenses.2",
            "LicenseRef-TEST",
            "other:other",
            "assets.2",
            "other:nodes/upscale",
        },
        "text_guidance": {"Bad Id", "nobody"},
        "text_aliases": {"bad"},
        "text_families": {"empty"},
        "text_name_schemas": {"bad", "none"},
    }
    assert all(each.taken.stored for each in taken.values())


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        (BASELINES, {"baselines": {"umbra": {"name": "umbra", "alternative_names": ["flux_1"]}}}, "'flux_1'"),
        (BASELINES, {"baselines": []}, "it has no baselines, which must be an object"),
        (BASELINES, "[]", "not a JSON object"),
        (LICENSING, {"licenses": []}, "it has no assets, which must be a list"),
        (LICENSING, "{", "not JSON at line 1"),
        (GUIDANCE, guidance(a_contract(), **{COMET: "nothing"}), "no active prompt contract"),
        (ALIASES, {"A": {"aliases": ["X"]}, "B": {"aliases": ["X"]}}, "'X' is an alias of 'A' already"),
        (FAMILIES, {"A": {"members": ["X"]}, "B": {"members": ["X"]}}, "in the family 'A' already"),
        (SCHEMAS, b"\xff", "not UTF-8"),
    ],
)
def test_a_file_that_breaks_a_rule_as_a_whole_is_refused_and_the_others_are_stored(
    models: Store, tmp_path: Path, path: str, content: Any, reason: str
) -> None:
    files = {**every_catalog(), path: content}

    taken = take(models, a_folder(tmp_path / "given", files))

    refused = {str(CATALOG_PATHS[name]): reasons(each) for name, each in taken.items() if reasons(each)}
    assert set(refused) == {path}
    assert set(refused[path]) == {None}
    assert reason in refused[path][None]
    assert set(exported(models, tmp_path / "out")) == set(files) - {path}


def test_a_licence_that_went_out_of_use_stays_with_the_assets_that_name_it(
    models: Store, tmp_path: Path
) -> None:
    out_of_use = a_definition("LicenseRef-Test", deprecated=True)
    asset = an_asset(license_id="LicenseRef-Test")

    taken = take(models, a_folder(tmp_path / "given", {LICENSING: licences(out_of_use, assets=[asset])}))

    assert counts(taken[CatalogName.licensing]) == (2, 2, 0, 0, 0)


def test_models_of_an_export_of_licences_come_with_the_records_only(models: Store, tmp_path: Path) -> None:
    take(models, a_folder(tmp_path / "given", {LICENSING: licences(a_definition())}))
    kinds = {each["asset_kind"] for each in exported(models, tmp_path / "out")[LICENSING]["assets"]}

    taken = take(models, tmp_path / "out")

    assert "model" in kinds
    assert taken[CatalogName.licensing].taken.refusals == ()


def test_nothing_is_stored_where_an_import_ends_early(models: Store, tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path / "given", {**every_catalog(), "stable_diffusion.json": {"M": an_image_record("M")}}
    )
    before = models.serial()

    def end(file: ReferenceFile | CatalogFile) -> None:
        if isinstance(file, CatalogFile) and file.catalog is CatalogName.text_name_schemas:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_folder(
            models,
            find_reference_files(folder, FileFormat.v2),
            find_catalog_files(folder),
            author="test",
            on_baselines=lambda _catalog: None,
            progress=end,
        )

    assert models.serial() == before
