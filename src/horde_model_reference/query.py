"""The query builder's public names (spec 30 §1)."""

from horde_model_reference.catalog.category_queries import (
    ControlNetQuery,
    ImageGenerationQuery,
    TextModelQuery,
    build_controlnet_query,
    build_cross_category_query,
    build_image_query,
    build_query,
    build_text_query,
)
from horde_model_reference.catalog.predicates import Predicate
from horde_model_reference.catalog.query import ModelQuery
from horde_model_reference.catalog.query_fields import FieldRef, OrderSpec

__all__ = [
    "ControlNetQuery",
    "FieldRef",
    "ImageGenerationQuery",
    "ModelQuery",
    "OrderSpec",
    "Predicate",
    "TextModelQuery",
    "build_controlnet_query",
    "build_cross_category_query",
    "build_image_query",
    "build_query",
    "build_text_query",
]
