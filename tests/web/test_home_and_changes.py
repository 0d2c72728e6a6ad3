"""The start page and the page of changes, on the fixture's records."""

import re

import pytest
from api_client import MakeClient
from factories import a_write
from page_reader import Writer, seen
from starlette.testclient import TestClient
from web_client import HTML

from horde_model_reference.domain.categories import Category


def test_the_start_page_leads_to_every_category_that_has_models(client: TestClient) -> None:
    page = seen(client, "/")

    leads_to = {address for address in page.links.values() if address.startswith("/models/")}
    assert {"/models/image_generation", "/models/clip", "/models/esrgan"} <= leads_to
    assert "/models/video_generation" not in leads_to


def test_the_start_page_tells_what_changed_lately(client: TestClient) -> None:
    assert "Upscale_x2 added ESRGAN" in seen(client, "/").text


def test_changes_made_at_once_are_told_as_one_with_their_true_number(
    client: TestClient, writer: Writer
) -> None:
    writer.write(Category.lora, *(a_write(f"Patch {number}") for number in range(300)))

    assert "Patch 299 , Patch 298 , Patch 297 and 297 more added" in seen(client, "/").text


def test_a_change_tells_which_fields_it_changed(client: TestClient, writer: Writer) -> None:
    writer.write(Category.lora, a_write("Patch", description="one"))
    writer.write(Category.lora, a_write("Patch", description="two", nsfw=True))

    for path in ("/", "/changes", "/changes?category=lora"):
        assert re.search("Patch changed: (description, nsfw|nsfw, description)", seen(client, path).text), (
            path
        )


def test_the_start_page_tells_of_a_change_that_leaves_the_records_as_they_were(
    client: TestClient, writer: Writer
) -> None:
    """Such as one of what only version 1 shows, or one that takes another back."""
    writer.write(Category.lora, a_write("Patch"), author="Ann")
    assert "Ann" in seen(client, "/").text

    writer.write(Category.lora, a_write("Patch"), author="Bob")

    assert "Bob" in seen(client, "/").text


def test_the_changes_are_read_page_by_page(client: TestClient, writer: Writer) -> None:
    patches = [(f"author {number}", a_write(f"Patch {number}")) for number in range(41)]
    writer.write_each(Category.lora, *patches)

    first = seen(client, "/changes?category=lora")
    second = seen(client, first.links["Older →"])

    assert "Patch 40 added" in first.text
    assert "Patch 0 added" not in first.text
    assert "Patch 0 added" in second.text
    assert second.links["← Newest"] == "/changes?category=lora"


@pytest.mark.parametrize(
    ("query", "status"),
    [("category=nothing", 404), ("before=0", 422), ("before=x", 422), (f"before={9**30}", 422)],
)
def test_changes_that_can_not_be_are_refused(client: TestClient, query: str, status: int) -> None:
    seen(client, f"/changes?{query}", status=status)


def test_a_replica_leads_to_the_changes_at_its_primary(make_client: MakeClient) -> None:
    replica = make_client(replicate_mode="REPLICA", primary_api_url="https://primary.example/api")

    for path in ("/feed.atom?category=clip", "/changes?before=7"):
        answer = replica.get(path, headers=HTML, follow_redirects=False)

        assert answer.status_code == 307
        assert answer.headers["location"] == f"https://primary.example{path}"
