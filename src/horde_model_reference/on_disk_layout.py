"""Where the files of models lie below the weights root, and which of them are there (spec 30 §9)."""

from horde_model_reference.client.annotators import (
    annotator_file_path,
    annotator_root,
    annotators_present,
    annotators_present_for_control_types,
)
from horde_model_reference.client.layout import (
    COMPONENT_PURPOSE_FOLDERS,
    PresenceSummary,
    category_folder,
    component_relative_path,
    file_paths_for,
    free_bytes_for,
    is_present,
    presence_summary,
    resolve_weights_root,
)

__all__ = [
    "COMPONENT_PURPOSE_FOLDERS",
    "PresenceSummary",
    "annotator_file_path",
    "annotator_root",
    "annotators_present",
    "annotators_present_for_control_types",
    "category_folder",
    "component_relative_path",
    "file_paths_for",
    "free_bytes_for",
    "is_present",
    "presence_summary",
    "resolve_weights_root",
]
