"""Queries with the words of one category, and how queries are made from records by name (spec 30 §5)."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Self, TypeVar

from horde_model_reference.catalog.predicates import DerivedIs, FieldEquals, FieldPredicate
from horde_model_reference.catalog.query import ModelQuery
from horde_model_reference.catalog.record_table import RecordTable
from horde_model_reference.domain.records import (
    ControlNetModelRecord,
    GenericModelRecord,
    ImageGenerationModelRecord,
    TextGenerationModelRecord,
)
from horde_model_reference.formats.text_names import (
    BACKEND_PREFIXES,
    has_backend_prefix,
    is_quantized,
    suggested_group,
)

Record = TypeVar("Record", bound=GenericModelRecord)


class ImageGenerationQuery(ModelQuery[ImageGenerationModelRecord]):
    """A query over image generation models."""

    def for_baseline(self, baseline: str) -> Self:
        """Keep the models of a baseline."""
        return self.filter(FieldEquals("baseline", baseline))

    def only_nsfw(self) -> Self:
        """Keep the models that are not safe for work."""
        return self.filter(FieldEquals("nsfw", True))

    def exclude_nsfw(self) -> Self:
        """Keep the models that are safe for work."""
        return self.filter(FieldEquals("nsfw", False))

    def only_inpainting(self) -> Self:
        """Keep the models made for inpainting."""
        return self.filter(FieldPredicate("inpainting", lambda found: found is True))

    def exclude_inpainting(self) -> Self:
        """Keep the models not made for inpainting, or that don't say."""
        return self.filter(FieldPredicate("inpainting", lambda found: found is not True))


class TextModelQuery(ModelQuery[TextGenerationModelRecord]):
    """A query over text generation models."""

    def for_backend(self, backend: str) -> Self:
        """Keep the duplicates for one backend; raise ValueError where it is unknown."""
        prefix = backend_prefix(backend)
        return self.filter(FieldPredicate("name", lambda name: str(name).startswith(prefix)))

    def exclude_backend_variations(self) -> Self:
        """Keep the models that are not a duplicate for some backend."""
        return self.filter(FieldPredicate("name", lambda name: not has_backend_prefix(name)))

    def only_quantized(self) -> Self:
        """Keep the models whose name says that they are quantised."""
        return self.filter(DerivedIs("name", is_quantized, bool))

    def exclude_quantized(self) -> Self:
        """Keep the models whose name does not say that they are quantised."""
        return self.filter(DerivedIs("name", is_quantized, _is_false))

    def group_by_base_model(self) -> dict[str, list[TextGenerationModelRecord]]:
        """Return the models by their name without backend, author, size, version and the like (spec 03)."""
        table, rows = self.rows()
        groups: dict[str, list[int]] = {}
        base_names = table.derived("name", suggested_group)
        for row in rows:
            groups.setdefault(base_names[row], []).append(row)
        return {base_name: self._records(members) for base_name, members in groups.items()}


class ControlNetQuery(ModelQuery[ControlNetModelRecord]):
    """A query over controlnets."""

    def for_style(self, style: str) -> Self:
        """Keep the controlnets of a style."""
        return self.filter(FieldEquals("controlnet_style", style))

    def group_by_style(self) -> dict[str, list[ControlNetModelRecord]]:
        """Return the controlnets by style, without those that have none."""
        groups = self.group_by("controlnet_style")
        return {style: members for style, members in groups.items() if style is not None}


def build_query(
    records: Mapping[str, Record] | RecordTable,
    record_type: type[Record],
    *,
    sources: Sequence[str] | None = None,
) -> ModelQuery[Record]:
    """Return a query over records by name; ``sources`` says for each where it comes from."""
    return ModelQuery(_records(records), record_type, sources=sources)


def build_image_query(
    records: Mapping[str, ImageGenerationModelRecord] | RecordTable, *, sources: Sequence[str] | None = None
) -> ImageGenerationQuery:
    """Return a query over image generation records by name."""
    return ImageGenerationQuery(_records(records), ImageGenerationModelRecord, sources=sources)


def build_text_query(
    records: Mapping[str, TextGenerationModelRecord] | RecordTable, *, sources: Sequence[str] | None = None
) -> TextModelQuery:
    """Return a query over text generation records by name."""
    return TextModelQuery(_records(records), TextGenerationModelRecord, sources=sources)


def build_controlnet_query(
    records: Mapping[str, ControlNetModelRecord] | RecordTable, *, sources: Sequence[str] | None = None
) -> ControlNetQuery:
    """Return a query over controlnet records by name."""
    return ControlNetQuery(_records(records), ControlNetModelRecord, sources=sources)


def build_cross_category_query(
    all_references: Mapping[str, Mapping[str, GenericModelRecord] | None],
) -> ModelQuery[GenericModelRecord]:
    """Return a query over the records of several categories; only the fields of every record can be asked."""
    records = [record for by_name in all_references.values() for record in (by_name or {}).values()]
    return ModelQuery(records, GenericModelRecord)


def backend_prefix(backend: str) -> str:
    """Return what the names of a text backend's duplicates begin with; raise ValueError for another."""
    prefix = f"{backend.value if isinstance(backend, Enum) else backend}/"
    if prefix not in BACKEND_PREFIXES:
        known = ", ".join(known.rstrip("/") for known in BACKEND_PREFIXES)
        raise ValueError(f"{backend!r} is no text backend with names of its own; there are {known}")
    return prefix


def _is_false(found: bool) -> bool:
    return not found


def _records(records: Mapping[str, Record] | RecordTable) -> list[Record] | RecordTable:
    return records if isinstance(records, RecordTable) else list(records.values())
