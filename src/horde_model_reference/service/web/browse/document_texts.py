"""JSON values as people read them."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from horde_model_reference.catalog.reference_models import is_list
from horde_model_reference.domain.record_parts import is_document


def flat(document: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value of a document with its path; lists of plain values are one."""
    for key, value in document.items():
        place = f"{path}.{key}" if path else key
        if is_document(value):
            yield from flat(value, place)
        elif is_list(value) and any(map(is_document, value)):
            for number, item in enumerate(value, start=1):
                yield from flat(item if is_document(item) else {"": item}, f"{place}[{number}]")
        else:
            yield place, shown(value)


def shown(value: Any) -> str:
    """Write a JSON value for people: lists with commas, yes and no, nothing as a dash."""
    if value in (None, "", []):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_list(value):
        return ", ".join(map(shown, value))
    return value if isinstance(value, str) else orjson.dumps(value).decode()
