"""The catalog of annotators as records of their category (spec 30 §12)."""

from collections.abc import Iterable

from horde_model_reference.client.annotators import ANNOTATOR_FILES, ANNOTATORS_FOLDER, AnnotatorFile
from horde_model_reference.domain.checksums import UNKNOWN_SHA256
from horde_model_reference.domain.record_parts import DownloadRecord, GenericModelRecordConfig
from horde_model_reference.domain.records import ControlNetAnnotatorModelRecord


def annotator_records(
    catalog: Iterable[AnnotatorFile] = ANNOTATOR_FILES,
) -> dict[str, ControlNetAnnotatorModelRecord]:
    """Return one record for each main control, by name, in catalog order.

    The main control of a file is its first; a file without controls belongs to ``annotator_misc``.
    """
    groups: dict[str, list[AnnotatorFile]] = {}
    for annotator in catalog:
        main_control = next(iter(annotator.control_types), "misc")
        groups.setdefault(f"annotator_{main_control}", []).append(annotator)
    return {name: _record_of(name, files) for name, files in groups.items()}


def _record_of(name: str, files: list[AnnotatorFile]) -> ControlNetAnnotatorModelRecord:
    return ControlNetAnnotatorModelRecord(
        name=name,
        config=GenericModelRecordConfig(download=[_download_of(each) for each in files]),
        control_types=list(dict.fromkeys(control for each in files for control in each.control_types)),
        preprocessors=list(dict.fromkeys(program for each in files for program in each.preprocessors)),
    )


def _download_of(annotator: AnnotatorFile) -> DownloadRecord:
    return DownloadRecord(
        file_name=f"{ANNOTATORS_FOLDER}/{annotator.relative_path}",
        file_url=annotator.origin_url,
        sha256sum=annotator.sha256 or UNKNOWN_SHA256,
    )
