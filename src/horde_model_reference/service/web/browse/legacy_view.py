"""One model as v1 shows it among the others of its category."""

import orjson

from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.text_legacy import v1_text_entries


def v1_json(snapshot: CategorySnapshot, key: str) -> str | None:
    """Return the v1 entry of a model as indented JSON; None where v1 has none.

    Of a text model that is the plain one, without its copies under backend names.
    """
    is_text = snapshot.category is Category.text_generation
    entry = _text_entry(snapshot, key) if is_text else snapshot.v1_entry(key)
    return None if entry is None else orjson.dumps(orjson.loads(entry), option=orjson.OPT_INDENT_2).decode()


def _text_entry(snapshot: CategorySnapshot, key: str) -> bytes | None:
    try:
        entries = v1_text_entries(orjson.loads(snapshot.record(key) or b"{}"))
    except InvalidRecordError:
        return None
    return orjson.dumps(dict(entries[:1])) if entries else None
