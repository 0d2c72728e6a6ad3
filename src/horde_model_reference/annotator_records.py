"""The catalog of annotators as records of their category (spec 30 §12)."""

from horde_model_reference.client.annotator_records import annotator_records

__all__ = ["annotator_records"]
