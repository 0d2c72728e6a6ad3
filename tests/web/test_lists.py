"""Lists of models with filters, orders and search, on the fixture's records."""

import re
from urllib.parse import parse_qsl

import pytest
from ai_horde_stub import AIHordeStub, running_stub
from api_client import MakeClient
from factories import a_write
from page_reader import IMAGES, Page, Writer, an_image_write, names, seen
from starlette.testclient import TestClient
from web_client import HTML

from horde_model_reference.domain.categories import Category


def test_a_list_shows_every_model_of_its_category(client: TestClient) -> None:
    known = client.get("/api/model_references/v2/image_generation").json()

    assert len(known) > 1
    assert names(client, f"{IMAGES}?view=table") == list(known)


def test_a_list_is_searched_as_the_api_is(client: TestClient) -> None:
    found = client.get("/api/model_references/v2/image_generation/search?q=harbour lamp").json()["results"]

    assert found
    assert names(client, f"{IMAGES}?view=table&q=harbour lamp") == [record["name"] for record in found]


@pytest.mark.parametrize(
    "query",
    [
        "baseline=stable_diffusion_1",
        "nsfw=true",
        "tag=booru",
        "style=anime",
        "size=2GB-4GB",
    ],
)
def test_the_count_beside_a_filter_is_what_the_filter_leaves(client: TestClient, query: str) -> None:
    page = seen(client, f"{IMAGES}?view=table")
    wanted = {("view", "table"), *parse_qsl(query)}
    leads = {address: label for label, address in page.links.items() if address.startswith(IMAGES)}

    label = leads[next(each for each in leads if set(parse_qsl(each.partition("?")[2])) == wanted)]

    count = re.search(r"(\d+)$", label)
    assert count is not None
    assert len(names(client, f"{IMAGES}?view=table&{query}")) == int(count[1])


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=harbour lamp",
        "baseline=stable_diffusion_1&nsfw=false",
        "style=anime",
        "size=2GB-4GB",
        "tag=anime&tag=booru",
        "sort=large",
        "sort=name",
    ],
)
def test_a_list_leads_to_the_same_models_in_the_api(client: TestClient, query: str) -> None:
    page = f"{IMAGES}?view=table&{query}"

    found = client.get(seen(client, page).links["These models as JSON"]).json()["results"]

    assert found
    assert [record["name"] for record in found] == names(client, page)


def test_a_search_over_everything_leads_to_the_same_models_in_the_api(client: TestClient) -> None:
    page = "/models?q=harbour&size=2GB-4GB"

    found = client.get(seen(client, page).links["These models as JSON"]).json()["results"]

    assert found
    assert [record["name"] for record in found] == names(client, page)


def test_steps_of_sizes_are_told_in_words(client: TestClient) -> None:
    assert seen(client, f"{IMAGES}?size=2GB-4GB").links[
        "Size: 2\N{EN DASH}4 GB \N{MULTIPLICATION SIGN} (remove)"
    ]
    assert seen(client, "/models/text_generation?size=< 3B").text.count("Weights: under 3B") == 1


def test_a_search_that_finds_nothing_can_go_on_everywhere(client: TestClient) -> None:
    page = seen(client, "/models/esrgan?q=harbour+lamp")

    assert page.links["Search all categories"] == "/models?q=harbour%20lamp"


def test_a_chosen_filter_can_be_taken_back(client: TestClient) -> None:
    page = seen(client, f"{IMAGES}?tag=booru")

    assert page.links["Tag: booru \N{MULTIPLICATION SIGN} (remove)"] == IMAGES


@pytest.mark.parametrize("sort", ["name", "new", "large", "small", ""])
def test_a_list_has_all_its_models_in_any_order(client: TestClient, sort: str) -> None:
    everything = names(client, f"{IMAGES}?view=table")

    assert "Harbor Light" in everything
    assert sorted(names(client, f"{IMAGES}?view=table&sort={sort}")) == sorted(everything)


def test_models_are_sorted_by_name(client: TestClient) -> None:
    found = names(client, f"{IMAGES}?view=table&sort=name")

    assert found[0] == "Harbor Light"
    assert found == sorted(found)


def test_a_page_beyond_the_last_one_says_so(client: TestClient) -> None:
    assert "beyond the last one" in seen(client, f"{IMAGES}?page=9").text


@pytest.mark.parametrize("query", ["page=0", "page=x", "sort=odd", "view=odd", f"q={'x' * 300}"])
def test_a_query_that_makes_no_sense_is_refused_on_a_page(client: TestClient, query: str) -> None:
    seen(client, f"{IMAGES}?{query}", status=422)


@pytest.mark.parametrize("query", ["size=odd", "baseline=x"])
def test_a_filter_that_a_category_has_not_is_refused_on_a_page(client: TestClient, query: str) -> None:
    seen(client, f"/models/esrgan?{query}", status=400)


def test_all_categories_are_searched_at_once(client: TestClient, writer: Writer) -> None:
    writer.write(Category.lora, a_write("Night light"))

    text = seen(client, "/models?q=light").text

    assert "Harbor Light" in text
    assert "Night light" in text


def test_an_unknown_category_is_a_page_that_says_so(client: TestClient) -> None:
    assert "no category" in seen(client, "/models/nothing", status=404).text


def test_a_replica_lists_models_without_a_history(make_client: MakeClient) -> None:
    replica = make_client(replicate_mode="REPLICA", offline=True)

    seen(replica, "/")
    seen(replica, "/models/image_generation")
    seen(replica, "/charts")
    seen(replica, "/feed.atom", status=503)


@pytest.mark.parametrize("query", ["", "&sort=used"])
def test_the_models_used_most_come_first(make_client: MakeClient, query: str) -> None:
    with running_stub(AIHordeStub()) as stub:
        client = make_client(ai_horde_url=stub.url)

        found = names(client, f"{IMAGES}?view=table{query}")

    assert found[:2] == ["Harbor Light", "Prairie XL"]


def test_pages_without_the_ai_horde_say_so(client: TestClient) -> None:
    assert "does not answer at the moment" in seen(client, f"{IMAGES}/Harbor%20Light").text


def test_a_list_is_narrowed_to_what_a_worker_serves(make_client: MakeClient) -> None:
    with running_stub(AIHordeStub()) as stub:
        client = make_client(ai_horde_url=stub.url)

        page = seen(client, f"{IMAGES}?view=table")
        served = names(client, page.links["by a worker 2"])
        by_workers = names(client, f"{IMAGES}?view=table&sort=workers")

    assert served == ["Harbor Light", "Prairie XL"]
    assert by_workers[:2] == ["Prairie XL", "Harbor Light"]


def test_without_figures_nothing_is_left_out_for_having_no_worker(client: TestClient) -> None:
    page = seen(client, f"{IMAGES}?workers=some")

    assert "nobody can tell which models are served" in page.text
    assert len(names(client, f"{IMAGES}?view=table&workers=some")) == len(
        names(client, f"{IMAGES}?view=table")
    )


def test_the_heads_of_a_table_lead_to_its_orders(client: TestClient) -> None:
    first = seen(client, f"{IMAGES}?view=table")
    largest = client.get(first.links["Size"], headers=HTML).text
    turned = Page(largest).links["Size ↓"]

    assert 'aria-sort="descending"' in largest
    assert "sort=small" in turned
    assert 'aria-sort="ascending"' in client.get(turned, headers=HTML).text


def test_a_table_has_no_column_that_says_nothing(client: TestClient) -> None:
    heads = re.findall(
        r"<th scope=.col.[^>]*>(?:<a[^>]*>)?([^<]*)", client.get("/models/clip", headers=HTML).text
    )

    assert heads == ["Name", "Changed"]


def test_a_long_list_has_its_first_and_its_last_page_in_reach(client: TestClient, writer: Writer) -> None:
    writer.write(Category.lora, *(a_write(f"Patch {number}") for number in range(400)))

    page = seen(client, "/models/lora?page=5")

    numbers = [label for label in page.links if label.startswith("Page ")]
    assert numbers == ["Page 1", "Page 4", "Page 5", "Page 6", "Page 9"]
    assert len(names(client, page.links["Page 9"])) == 400 - 8 * 48


def test_a_search_over_everything_leads_into_each_category(client: TestClient) -> None:
    everything = seen(client, "/models?sort=name")
    count = len(client.get("/api/model_references/v2/clip").json())

    path = everything.links[f"CLIP {count}"]

    assert path == "/models/clip?sort=name"
    assert len(names(client, path)) == count


def test_models_for_inpainting_are_found(client: TestClient, writer: Writer) -> None:
    writer.write(Category.image_generation, an_image_write("Patcher", inpainting=True))

    page = seen(client, f"{IMAGES}?view=table")
    narrowed = next(path for label, path in page.links.items() if "inpainting=true" in path)

    assert "Patcher" in names(client, narrowed)
    chosen = {label: path for label, path in seen(client, narrowed).links.items() if "(remove)" in label}
    assert [label.split(" ")[:2] for label in chosen] == [["Inpainting:", "yes"]]
    assert list(chosen.values()) == [f"{IMAGES}?view=table"]
