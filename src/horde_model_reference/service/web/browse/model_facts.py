"""What a record says in a few words each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.formats.text_names import suggested_group
from horde_model_reference.service.web.browse.document_texts import shown
from horde_model_reference.service.web.labels import baseline_label, spaced
from horde_model_reference.service.web.text_filters import path_segment, short_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that a record says."""

    label: str
    value: str
    path: str | None = None
    """Where models are that have it in common."""


def model_facts(category: Category, record: GenericModelRecord, values: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield what is known of a model; ``values`` are its fields by name, None where it has not the field."""
    baseline, group, parameters = (
        values[field] for field in ("baseline", "text_model_group", "parameters_count")
    )
    shared = f"/models/{category}?baseline={quote(baseline, safe='')}" if baseline else None
    group_path = f"/text/groups/{path_segment(suggested_group(record.name))}" if group else None
    named = (
        ("Version", record.version, None),
        ("Baseline", baseline_label(baseline) if baseline else None, shared),
        ("Style", spaced(values["style"] or values["controlnet_style"] or ""), None),
        ("Weights", f"{short_number(parameters)} ({parameters:,})" if parameters else None, None),
        ("Group", group, group_path),
        ("Instruct format", values["instruct_format"], None),
        ("Prompting guidance", _guidance(values["guidance"]), None),
        ("Optimisation", values["optimization"], None),
        ("Control types", values["control_types"], None),
        ("Preprocessors", values["preprocessors"], None),
        ("Pretrained name", values["pretrained_name"], None),
        ("Least bridge version", values["min_bridge_version"], None),
        ("Series", record.finetune_series.name if record.finetune_series else None, None),
    )
    for label, value, path in named:
        if value not in (None, "", []):
            yield Fact(label=label, value=shown(value), path=path)
    for field in ("requirements", "settings"):
        found: Mapping[str, Any] = values[field] or {}
        for key, value in found.items():
            yield Fact(label=f"{field.capitalize()}: {spaced(key)}", value=shown(value))


def _guidance(told: Any) -> str | None:
    """Return the profiles that tell how to prompt a model, as far as any are published."""
    found: Mapping[str, Any] = told if is_document(told) else {}
    first = found.get("primary_profile_id")
    return shown([first, *(found.get("supplemental_profile_ids") or ())]) if first else None
