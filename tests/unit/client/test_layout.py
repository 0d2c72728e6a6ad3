from pathlib import Path

import pytest

from horde_model_reference import on_disk_layout
from horde_model_reference.client.layout import is_inside
from horde_model_reference.domain.record_parts import DownloadRecord, GenericModelRecordConfig
from horde_model_reference.domain.records import (
    ClipModelRecord,
    GenericModelRecord,
    ImageGenerationModelRecord,
    TextGenerationModelRecord,
)


def an_image_model(*files: tuple[str, str | None], name: str = "Deliberate") -> ImageGenerationModelRecord:
    downloads = [DownloadRecord(file_name=each, file_url="", file_purpose=purpose) for each, purpose in files]
    return ImageGenerationModelRecord(
        name=name,
        baseline="stable_diffusion_1",
        nsfw=False,
        config=GenericModelRecordConfig(download=downloads),
    )


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_the_weights_root_is_the_nearest_folder_with_all_markers(tmp_path: Path) -> None:
    (tmp_path / "a" / "deep" / "clip").mkdir(parents=True)
    (tmp_path / "a" / "deep" / "compvis").mkdir()
    (tmp_path / "z" / "clip").mkdir(parents=True)
    (tmp_path / "z" / "compvis").mkdir()

    assert on_disk_layout.resolve_weights_root(tmp_path) == tmp_path / "z"


def test_the_start_itself_may_be_the_weights_root(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "compvis").mkdir()

    assert on_disk_layout.resolve_weights_root(str(tmp_path)) == tmp_path


def test_without_markers_the_weights_root_is_the_start(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()

    assert on_disk_layout.resolve_weights_root(tmp_path) == tmp_path


def test_a_start_that_does_not_exist_is_returned_as_it_is(tmp_path: Path) -> None:
    assert on_disk_layout.resolve_weights_root(tmp_path / "none") == tmp_path / "none"


def test_the_search_for_the_weights_root_is_bounded_and_survives_links_in_a_circle(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"abcdefghij")
    (deep / "clip").mkdir(parents=True)
    (deep / "compvis").mkdir()
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)

    assert on_disk_layout.resolve_weights_root(tmp_path) == tmp_path


def test_the_weights_root_may_be_searched_by_other_markers(tmp_path: Path) -> None:
    (tmp_path / "b" / "mine").mkdir(parents=True)

    assert on_disk_layout.resolve_weights_root(tmp_path, marker_subdirs=["mine"]) == tmp_path / "b"


def test_the_search_starts_where_the_environment_says_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIWORKER_CACHE_HOME", str(tmp_path))
    assert on_disk_layout.resolve_weights_root() == tmp_path

    monkeypatch.delenv("AIWORKER_CACHE_HOME")
    monkeypatch.chdir(tmp_path)
    assert on_disk_layout.resolve_weights_root() == Path("models")


@pytest.mark.parametrize(
    ("category", "folder"),
    [
        ("image_generation", "compvis"),
        ("controlnet_annotator", "controlnet"),
        ("text_generation", None),
        ("no such category", None),
    ],
)
def test_a_category_has_a_folder_or_none(category: str, folder: str | None) -> None:
    assert on_disk_layout.category_folder(category) == folder


@pytest.mark.parametrize(
    ("purpose", "path"),
    [
        ("vae", "../vae/file.pth"),
        ("text_encoders", "../text_encoders/file.pth"),
        ("text_encoder", "../text_encoders/file.pth"),
        ("face_restore_helper", "../gfpgan/file.pth"),
        ("unet", "file.pth"),
        (None, "file.pth"),
    ],
)
def test_a_component_lies_beside_the_folder_of_its_category(purpose: str | None, path: str) -> None:
    assert on_disk_layout.component_relative_path("file.pth", purpose) == Path(path)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..\\x", "", ".", "/", "a\0b"])
def test_a_file_name_that_climbs_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a file"):
        on_disk_layout.component_relative_path(name, None)


def test_the_files_of_a_model_lie_in_the_folders_of_their_purposes(tmp_path: Path) -> None:
    model = an_image_model(("m.safetensors", None), ("v.safetensors", "vae"))

    paths = on_disk_layout.file_paths_for(model, tmp_path)

    assert paths == [tmp_path / "compvis" / "m.safetensors", tmp_path / "vae" / "v.safetensors"]


def test_a_copy_below_another_root_is_found(tmp_path: Path) -> None:
    model = an_image_model(("m.safetensors", None), ("n.safetensors", None))
    other = touch(tmp_path / "other" / "compvis" / "m.safetensors")

    paths = on_disk_layout.file_paths_for(model, tmp_path / "root", extra_roots=[tmp_path / "other"])

    assert paths == [other, tmp_path / "root" / "compvis" / "n.safetensors"]


def test_a_copy_below_the_first_root_is_preferred(tmp_path: Path) -> None:
    model = an_image_model(("m.safetensors", None))
    touch(tmp_path / "other" / "compvis" / "m.safetensors")
    first = touch(tmp_path / "root" / "compvis" / "m.safetensors")

    assert on_disk_layout.file_paths_for(model, tmp_path / "root", extra_roots=[tmp_path / "other"]) == [
        first
    ]


def test_a_model_of_a_category_without_folder_has_no_paths(tmp_path: Path) -> None:
    files = GenericModelRecordConfig(download=[DownloadRecord(file_name="m.gguf", file_url="")])
    text = TextGenerationModelRecord(name="t", parameters_count=7, config=files)
    stranger = GenericModelRecord(
        record_type="stranger",
        name="s",
        model_classification=ClipModelRecord(name="c").model_classification,
        config=files,
    )

    assert on_disk_layout.file_paths_for(text, tmp_path) == []
    assert on_disk_layout.file_paths_for(stranger, tmp_path) == []


def test_a_model_with_a_climbing_file_name_has_no_paths_and_is_missing(tmp_path: Path) -> None:
    touch(tmp_path / "outside")
    model = an_image_model(("../../outside", None))

    assert on_disk_layout.file_paths_for(model, tmp_path / "root") == []
    assert not on_disk_layout.is_present(model, tmp_path / "root")


def test_a_file_of_the_programs_own_may_lie_anywhere(tmp_path: Path) -> None:
    own = touch(tmp_path / "elsewhere" / "mine.safetensors")

    assert on_disk_layout.is_present(an_image_model((str(own), None)), tmp_path / "root")


def test_a_model_is_present_when_all_its_files_are(tmp_path: Path) -> None:
    model = an_image_model(("m.safetensors", None), ("v.safetensors", "vae"))
    touch(tmp_path / "compvis" / "m.safetensors")
    assert not on_disk_layout.is_present(model, tmp_path)

    touch(tmp_path / "vae" / "x").with_name("v.safetensors").symlink_to(touch(tmp_path / "store" / "v"))
    assert on_disk_layout.is_present(model, tmp_path)


def test_a_model_without_files_is_never_present(tmp_path: Path) -> None:
    assert not on_disk_layout.is_present(an_image_model(), tmp_path)


def test_a_link_to_nowhere_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "compvis").mkdir()
    (tmp_path / "compvis" / "m.safetensors").symlink_to(tmp_path / "gone")

    assert not on_disk_layout.is_present(an_image_model(("m.safetensors", None)), tmp_path)


def test_a_name_too_long_for_any_disk_is_missing(tmp_path: Path) -> None:
    assert not on_disk_layout.is_present(an_image_model(("m" * 5000, None)), tmp_path)


def test_the_presence_of_several_models_is_summed_up_in_order(tmp_path: Path) -> None:
    touch(tmp_path / "compvis" / "a")
    reference = {"A": an_image_model(("a", None), name="A"), "B": an_image_model(("b", None), name="B")}

    summary = on_disk_layout.presence_summary(reference, ["C", "B", "A"], tmp_path)

    assert summary == on_disk_layout.PresenceSummary(present=("A",), missing=("B",), unknown=("C",))
    assert (summary.num_present, summary.num_requested) == (1, 3)


def test_the_free_bytes_of_a_missing_folder_are_those_of_the_current_one(tmp_path: Path) -> None:
    free = on_disk_layout.free_bytes_for(tmp_path)

    assert free is not None
    assert free > 0
    assert on_disk_layout.free_bytes_for(tmp_path / "missing") is not None


def test_paths_below_the_root_are_kept_apart_from_those_that_are_not(tmp_path: Path) -> None:
    assert is_inside(tmp_path / "a", tmp_path)
    assert is_inside(Path("models/..hidden"), "models")
    assert not is_inside(tmp_path, tmp_path)
    assert not is_inside(tmp_path / ".." / "b", tmp_path)
    assert not is_inside(Path("/etc/passwd"), tmp_path)
