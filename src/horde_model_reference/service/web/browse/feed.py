"""The feed of changes, for feed readers (RFC 4287)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree as Xml

from fastapi import APIRouter, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.body import Body
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.derived_answers import DerivedAnswers
from horde_model_reference.service.public_address import base_address, vary_by_host
from horde_model_reference.service.ready_answer import Freshness, ready_answer
from horde_model_reference.service.web.browse.change_routes import at_primary
from horde_model_reference.service.web.browse.changes import changed_fields, read_documents
from horde_model_reference.service.web.browse.list_routes import known_category
from horde_model_reference.service.web.labels import category_title
from horde_model_reference.service.web.text_filters import author_name, iso_time
from horde_model_reference.store.store import RecordChange, Store

router = APIRouter()

_ENTRIES: Final = 50
_ATOM: Final = "http://www.w3.org/2005/Atom"
_TYPE: Final = "application/atom+xml; charset=utf-8"
_VERBS: Final = {"create": "Added", "update": "Changed", "delete": "Removed"}
_NOT_OF_XML: Final = {code: " " for code in range(32) if chr(code) not in "\t\n\r"} | {
    0xFFFE: " ",
    0xFFFF: " ",
}


@router.get("/feed.atom")
async def feed(request: Request, category: str = "") -> Response:
    """Tell what changed, newest first; of one category where that is asked for."""
    registry: Registry = request.app.state.registry
    chosen = known_category(category) if category else None
    store = registry.store
    if store is None:
        return at_primary(request, registry)
    base = base_address(request)
    bodies: DerivedAnswers = request.app.state.page_bodies
    key = ("feed", registry.catalog.serial, chosen, base)
    body = bodies.find(key)
    if body is None:
        made = await asyncio.to_thread(_body, store, chosen, base)
        body = bodies.ready(key, lambda: made)
    freshness = Freshness(modified_at=None, serial=None, cache_control="public, max-age=60")
    answer = await ready_answer(request, body, freshness, media_type=_TYPE)
    vary_by_host(request, answer)
    return answer


def _body(store: Store, category: Category | None, base: str) -> Body:
    changes = store.last_changes(limit=_ENTRIES, category=category)
    updates = [change for change in changes if change.operation == "update"]
    documents = read_documents(store, updates)
    fields = {change.serial: changed_fields([change], documents) for change in updates}
    return Body(atom(changes, base=base, category=category, fields=fields))


def atom(
    changes: list[RecordChange],
    *,
    base: str,
    category: Category | None,
    fields: Mapping[int, Sequence[str]] | None = None,
) -> bytes:
    """Return a feed of changes, newest first.

    ``base`` is the address of the start page without its slash; ``fields`` names what changed, by serial.
    """
    here = f"{base}/feed.atom" + (f"?category={category}" if category else "")
    root = Xml.Element("feed", xmlns=_ATOM)
    title = f"Changes of models: {category_title(category)}" if category else "Changes of models"
    _add(root, "title", title)
    _add(root, "id", here)
    _add(root, "updated", iso_time(changes[0].recorded_at if changes else 0))
    Xml.SubElement(root, "link", rel="self", href=here)
    Xml.SubElement(root, "link", rel="alternate", type="text/html", href=f"{base}/changes")
    for change in changes:
        _add_entry(root, change, base, (fields or {}).get(change.serial, ()))
    content: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _add_entry(root: Xml.Element, change: RecordChange, base: str, fields: Sequence[str]) -> None:
    verb, title = _VERBS[change.operation], category_title(change.category)
    page = f"{base}/models/{change.category}/{quote(change.name, safe='/')}"
    entry = Xml.SubElement(root, "entry")
    _add(entry, "title", f"{verb}: {change.name} ({title})")
    _add(entry, "id", f"{base}/changes/{change.serial}")
    _add(entry, "updated", iso_time(change.recorded_at))
    _add(Xml.SubElement(entry, "author"), "name", author_name(change.author))
    where = page if change.operation != "delete" else f"{base}/models/{change.category}"
    Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=where)
    Xml.SubElement(entry, "category", term=change.category, label=title)
    what = f": {', '.join(fields)}" if fields else ""
    _add(entry, "summary", f"{verb} by {author_name(change.author)}, number {change.serial}{what}.")


def _add(parent: Xml.Element, name: str, text: str) -> None:
    # Names may hold characters that no XML document can.
    Xml.SubElement(parent, name).text = text.translate(_NOT_OF_XML)
