"""What readers of prompting guidance want to know of the catalogue (spec 24, Text guidance)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.catalog.snapshot import (
    CategorySnapshot,
    published_guidance,
    unpublished_guidance,
)
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import Resource, ResourceType
from horde_model_reference.formats.text_names import has_backend_prefix

_PROFILE: Final = ResourceType.guidance_profile
_ASSIGNMENT: Final = ResourceType.guidance_assignment
_SHOWN: Final = ("profile_id", "kind", "display_name", "summary", "aliases", "deprecated")
_TITLE: Final = "Prompt contracts from instruct formats"
_SUMMARY: Final = "Taken over from the instruct format that models name; to be described."


def profile_page(catalog: ResourceCatalog, *, include_deprecated: bool) -> dict[str, Any]:
    """Return the profiles in short, with the number of models that each is assigned to."""
    counts = Counter(
        profile_id
        for assignment in catalog.all(_ASSIGNMENT).values()
        for profile_id in profile_ids(assignment)
    )
    items = [
        {name: profile.document[name] for name in _SHOWN} | {"assigned_model_count": counts[key]}
        for key, profile in catalog.all(_PROFILE).items()
        if include_deprecated or not profile.document["deprecated"]
    ]
    return {"items": items, "total": len(items), "metadata": catalog.metadata.document()}


def assignment_page(
    catalog: ResourceCatalog,
    models: CategorySnapshot | None,
    *,
    model_name: str | None,
    profile_id: str | None,
) -> dict[str, Any]:
    """Return the assignments that meet both conditions, and which of all are of no model any more."""
    items = [
        assignment.document
        for name, assignment in catalog.all(_ASSIGNMENT).items()
        if model_name in (None, name) and (profile_id is None or profile_id in profile_ids(assignment))
    ]
    return {
        "items": items,
        "total": len(items),
        "metadata": catalog.metadata.document(),
        "orphans": orphans(catalog, models),
    }


def orphans(catalog: ResourceCatalog, models: CategorySnapshot | None) -> list[str]:
    """Return the names of the assignments whose model does not exist."""
    return [name for name in catalog.all(_ASSIGNMENT) if models is None or models.record(name) is None]


def profile_ids(assignment: Resource) -> tuple[str, ...]:
    """Return the profiles of an assignment, the primary one first."""
    document = assignment.document
    return (document["primary_profile_id"], *document["supplemental_profile_ids"])


def exported(catalog: ResourceCatalog) -> dict[str, Any]:
    """Return the whole catalogue."""
    return {
        "metadata": catalog.metadata.document(),
        "profiles": {key: found.document for key, found in catalog.all(_PROFILE).items()},
        "assignments": {key: found.document for key, found in catalog.all(_ASSIGNMENT).items()},
    }


def resolved(catalog: ResourceCatalog, name: str, record: bytes) -> dict[str, Any]:
    """Return all guidance for a model; ``record`` is the model as v2 reads show it."""
    document: dict[str, Any] = orjson.loads(record)
    summary = _summary(catalog, name, document)
    profiles = catalog.all(_PROFILE)
    primary = profiles.get(summary["primary_profile_id"] or "")
    others = (profiles.get(profile_id) for profile_id in summary["supplemental_profile_ids"])
    return {
        "model_name": name,
        "summary": summary,
        "primary_profile": None if primary is None else primary.document,
        "supplemental_profiles": [profile.document for profile in others if profile is not None],
        "legacy_instruct_format": document.get("instruct_format"),
        "catalog_metadata": catalog.metadata.document(),
    }


def _summary(catalog: ResourceCatalog, name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    # Reads fill it in only where the stored record says that it is of a text model.
    if document.get("record_type") == Category.text_generation:
        summary: Mapping[str, Any] = document["guidance"]
        return summary
    assignment = catalog.all(_ASSIGNMENT).get(name)
    return unpublished_guidance(document) if assignment is None else published_guidance(assignment.document)


def migration(catalog: ResourceCatalog, models: CategorySnapshot | None) -> dict[str, Any]:
    """Return the change set that would make profiles of the instruct formats that models name.

    A format that no profile goes by gets a prompt contract; every model without an assignment gets the
    contract of its format. Formats that only another kind of profile goes by, or one out of use, stay.
    """
    labels = dict(_labelled(models))
    contracts, created = _contracts(catalog, labels.values())
    assigned = [
        {
            "model_name": name,
            "assignment": {"model_name": name, "primary_profile_id": contract},
            "expected_before": None,
        }
        for name, label in labels.items()
        if name not in catalog.all(_ASSIGNMENT) and (contract := contracts.get(label.casefold())) is not None
    ]
    change_set = {"title": _TITLE, "profile_changes": created, "assignment_changes": assigned}
    return {
        "change_set": change_set if created or assigned else None,
        "source_model_count": len(labels),
        "format_count": len({label.casefold() for label in labels.values()}),
    }


def _labelled(models: CategorySnapshot | None) -> Iterator[tuple[str, str]]:
    """Return the models that name an instruct format, with that; copies under backend names have none."""
    for name in models or ():
        record = None if models is None or has_backend_prefix(name) else models.record(name)
        label: object = None if record is None else orjson.loads(record).get("instruct_format")
        if isinstance(label, str) and label.strip():
            yield name, label.strip()


def _contracts(catalog: ResourceCatalog, labels: Any) -> tuple[dict[str, str | None], list[dict[str, Any]]]:
    """Return the contract of each format, and the changes that make those that are missing."""
    contracts = _known_contracts(catalog)
    taken = set(catalog.all(_PROFILE))
    created: list[dict[str, Any]] = []
    for label in labels:
        if label.casefold() not in contracts:
            profile_id = _free_id(label, taken)
            taken.add(profile_id)
            contracts[label.casefold()] = profile_id
            created.append(_creation(profile_id, label))
    return contracts, created


def _known_contracts(catalog: ResourceCatalog) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for key, profile in catalog.all(_PROFILE).items():
        document: Mapping[str, Any] = profile.document
        is_usable = document["kind"] == "prompt_contract" and not document["deprecated"]
        for name in (document["display_name"], *document["aliases"]):
            if is_usable or name.casefold() not in found:
                found[name.casefold()] = key if is_usable else None
    return found


def _free_id(label: str, taken: set[str]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-") or "prompt-contract"
    number, profile_id = 1, slug
    while profile_id in taken:
        number += 1
        profile_id = f"{slug}-{number}"
    return profile_id


def _creation(profile_id: str, label: str) -> dict[str, Any]:
    profile = {
        "kind": "prompt_contract",
        "profile_id": profile_id,
        "display_name": label,
        "aliases": [label],
        "summary": _SUMMARY,
        "interaction_modes": ["instruction"],
    }
    return {
        "operation": "create",
        "profile_id": profile_id,
        "profile": profile,
        "expected_before": None,
    }
