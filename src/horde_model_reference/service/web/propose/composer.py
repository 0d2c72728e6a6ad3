"""Names of text models, put together from their parts and taken apart again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from horde_model_reference.formats.text_compose import compose_text_name
from horde_model_reference.formats.text_name_parser import parse_text_name
from horde_model_reference.formats.text_names import split_author
from horde_model_reference.service.web.propose.field_values import normal_line
from horde_model_reference.service.web.propose.submitted import Submitted

_PREFIX: Final = "_part."
_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "author": ("Author", "As on Hugging Face"),
    "base": ("Base name", "Such as Llama-3"),
    "size": ("Size", "Such as 8B or 8x7B"),
    "variant": ("Variant", "Such as Instruct"),
    "version": ("Version", "Such as v0.1"),
    "quant": ("Quantisation", "Such as Q4_K_M"),
}


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
    is_open: bool


def parts_of(name: str) -> dict[str, str]:
    """Return the parts of a name as inputs, those that it has."""
    author, model = split_author(name)
    parsed = parse_text_name(model)
    found = {
        "author": author,
        "base": parsed.base_name,
        "size": parsed.size,
        "variant": parsed.variant,
        "version": parsed.version,
        "quant": parsed.quant,
    }
    return {f"{_PREFIX}{part}": text for part, text in found.items() if text}


def composed_name(submitted: Submitted) -> str:
    """Return the name that the parts in a form make (spec 03 §7); empty without a base name."""
    parts = {part: normal_line(submitted.text(f"{_PREFIX}{part}")) for part in _LABELS}
    author = parts.pop("author")
    if not parts["base"]:
        return ""
    present = [part for part, text in parts.items() if text]
    return compose_text_name(parts, author=author, part_order=present)


def view_composer(submitted: Submitted) -> ComposerView:
    """Return the parts in a form, ready to be drawn."""
    parts = tuple(
        PartView(
            name=f"{_PREFIX}{part}", label=label, help=help_text, text=submitted.text(f"{_PREFIX}{part}")
        )
        for part, (label, help_text) in _LABELS.items()
    )
    return ComposerView(
        parts=parts, composed=composed_name(submitted), is_open=any(part.text for part in parts)
    )
