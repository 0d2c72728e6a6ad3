"""What a legacy file says, laid over a record that v2 may have changed since it was read from such a file."""

from collections.abc import Mapping
from typing import Any, Final, cast

import orjson

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.json_values import same_json
from horde_model_reference.formats.conversion import ConvertedRecord
from horde_model_reference.formats.legacy import legacy_to_v2
from horde_model_reference.formats.text_csv import convert_models_csv, write_models_csv
from horde_model_reference.store.transaction import Head

_LICENSING: Final = "licensing"
_SELDOM_SAID: Final = (_LICENSING, "metadata")
"""What hardly any legacy file has, so that its absence there is no statement."""


def legacy_text(record: ConvertedRecord, head: Head | None) -> str | None:
    """Return the legacy record to keep: the file's, with the licence that v2 gave where the file has none."""
    if record.legacy is None:
        return None
    if head is not None and head.legacy is not None and _LICENSING not in record.legacy:
        known = orjson.loads(head.legacy)
        if _LICENSING in known:
            return as_text({**record.legacy, _LICENSING: known[_LICENSING]})
    return as_text(record.legacy)


def overlaid(
    category: Category, record: ConvertedRecord, head: Head, current: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the stored document with what changed in the legacy record, so that v2's own fields stay."""
    after = record.document
    before = {} if head.legacy is None else _converted(category, record.key, orjson.loads(head.legacy))
    before = {key: value for key, value in before.items() if key in after or key not in _SELDOM_SAID}
    document = _merged(current, before, after)
    for part in ("config", "metadata"):
        if part in document:
            document[part] = _merged(_part(current, part), _part(before, part), _part(after, part))
    if "download" in _part(document, "config"):
        document["config"]["download"] = _merged_downloads(current, before, after)
    return document


def _merged(
    current: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the current values, changed as from before to after; what neither names stays."""
    kept = {key: value for key, value in current.items() if key in after or key not in before}
    return kept | {key: value for key, value in after.items() if not same_json(before.get(key), value)}


def _merged_downloads(
    current: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the downloads after a change; what v2 says of a file stays as long as its hash does."""
    now, then = _downloads(current), _downloads(before)
    if then == _downloads(after):
        return cast(list[dict[str, Any]], _part(current, "config")["download"])
    return [
        _merged(now[name], then.get(name, {}), download)
        if name in now and now[name].get("sha256sum") == download.get("sha256sum")
        else dict(download)
        for name, download in _downloads(after).items()
    ]


def _downloads(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    downloads = cast(list[dict[str, Any]], _part(document, "config").get("download") or [])
    return {download["file_name"]: download for download in downloads}


def _part(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    return cast(dict[str, Any], document.get(name) or {})


def _converted(category: Category, key: str, legacy: dict[str, Any]) -> dict[str, Any]:
    """Return what a legacy record meant; nothing where it is none any more by the rules of this release."""
    if category is Category.text_generation:
        return convert_models_csv(write_models_csv([legacy])).documents.get(key, {})
    try:
        return legacy_to_v2(category, key, legacy).document
    except InvalidRecordError:
        return {}


def as_text(value: Mapping[str, Any]) -> str:
    """Return the JSON under which documents are stored and compared: compact, keys in their order."""
    return orjson.dumps(value).decode()
