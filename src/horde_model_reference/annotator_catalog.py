"""The files of the programs that prepare pictures for controlnets (spec 30 §12)."""

from horde_model_reference.client.annotators import (
    ANNOTATOR_FILES,
    ANNOTATOR_HF_REPO,
    AnnotatorFile,
    annotators_for_control_types,
)

__all__ = ["ANNOTATOR_FILES", "ANNOTATOR_HF_REPO", "AnnotatorFile", "annotators_for_control_types"]
