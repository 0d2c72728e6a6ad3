"""Pages to find models and read what is known of them, on the fixture's records."""

import ast
import json
import re
import shlex
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from ai_horde_stub import AIHordeStub, running_stub
from api_client import MakeClient
from factories import a_removal, a_write
from hmr import eventually
from review_client import REQUESTOR, STRANGER
from starlette.testclient import TestClient
from web_client import HTML, SignedIn

from horde_model_reference.domain.categories import Category
from horde_model_reference.service.web.browse.snippets import snippets
from horde_model_reference.store.store import Store
from horde_model_reference.store.transaction import Write

IMAGES = "/models/image_generation"


class _Page(HTMLParser):
    """The text of a page, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open.append((dict(attrs).get("href") or "", []))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        for _, words in self._open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            address, words = self._open.pop()
            self.links.setdefault(" ".join("".join(words).split()), address)


def seen(client: TestClient, path: str, status: int = 200) -> _Page:
    """Return what a browser shows at an address."""
    answer = client.get(path, headers=HTML)
    assert answer.status_code == status, answer.text
    return _Page(answer.text)


class Writer:
    """Another process that changes records of the registry behind a client."""

    def __init__(self, client: TestClient, folder: Path) -> None:
        self._client = client
        self._store = Store.open(folder / "registry.sqlite3")

    def write(self, category: Category, *writes: Write, author: str = "test") -> None:
        """Change records, and wait until the registry has seen that."""
        with self._store.transaction() as transaction:
            serial = transaction.write(category, writes, author=author)[-1]
        eventually(lambda: self._seen_serial() >= serial)

    def _seen_serial(self) -> int:
        answer = self._client.get("/api/model_references/v2/esrgan")
        return int(answer.headers.get("x-registry-serial", 0))


@pytest.fixture
def writer(client: TestClient, tmp_path: Path) -> Writer:
    """Return who changes records of the registry behind the client."""
    return Writer(client, tmp_path)


def names(client: TestClient, path: str) -> list[str]:
    """Return the models of a list, in order."""
    table = client.get(path, headers=HTML).text
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', table)


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
    for number in range(41):
        writer.write(Category.lora, a_write(f"Patch {number}"), author=f"author {number}")

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


def test_every_model_has_a_page(client: TestClient) -> None:
    answers = {category: client.get(f"/api/model_references/v2/{category}") for category in Category}
    models = [
        (category, name)
        for category, answer in answers.items()
        if answer.is_success
        for name in answer.json()
    ]
    assert len(models) == 15

    for category, name in models:
        assert name in seen(client, f"/models/{category}/{quote(name, safe='')}").text
        assert name in seen(client, f"/models/{category}/{quote(name, safe='/')}").text


def test_a_page_of_a_model_shows_every_value_of_its_record(client: TestClient) -> None:
    records = client.get("/api/model_references/v2/image_generation").json()
    assert records

    for name, record in records.items():
        text = seen(client, f"{IMAGES}/{quote(name)}").text

        for value in _plain_values(record):
            assert " ".join(value.split()) in text


def _plain_values(document: object) -> list[str]:
    match document:
        case dict():
            return [text for value in document.values() for text in _plain_values(value)]
        case list():
            return [text for value in document for text in _plain_values(value)]
        case str():
            return [document]
        case bool() | None:
            return []
        case _:
            return [str(document)]


def test_a_model_without_a_record_is_not_there(client: TestClient) -> None:
    assert "nobody" in seen(client, f"{IMAGES}/nobody", status=404).text


def test_a_licence_that_nobody_has_looked_at_is_told_in_one_sentence(
    client: TestClient, writer: Writer
) -> None:
    licensing = {"license_expression": "MIT", "license_ids": ["MIT"], "commercial_use": "allowed"}
    known = licensing | {"redistribution": "unknown"}
    writer.write(Category.esrgan, a_write("Silent"), a_write("Stated", licensing=known))

    assert "nobody has looked" in seen(client, "/models/esrgan/Silent").text
    assert "Commercial use allowed Redistribution unknown" in seen(client, "/models/esrgan/Stated").text


def test_a_name_with_a_typo_leads_to_the_model(client: TestClient) -> None:
    page = seen(client, f"{IMAGES}/Harbr Lihgt", status=404)

    assert page.links["Harbor Light"] == f"{IMAGES}/Harbor%20Light"


def test_a_name_without_words_is_like_no_model(client: TestClient) -> None:
    assert "Did you mean" not in seen(client, f"{IMAGES}/...", status=404).text


def test_a_model_that_was_removed_is_told_so(client: TestClient, writer: Writer) -> None:
    writer.write(Category.esrgan, a_write("Gone"), author="Ann#1")
    writer.write(Category.esrgan, a_removal("Gone"), author="Ben#2")

    assert "Ben#2 removed it on" in seen(client, "/models/esrgan/Gone", status=404).text
    assert "removed it" not in seen(client, "/models/esrgan/Never", status=404).text


def test_a_program_is_told_of_a_missing_model_in_the_envelope_of_the_api(client: TestClient) -> None:
    answer = client.get(f"{IMAGES}/nobody", headers={"accept": "application/json"})

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no model 'nobody' in Image generation."


def test_a_former_name_shows_the_model_of_today(client: TestClient) -> None:
    assert "control_qr_xl" in seen(client, "/models/controlnet/control_qr_sdxl").text
    assert "control_qr_xl" in seen(client, "/models/controlnet/control_qr_xl").text


def test_pictures_that_are_not_safe_for_work_are_blurred_until_asked_for(
    client: TestClient, writer: Writer
) -> None:
    record = an_image_write("Risque", nsfw=True, showcases=["https://pictures.example/1.png"])
    writer.write(Category.image_generation, record)

    blurred = client.get(f"{IMAGES}/Risque", headers=HTML).text
    shown = client.get(f"{IMAGES}/Risque?images=shown", headers=HTML).text

    assert "picture-blurred" in blurred
    assert "picture-blurred" not in shown
    assert f'href="{IMAGES}/Risque?images=shown"' in blurred


def test_the_history_tells_each_version_with_what_it_changed(client: TestClient, writer: Writer) -> None:
    writer.write(Category.esrgan, a_write("Upscaler", version="1.0"), author="Ann#1")
    writer.write(Category.esrgan, a_write("Upscaler", version="2.0"), author="Ann#1")
    writer.write(Category.esrgan, a_removal("Upscaler"), author="Ben#2")
    writer.write(Category.esrgan, a_write("Upscaler", version="3.0"), author="Cleo#3")

    text = seen(client, "/models/esrgan/Upscaler").text

    told = ("Added by Cleo#3", "Removed by Ben#2", "Changed by Ann#1", "Added by Ann#1")
    places = [text.index(part) for part in told]
    assert places == sorted(places)
    assert "version 1.0 2.0" in text


def test_only_the_last_versions_are_shown_until_all_are_asked_for(client: TestClient, writer: Writer) -> None:
    for version in range(30):
        writer.write(Category.esrgan, a_write("Upscaler", version=f"v{version}"), author="Ann#1")

    some, everything = (
        seen(client, f"/models/esrgan/Upscaler{query}").text for query in ("", "?history=all")
    )

    assert "All 30 versions" in some
    assert "version v9 v10" in some
    assert "version v8 v9" not in some
    assert "version v0 v1" in everything


def test_whoever_may_propose_is_led_to_the_forms(signed_in: SignedIn) -> None:
    proposer, stranger = (
        _Page(signed_in(key).get(f"{IMAGES}/Harbor%20Light").text) for key in (REQUESTOR, STRANGER)
    )

    assert proposer.links["Delete"] == "/propose/image_generation/Harbor%20Light?as=delete"
    assert not any(address.startswith("/propose/") for address in stranger.links.values())
    for address in proposer.links.values():
        if address.startswith("/propose/"):
            assert signed_in(REQUESTOR).get(address).status_code == 200


def test_text_models_are_grouped_by_what_their_names_have_in_common(client: TestClient) -> None:
    families = seen(client, "/text/families")
    address = next(address for address in families.links.values() if address.startswith("/text/groups/"))

    group = seen(client, address)

    assert any(link.startswith("/models/text_generation/") for link in group.links.values())


def test_an_unknown_group_is_not_there(client: TestClient) -> None:
    seen(client, "/text/groups/nothing", status=404)


def test_a_replica_lists_models_without_a_history(make_client: MakeClient) -> None:
    replica = make_client(replicate_mode="REPLICA", offline=True)

    seen(replica, "/")
    seen(replica, "/models/image_generation")
    seen(replica, "/charts")
    seen(replica, "/feed.atom", status=503)


def test_figures_of_the_ai_horde_are_shown_with_their_time(make_client: MakeClient) -> None:
    with running_stub(AIHordeStub()) as stub:
        client = make_client(ai_horde_url=stub.url)

        text = seen(client, f"{IMAGES}/Harbor%20Light").text

    assert "Workers 1 Uses, 24 hours 5 Uses, 30 days 90" in text
    assert re.search(r"As the AI-Horde counted them: \d+ \w+ \d{4}, \d\d:\d\d UTC", text)


@pytest.mark.parametrize("query", ["", "&sort=used"])
def test_the_models_used_most_come_first(make_client: MakeClient, query: str) -> None:
    with running_stub(AIHordeStub()) as stub:
        client = make_client(ai_horde_url=stub.url)

        found = names(client, f"{IMAGES}?view=table{query}")

    assert found[:2] == ["Harbor Light", "Prairie XL"]


def test_pages_without_the_ai_horde_say_so(client: TestClient) -> None:
    assert "does not answer at the moment" in seen(client, f"{IMAGES}/Harbor%20Light").text


@pytest.mark.parametrize("path", ["/", IMAGES, f"{IMAGES}/Harbor%20Light", "/text/families", "/charts"])
def test_a_page_is_another_after_a_change(client: TestClient, writer: Writer, path: str) -> None:
    before = client.get(path, headers=HTML).headers["etag"]
    again = client.get(path, headers=HTML).headers["etag"]

    writer.write(Category.image_generation, an_image_write("Harbor Light"), an_image_write("New"))
    classified = {"domain": "text", "purpose": "generation"}
    writer.write(Category.text_generation, a_write("New-7B", parameters=7, model_classification=classified))

    assert again == before
    assert client.get(path, headers=HTML).headers["etag"] != before


def an_image_write(name: str, **fields: Any) -> Write:
    """Return the next version of an image model."""
    record: dict[str, Any] = {
        "baseline": "stable_diffusion_xl",
        "nsfw": False,
        "model_classification": {"domain": "image", "purpose": "generation"},
    }
    return a_write(name, **record | fields)


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
    turned = _Page(largest).links["Size ↓"]

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


def test_a_text_model_leads_to_its_group(client: TestClient) -> None:
    page = seen(client, "/models/text_generation/acme/Pebble-4.1B")

    group = seen(client, page.links["Pebble"])

    assert "acme/Pebble-4.1B" in group.links


@pytest.mark.parametrize("path", ["image_generation/Harbor Light", "text_generation/acme/Pebble-4.1B"])
def test_a_model_shows_its_entry_of_version_1(client: TestClient, path: str) -> None:
    category, _, name = path.partition("/")
    whole = client.get(f"/api/model_references/v1/{category}").json()

    html = client.get(f"/models/{path}", headers=HTML).text

    shown = re.findall(r'aria-label="JSON, version 1"><code>(.*?)</code>', html, re.DOTALL)
    assert json.loads(unescape(shown[0])) == {name: whole[name]}


def test_a_model_that_version_1_leaves_out_says_so(client: TestClient, writer: Writer) -> None:
    writer.write(Category.text_generation, a_write("koboldcpp/odd"))

    assert "Version 1 leaves this model out." in seen(client, "/models/text_generation/koboldcpp/odd").text


@pytest.mark.parametrize("name", ["it's", "a b", 'quo"te', "$(rm -rf x)", "ünï/c%de"])
def test_commands_to_copy_hold_any_name(name: str) -> None:
    for snippet in snippets("http://x", Category.text_generation, name, has_files=True):
        if "Python" in snippet.label:
            parts = ast.walk(ast.parse(snippet.text))
            assert name in [part.value for part in parts if isinstance(part, ast.Constant)]
        else:
            words = shlex.split(snippet.text)
            assert any(
                name in word or quote(name, safe="") in word or json.dumps(name)[1:-1] in word
                for word in words
            )


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


def test_a_model_has_the_same_size_in_lists_and_on_its_page(client: TestClient, writer: Writer) -> None:
    download = {"file_name": "a", "file_url": "https://x.example/a", "sha256sum": "0" * 64, "size_bytes": 5}
    sizes: dict[str, Any] = {"size_on_disk_bytes": 7_000_000_000, "config": {"download": [download]}}
    writer.write(Category.image_generation, an_image_write("Sized", **sizes))

    assert "7 GB" in seen(client, f"{IMAGES}?view=table&q=sized").text
    assert "Size on disk 7 GB" in seen(client, f"{IMAGES}/Sized").text
