"""The feed of changes (RFC 4287)."""

from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

import pytest
from api_client import MakeClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from horde_model_reference.service.web.browse.feed import atom
from horde_model_reference.store.store import RecordChange

ATOM = "{http://www.w3.org/2005/Atom}"


def parsed(content: bytes) -> Xml.Element:
    return Xml.fromstring(content)


def text(element: Xml.Element, name: str) -> str:
    found = element.find(ATOM + name)
    assert found is not None
    return found.text or ""


def test_the_feed_tells_the_newest_changes_first(client: TestClient) -> None:
    answer = client.get("/feed.atom")
    feed = parsed(answer.content)

    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    entries = feed.findall(f"{ATOM}entry")
    numbers = [int(text(entry, "id").rpartition("/")[2]) for entry in entries]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 10
    assert text(feed, "updated") == text(entries[0], "updated")


def test_every_entry_leads_to_a_page(client: TestClient) -> None:
    entries = parsed(client.get("/feed.atom").content).findall(f"{ATOM}entry")
    assert entries

    for entry in entries:
        link = entry.find(f"{ATOM}link")
        assert link is not None
        address = urlsplit(link.attrib["href"])

        assert client.get(address.path, headers={"Accept": "text/html"}).status_code == 200


def test_the_feed_is_sent_again_only_when_it_changed(client: TestClient) -> None:
    tag = client.get("/feed.atom").headers["etag"]

    assert client.get("/feed.atom", headers={"If-None-Match": tag}).status_code == 304


def test_a_feed_of_one_category_tells_nothing_else(client: TestClient) -> None:
    feed = parsed(client.get("/feed.atom?category=clip").content)

    categories = {element.attrib["term"] for element in feed.iter(f"{ATOM}category")}
    assert categories == {"clip"}


@pytest.mark.parametrize("category", ["nothing", "CLIP"])
def test_a_feed_of_an_unknown_category_is_not_there(client: TestClient, category: str) -> None:
    assert client.get(f"/feed.atom?category={category}").status_code == 404


def test_an_empty_registry_has_an_empty_feed(make_client: MakeClient) -> None:
    feed = parsed(make_client(with_records=False).get("/feed.atom").content)

    assert feed.findall(f"{ATOM}entry") == []


def test_an_entry_of_a_change_names_the_fields_that_changed() -> None:
    change = RecordChange(
        serial=7, category="clip", name="a", operation="update", author="me", recorded_at=1_700_000_000
    )

    feed = parsed(atom([change], base="https://x", category=None, fields={7: ["nsfw", "tags"]}))

    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert text(entry, "summary") == "Changed by me, number 7: nsfw, tags."


@given(name=st.text(min_size=1, max_size=60), author=st.text(max_size=30))
def test_a_feed_is_well_formed_whatever_names_hold(name: str, author: str) -> None:
    change = RecordChange(
        serial=7,
        category="clip",
        name=name,
        operation="update",
        author=author,
        recorded_at=1_700_000_000,
    )

    feed = parsed(atom([change], base="https://models.example", category=None))

    required = {"title", "id", "updated", "author"}
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert required <= {child.tag.removeprefix(ATOM) for child in entry}
