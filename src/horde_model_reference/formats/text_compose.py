"""Putting names of text models together (spec 03 §7)."""

from collections.abc import Mapping, Sequence
from typing import Final

from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.formats.text_groups import DEFAULT_PART_ORDER, NameFormat

EXTRA_PREFIX: Final = "extra:"
DEFAULT_SEPARATOR: Final = "-"
_ALWAYS_THERE: Final = ("base", "size")
KNOWN_PARTS: Final = (*DEFAULT_PART_ORDER, "extra:LEADING_VERSION", "extra:DATE")
"""What the order of a group's parts may name."""


def compose_text_name(
    parts: Mapping[str, str],
    *,
    author: str | None = None,
    separator: str | None = None,
    part_order: Sequence[str] | None = None,
) -> str:
    """Return the name that consists of the parts, by their names as `KNOWN_PARTS` has them.

    ``part_order`` says which of the parts to take; those without a value are left out. Without it all parts
    of the default order are taken, base and size also where they are empty.
    """
    values = [
        parts.get(part, "")
        for part in part_order or DEFAULT_PART_ORDER
        if parts.get(part) or part in _ALWAYS_THERE
    ]
    name = (separator or DEFAULT_SEPARATOR).join(values)
    return f"{author}/{name}" if author else name


def schema_format(schema: TextModelGroupNameSchema) -> NameFormat:
    """Return the name format that a saved schema describes, its template filled in where it has none."""
    author = "{author}/" if schema.author_included else ""
    parts = schema.separator.join(f"{{{part}}}" for part in schema.part_order)
    return NameFormat(
        separator=schema.separator,
        part_order=tuple(schema.part_order),
        author_included=schema.author_included,
        common_author=schema.common_author,
        template=schema.template if schema.template is not None else author + parts,
        extra_parts=tuple(schema.extra_parts),
    )


def format_schema(name_format: NameFormat) -> TextModelGroupNameSchema:
    """Return an inferred format as a schema, which names no extra parts (spec 03 §6)."""
    return TextModelGroupNameSchema(
        separator=name_format.separator,
        part_order=list(name_format.part_order),
        author_included=name_format.author_included,
        common_author=name_format.common_author,
        template=name_format.template,
    )
