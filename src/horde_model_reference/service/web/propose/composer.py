"""Names of text models, put together from their parts and taken apart again."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from horde_model_reference.domain.text_directory import TextDirectory
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.formats.text_compose import EXTRA_PREFIX, compose_text_name, schema_format
from horde_model_reference.formats.text_groups import infer_name_format
from horde_model_reference.formats.text_name_parser import ExtraKind, NameExtra, parse_text_name
from horde_model_reference.formats.text_names import split_author
from horde_model_reference.service.web.propose.field_values import normal_line
from horde_model_reference.service.web.propose.submitted import Submitted

_PREFIX: Final = "_part."
_AUTHOR: Final = "author"
LIKE: Final = f"{_PREFIX}like"
"""Name of the input for the name that the parts were taken from, unseen."""
_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "author": ("Author", "As on Hugging Face"),
    "extra:LEADING_VERSION": ("Version in front", "Such as 4.2.0"),
    "base": ("Base name", "Such as Llama-3"),
    "size": ("Size", "Such as 8B or 8x7B"),
    "extra:DESCRIPTOR": ("Further words", "Such as A3B or 128k"),
    "variant": ("Variant", "Such as Instruct"),
    "version": ("Version", "Such as v0.1"),
    "extra:DATE": ("Date", "Such as 2507"),
    "quant": ("Quantisation", "Such as Q4_K_M"),
}
"""The parts, in the order of a name whose group has no schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One part of a name."""

    name: str
    label: str
    help: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerView:
    """The parts of a name, and what they make."""

    parts: tuple[PartView, ...]
    composed: str
    schema_note: str
    """How the group builds its names; empty where nobody has said."""
    is_taken: bool
    """Whether a model has that name."""
    like: str
    """The name that the parts were taken from; empty for none."""
    is_open: bool


def parts_of(name: str) -> dict[str, str]:
    """Return the parts of a name as inputs, those that it has, as they are written there."""
    author, model = split_author(name)
    parsed = parse_text_name(model)
    found = {
        _AUTHOR: author,
        "base": parsed.base_name,
        "size": _as_written(parsed.size, model),
        "variant": parsed.variant,
        "version": parsed.version,
        "quant": _as_written(parsed.quant, model),
        **_extras(parsed.extras),
        "like": name,
    }
    return {f"{_PREFIX}{part}": text for part, text in found.items() if text}


def composed_name(submitted: Submitted, directory: TextDirectory) -> str:
    """Return the name that the parts in a form make (spec 03 §7); empty without a base name.

    The saved schema of the group says how, else the name that the parts were taken from. What is filled in
    and has no place there comes last.
    """
    parts = {part: normal_line(submitted.text(f"{_PREFIX}{part}")) for part in _LABELS}
    author = parts.pop(_AUTHOR)
    if not parts["base"]:
        return ""
    schema = directory.schema_for(parts["base"])
    like = split_author(submitted.text(LIKE))[1]
    if schema is not None:
        separator, order = schema.separator, schema.part_order
    elif like:
        own = infer_name_format([like])
        separator, order = own.separator, _with_descriptor(own.part_order)
    else:
        separator, order = None, []
    present = [part for part in dict.fromkeys([*order, *parts]) if parts.get(part)]
    return compose_text_name(
        parts, author=author or _usual_author(schema), separator=separator, part_order=present
    )


def schema_note(submitted: Submitted, directory: TextDirectory) -> str:
    """Return how the group of a name builds its names; empty where nobody has said."""
    base = normal_line(submitted.text(f"{_PREFIX}base"))
    schema = directory.schema_for(base) if base else None
    return "" if schema is None else f"The group {base} builds its names as {schema_format(schema).template}."


def view_composer(submitted: Submitted, directory: TextDirectory, names: Container[str]) -> ComposerView:
    """Return the parts in a form, ready to be drawn; ``names`` are those of all text models."""
    composed = composed_name(submitted, directory)
    parts = tuple(
        PartView(
            name=f"{_PREFIX}{part}", label=label, help=help_text, text=submitted.text(f"{_PREFIX}{part}")
        )
        for part, (label, help_text) in _LABELS.items()
    )
    return ComposerView(
        parts=parts,
        composed=composed,
        is_taken=composed in names,
        schema_note=schema_note(submitted, directory),
        like=submitted.text(LIKE),
        is_open=any(part.text for part in parts),
    )


def _as_written(part: str | None, model: str) -> str | None:
    start = -1 if part is None else model.casefold().find(part.casefold())
    return part if part is None or start < 0 else model[start : start + len(part)]


def _with_descriptor(order: Sequence[str]) -> list[str]:
    # Further words mostly belong to the size.
    place = order.index("size") + 1 if "size" in order else len(order)
    return [*order[:place], f"{EXTRA_PREFIX}DESCRIPTOR", *order[place:]]


def _extras(extras: tuple[NameExtra, ...]) -> dict[str, str]:
    kinds: tuple[ExtraKind, ...] = ("LEADING_VERSION", "DESCRIPTOR", "DATE")
    return {
        f"{EXTRA_PREFIX}{kind}": "-".join(extra.value for extra in extras if extra.kind == kind)
        for kind in kinds
    }


def _usual_author(schema: TextModelGroupNameSchema | None) -> str | None:
    return schema.common_author if schema is not None and schema.author_included else None
