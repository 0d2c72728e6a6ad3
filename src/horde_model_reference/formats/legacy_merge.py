"""Bring a legacy record up to date after its model was changed in v2.

Only what the change touched is written, so that the legacy record keeps its own spelling and everything that
v2 can't hold: md5 sums, settings files, ``available``, unknown keys.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.json_values import same_json
from horde_model_reference.domain.record_parts import SCHEMA_VERSION
from horde_model_reference.formats.legacy_export import v2_to_legacy

_OWN_RULES: Final = ("config", "metadata")


def merge_legacy(
    category: str,
    old_legacy: Mapping[str, Any],
    old_document: Mapping[str, Any],
    new_document: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the legacy record that is true once the old v2 document has become the new one.

    ``old_legacy`` is the record that ``old_document`` came from; it is returned as it was when the change
    touched nothing that the legacy form holds. The result shares its unchanged parts with it.

    Raises:
        ValueError: the category has no legacy JSON form, or has the text form.
        InvalidRecordError: one of the documents is not a record of the category.
    """
    before = v2_to_legacy(category, old_document)
    after = v2_to_legacy(category, new_document)
    merged = _updated(old_legacy, before, after, leave=_OWN_RULES)
    if before["config"] != after["config"]:
        merged["config"] = _merged_config(old_legacy.get("config") or {}, before["config"], after["config"])
    if before.get("metadata") != after.get("metadata"):
        _merge_metadata(merged, before.get("metadata"), after.get("metadata"))
    if category == Category.controlnet and "type" in before and "type" not in after:
        merged.pop("style", None)  # without a type, readers take the style for one
    return merged


def _updated(
    target: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    leave: Iterable[str] = (),
) -> dict[str, Any]:
    updated = dict(target)
    for key in {**before, **after}:
        if key in leave or same_json(before.get(key), after.get(key)):
            continue
        if key in after:
            updated[key] = after[key]
        else:
            updated.pop(key, None)
    return updated


def _merge_metadata(
    merged: dict[str, Any], before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    default = {"schema_version": SCHEMA_VERSION}
    old = merged.get("metadata")
    metadata = _updated(old, before or default, after or default) if old else dict(after or default)
    if metadata == default:
        merged.pop("metadata", None)
    else:
        merged["metadata"] = metadata


def _merged_config(
    old: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    merged = _updated(old, before, after, leave=("files", "download"))
    if before["files"] != after["files"]:
        merged["files"] = _merged_files(old.get("files") or [], before["files"], after["files"])
    if before["download"] != after["download"]:
        merged["download"] = _merged_downloads(
            old.get("download") or [], before["download"], after["download"]
        )
    return merged


def _merged_files(
    old: list[dict[str, Any]], before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Put the files in the new order into the places they had; what v2 never held stays where it is."""
    held = _by_key(old, "path")
    known = _by_key(before, "path")
    wanted = _by_key(after, "path")
    updated = [
        _updated(held[path], known.get(path, {}), file) if path in held else file
        for path, file in wanted.items()
    ]
    remaining = iter(updated)
    merged: list[dict[str, Any]] = []
    placed: set[str] = set()
    for file in old:
        path = file["path"]
        if path in wanted and path not in placed:
            placed.add(path)
            merged.append(next(remaining))
        elif path not in wanted and path not in known:
            merged.append(file)
    return [*merged, *remaining]


def _merged_downloads(
    old: list[dict[str, Any]], before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    held = _by_key(old, "file_name")
    known = _by_key(before, "file_name")
    wanted = _by_key(after, "file_name")
    merged = {
        name: _updated(entry, known.get(name, {}), wanted[name])
        for name, entry in held.items()
        if name in wanted
    }
    for name, entry in wanted.items():
        if name not in merged and known.get(name) != entry:
            merged[name] = entry
    return list(merged.values())


def _by_key(entries: Iterable[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {entry[key]: entry for entry in entries}
