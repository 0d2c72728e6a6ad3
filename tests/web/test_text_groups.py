"""The pages of text models by family and group, on the fixture's records."""

import pytest
from factories import a_write
from page_reader import Writer, seen
from starlette.testclient import TestClient
from web_client import HTML

from horde_model_reference.domain.categories import Category


def test_text_models_are_grouped_by_what_their_names_have_in_common(client: TestClient) -> None:
    families = seen(client, "/text/families")
    address = next(address for address in families.links.values() if address.startswith("/text/groups/"))

    group = seen(client, address)

    assert any(link.startswith("/models/text_generation/") for link in group.links.values())


def test_an_unknown_group_is_not_there(client: TestClient) -> None:
    seen(client, "/text/groups/nothing", status=404)


def test_groups_without_a_family_are_found_by_their_letters(client: TestClient, writer: Writer) -> None:
    writer.write(Category.text_generation, a_write("zeta/Quill-7B"), a_write("zeta/1up-7B"))

    page = seen(client, "/text/families")

    assert {"Q", "#"} <= set(page.links)
    assert page.links["Q"] == "#initial-q"
    assert "Quill" in page.links


@pytest.mark.parametrize("path", ["/text", "/text/groups"])
def test_shortened_addresses_of_groups_lead_to_all_groups(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML, follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "/text/families")
