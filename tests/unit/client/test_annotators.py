import json
from pathlib import Path

from shared_data import shared_path

from horde_model_reference import on_disk_layout
from horde_model_reference.annotator_catalog import (
    ANNOTATOR_FILES,
    ANNOTATOR_HF_REPO,
    AnnotatorFile,
    annotators_for_control_types,
)
from horde_model_reference.annotator_records import annotator_records


def put(root: Path, annotator: AnnotatorFile) -> None:
    path = on_disk_layout.annotator_root(root) / annotator.relative_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_the_catalog_is_the_recorded_one() -> None:
    recorded = json.loads(shared_path("golden", "annotator-files.json").read_bytes())

    ours = [
        {
            "repo": each.repo,
            "filename": each.filename,
            "subfolder": each.subfolder,
            "sha256": each.sha256,
            "control_types": list(each.control_types),
            "preprocessors": list(each.preprocessors),
            "relative_path": each.relative_path,
            "origin_url": each.origin_url,
        }
        for each in ANNOTATOR_FILES
    ]

    assert ours == recorded


def test_the_files_of_controls_come_in_catalog_order_and_once() -> None:
    files = annotators_for_control_types(["openpose", "fakescribbles", "hed", "canny", "no such control"])

    assert [each.filename for each in files] == [
        "ControlNetHED.pth",
        "body_pose_model.pth",
        "hand_pose_model.pth",
        "facenet.pth",
    ]


def test_controls_without_weights_need_no_files(tmp_path: Path) -> None:
    assert annotators_for_control_types(["canny"]) == []
    assert on_disk_layout.annotators_present_for_control_types(["canny"], tmp_path)
    assert on_disk_layout.annotators_present([], tmp_path)


def test_annotators_are_present_when_all_their_files_are(tmp_path: Path) -> None:
    pair = annotators_for_control_types(["depth"])
    put(tmp_path / "root", pair[0])
    assert not on_disk_layout.annotators_present(pair, tmp_path / "root")

    put(tmp_path / "other", pair[1])
    assert on_disk_layout.annotators_present_for_control_types(
        ["depth"], tmp_path / "root", extra_roots=[tmp_path / "other"]
    )


def test_an_annotator_lies_below_the_controlnets(tmp_path: Path) -> None:
    annotator = AnnotatorFile("someone/repo", "a.pth", "folder")

    path = on_disk_layout.annotator_file_path(annotator, tmp_path)

    assert path == tmp_path / "controlnet" / "annotators" / "someone" / "repo" / "folder" / "a.pth"


def test_annotator_records_group_the_files_by_main_control() -> None:
    records = annotator_records()

    openpose = records["annotator_openpose"]
    assert [each.file_name for each in openpose.config.download] == [
        f"annotators/{ANNOTATOR_HF_REPO}/{name}"
        for name in ("body_pose_model.pth", "hand_pose_model.pth", "facenet.pth")
    ]
    assert openpose.preprocessors == ["OpenposePreprocessor"]
    assert records["annotator_hed"].control_types == ["hed", "fakescribbles"]
    assert sum(len(record.config.download) for record in records.values()) == len(ANNOTATOR_FILES)


def test_an_annotator_without_controls_or_sum_has_a_record_nevertheless() -> None:
    records = annotator_records([AnnotatorFile("someone/repo", "a.pth")])

    assert list(records) == ["annotator_misc"]
    assert records["annotator_misc"].config.download[0].sha256sum == "FIXME"


def test_the_paths_of_annotator_records_are_those_of_the_catalog(tmp_path: Path) -> None:
    paths = {
        path
        for record in annotator_records().values()
        for path in on_disk_layout.file_paths_for(record, tmp_path)
    }

    assert paths == {on_disk_layout.annotator_file_path(each, tmp_path) for each in ANNOTATOR_FILES}
