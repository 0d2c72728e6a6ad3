"""`import` and `export`, run in this process."""

import logging
from pathlib import Path
from typing import Any

import pytest
from factories import FIXTURES, a_folder, an_image_record, files_below
from hmr import here, is_one_line

from horde_model_reference.bootstrap import open_store
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.baseline_catalog import ImageBaselineRecord
from horde_model_reference.domain.registries import shared_registries
from horde_model_reference.domain.resources import ResourceType
from horde_model_reference.review.ports import ResourceWrite
from horde_model_reference.review.resources import ResourceEdit, edit_resources
from horde_model_reference.settings import load_settings

_LEGACY = FIXTURES / "legacy"
_BAD = FIXTURES / "legacy-with-bad-records"


def _store_baseline(data_dir: Path, **fields: Any) -> None:
    baseline = ImageBaselineRecord.model_validate(fields)
    write = ResourceWrite(
        resource_type=ResourceType.image_baseline,
        key=baseline.name,
        document=baseline.model_dump(mode="json"),
    )
    editor = Actor(user_id="1", username="Editor#1", roles=frozenset({Role.approver}))
    store = open_store(load_settings(replicate_mode="PRIMARY", data_dir=data_dir))
    edit = ResourceEdit(by=editor, now=1)
    edit_resources(store.unit_of_work(), lambda _uow: [write], edit, role=Role.approver)
    store.close()


def _json(*arguments: str | Path) -> Any:
    return here(*arguments, "--json").json


def test_an_import_prints_what_became_of_each_category(tmp_path: Path) -> None:
    imported = _json("import", _LEGACY, "--data-dir", tmp_path)

    images = next(entry for entry in imported if entry["category"] == "image_generation")
    assert images["file"].endswith("image/stable_diffusion.json")
    assert {key: images[key] for key in ("read", "stored", "changed", "unchanged", "refused")} == {
        "read": 4,
        "stored": 4,
        "changed": 0,
        "unchanged": 0,
        "refused": [],
    }


def test_an_import_prints_a_table_for_people(tmp_path: Path) -> None:
    imported = here("import", _LEGACY, "--data-dir", tmp_path)

    assert imported.status == 0
    assert all(
        word in imported.out for word in ("category", "read", "stored", "changed", "unchanged", "refused")
    )


def test_each_refused_record_is_named_with_its_reason(tmp_path: Path) -> None:
    imported = here("import", _BAD, "--data-dir", tmp_path)

    assert imported.status == 0
    lines = [line for line in imported.err.splitlines() if line.startswith("refused ")]
    assert len(lines) == 9
    assert any("'No Baseline': baseline" in line for line in lines)


def test_strict_ends_with_4_and_stores_the_good_records(tmp_path: Path) -> None:
    imported = here("import", _BAD, "--strict", "--data-dir", tmp_path)

    assert imported.status == 4
    assert imported.error
    assert _json("list", "--data-dir", tmp_path)["image_generation"]["records"] == 1


def test_strict_ends_with_0_where_nothing_was_refused(tmp_path: Path) -> None:
    assert here("import", _LEGACY, "--strict", "--data-dir", tmp_path).status == 0


def test_notes_are_counted_and_listed_on_request(tmp_path: Path) -> None:
    short = here("import", _LEGACY, "--data-dir", tmp_path / "1")
    long = here("import", _LEGACY, "--notes", "--data-dir", tmp_path / "2")

    assert "notes about stored records" in short.err
    assert len(long.err.splitlines()) > len(short.err.splitlines())


def test_an_import_knows_the_baselines_of_the_catalogue(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _store_baseline(tmp_path / "data", name="penumbra", alternative_names=["penumbra xl"])
    records = {name: an_image_record(name, baseline=name) for name in ("penumbra", "penumbra xl", "umbra")}
    folder = a_folder(tmp_path / "in", {"image/stable_diffusion.json": records})
    caplog.set_level(logging.DEBUG)

    imported = here("import", folder, "--notes", "--data-dir", tmp_path / "data")

    assert imported.status == 0
    told = [line for line in (*imported.err.splitlines(), *caplog.messages) if "known" in line]
    assert any("'umbra'" in line for line in told)
    assert not any("penumbra" in line for line in told)


def test_a_folder_without_reference_files_is_an_error(tmp_path: Path) -> None:
    empty = here("import", a_folder(tmp_path / "in", {"other.json": {}}), "--data-dir", tmp_path / "data")

    assert empty.status == 1
    assert is_one_line(empty.err)


def test_a_file_that_makes_no_sense_ends_with_4_and_the_others_are_stored(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path / "in", {"image/esrgan.json": "oops", "image/gfpgan.json": {"A": {"name": "A"}}}
    )

    done = here("import", folder, "--data-dir", tmp_path / "data")

    assert done.status == 4
    assert "esrgan.json: not JSON at line 1, column 1" in done.err
    assert _json("list", "--data-dir", tmp_path / "data")["gfpgan"]["records"] == 1


def test_the_format_can_be_told(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "in", {"esrgan.json": {"A": {"name": "A", "type": "realesrgan"}}})

    done = here("import", folder, "--format", "legacy", "--data-dir", tmp_path / "data")

    assert done.status == 0
    exported = here("export", tmp_path / "out", "--format", "legacy", "--data-dir", tmp_path / "data")
    assert exported.status == 0
    assert b"realesrgan" in files_below(tmp_path / "out")["image/esrgan.json"]


@pytest.mark.parametrize("file_format", ["v2", "legacy"])
def test_an_export_imported_elsewhere_is_exported_with_the_same_bytes(
    tmp_path: Path, file_format: str
) -> None:
    here("import", _LEGACY, "--data-dir", tmp_path / "1")
    here("export", tmp_path / "first", "--format", file_format, "--data-dir", tmp_path / "1")
    here("import", tmp_path / "first", "--data-dir", tmp_path / "2")

    again = here("export", tmp_path / "second", "--format", file_format, "--data-dir", tmp_path / "2")

    assert again.status == 0
    assert files_below(tmp_path / "second") == files_below(tmp_path / "first")


def test_an_export_prints_what_it_wrote(tmp_path: Path) -> None:
    here("import", _LEGACY, "--data-dir", tmp_path / "data")

    plain = here("export", tmp_path / "[b]", "--format", "v2", "--data-dir", tmp_path / "data")
    listed = _json("export", tmp_path / "[b]", "--format", "v2", "--data-dir", tmp_path / "data")

    images = next(entry for entry in listed if entry["category"] == "image_generation")
    assert images == {
        "category": "image_generation",
        "file": str(tmp_path / "[b]" / "stable_diffusion.json"),
        "records": 4,
    }
    assert f"     4 {images['file']}" in plain.out.splitlines()


def test_catalogues_go_out_and_in_beside_the_records(tmp_path: Path) -> None:
    _store_baseline(tmp_path / "old", name="export_umbra")
    a_folder(
        tmp_path / "given",
        {"stable_diffusion.json": {"Umbra": an_image_record("Umbra", baseline="export_umbra")}},
    )
    here("import", tmp_path / "given", "--data-dir", tmp_path / "old")

    written = _json("export", tmp_path / "out", "--format", "v2", "--data-dir", tmp_path / "old")
    shared_registries().baselines.follow({})
    imported = _json("import", tmp_path / "out", "--data-dir", tmp_path / "new")

    assert {"catalog": "image_baselines", "resources": 14} in [
        {key: value for key, value in entry.items() if key != "file"} for entry in written
    ]
    told = {entry.get("category") or entry["catalog"]: entry for entry in imported}
    assert told["image_generation"]["stored"] == 1
    assert told["image_baselines"]["file"].endswith("baselines/export.json")
    assert {key: told["image_baselines"][key] for key in ("read", "stored", "unchanged", "refused")} == {
        "read": 14,
        "stored": 1,
        "unchanged": 13,
        "refused": [],
    }


def test_a_folder_may_hold_catalogues_only(tmp_path: Path) -> None:
    a_folder(tmp_path / "given", {"baselines/export.json": {"baselines": {"dusk": {"name": "dusk"}}}})

    imported = here("import", tmp_path / "given", "--data-dir", tmp_path / "data")

    assert (imported.status, imported.err) == (0, "")
    assert "image_baselines" in imported.out


def test_a_catalogue_that_is_refused_is_told_and_ends_with_4(tmp_path: Path) -> None:
    a_folder(tmp_path / "given", {"baselines/export.json": "[]", "text_generation_group_aliases.json": {}})

    refused = here("import", tmp_path / "given", "--format", "v2", "--data-dir", tmp_path / "data")

    assert refused.status == 4
    assert f"refused {tmp_path / 'given' / 'baselines' / 'export.json'}: the text is a list" in refused.err


def test_catalogues_are_not_looked_for_beside_legacy_files(tmp_path: Path) -> None:
    a_folder(tmp_path / "given", {"image/clip.json": "{}", "baselines/export.json": "[]"})

    imported = here("import", tmp_path / "given", "--data-dir", tmp_path / "data")

    assert (imported.status, imported.err) == (0, "")


def test_a_legacy_export_tells_of_side_resources_that_it_leaves_out(tmp_path: Path) -> None:
    here("import", _LEGACY, "--data-dir", tmp_path / "data")
    plain = here("export", tmp_path / "out", "--format", "legacy", "--data-dir", tmp_path / "data")
    _store_baseline(tmp_path / "data", name="export_umbra")

    told = here("export", tmp_path / "out", "--format", "legacy", "--data-dir", tmp_path / "data")

    assert (plain.status, plain.err) == (0, "")
    assert told.status == 0
    assert "not in legacy files, but in v2 ones: image_baselines" in told.err


def test_a_folder_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    here("import", _LEGACY, "--data-dir", tmp_path / "data")

    failed = here("export", tmp_path / "file" / "out", "--format", "v2", "--data-dir", tmp_path / "data")

    assert failed.status == 1
    assert is_one_line(failed.err)
    assert failed.error == f"{tmp_path / 'file' / 'out'}: Not a directory"


def test_a_folder_in_the_place_of_a_file_is_one_line(tmp_path: Path) -> None:
    here("import", _LEGACY, "--data-dir", tmp_path / "data")
    (tmp_path / "out" / "clip.json" / "inside").mkdir(parents=True)

    failed = here("export", tmp_path / "out", "--format", "v2", "--data-dir", tmp_path / "data")

    assert failed.status == 1
    assert "clip.json" in failed.error
    assert [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []
