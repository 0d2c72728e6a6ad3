"""The page of each model: all that is known of it, on the fixture's records."""

import ast
import json
import re
import shlex
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from ai_horde_stub import AIHordeStub, running_stub
from api_client import MakeClient
from factories import a_removal, a_write
from page_reader import IMAGES, Page, Writer, an_image_write, seen
from review_client import REQUESTOR, STRANGER
from starlette.testclient import TestClient
from web_client import HTML, SignedIn

from horde_model_reference.domain.categories import Category
from horde_model_reference.service.web.browse.snippets import snippets


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


def test_the_history_counts_what_was_only_filled_in(client: TestClient, writer: Writer) -> None:
    licensing = {"license_expression": "NOASSERTION", "evidence": [], "commercial_use": "unknown"}
    writer.write(Category.esrgan, a_write("Upscaler", version="1.0"), author="Ann#1")
    writer.write(Category.esrgan, a_write("Upscaler", version="2.0", licensing=licensing), author="Ann#1")
    writer.write(
        Category.esrgan,
        a_write("Upscaler", version="3.0", licensing=licensing | {"license_expression": "MIT"}),
        author="Ann#1",
    )

    text = seen(client, "/models/esrgan/Upscaler").text

    newer, older = text.split("Changed by Ann#1")[1:]
    assert "license_expression NOASSERTION MIT" in newer
    assert "had by default" not in newer
    assert "version 1.0 2.0" in older
    assert "NOASSERTION" not in older
    assert "3 more fields got the values that they had by default." in older


def test_the_history_tells_what_is_said_of_an_unknown_licence(client: TestClient, writer: Writer) -> None:
    licensing = {"license_expression": "NOASSERTION", "attribution": "By Somebody Else"}
    writer.write(Category.esrgan, a_write("Upscaler"), author="Ann#1")
    writer.write(Category.esrgan, a_write("Upscaler", licensing=licensing), author="Ann#1")

    text = seen(client, "/models/esrgan/Upscaler").text

    assert "licensing.attribution By Somebody Else" in text
    assert "1 more field got the value that it had by default." in text


def test_only_the_last_versions_are_shown_until_all_are_asked_for(client: TestClient, writer: Writer) -> None:
    versions = [("Ann#1", a_write("Upscaler", version=f"v{version}")) for version in range(30)]
    writer.write_each(Category.esrgan, *versions)

    some, everything = (
        seen(client, f"/models/esrgan/Upscaler{query}").text for query in ("", "?history=all")
    )

    assert "All 30 versions" in some
    assert "version v9 v10" in some
    assert "version v8 v9" not in some
    assert "version v0 v1" in everything


def test_whoever_may_propose_is_led_to_the_forms(signed_in: SignedIn) -> None:
    proposer, stranger = (
        Page(signed_in(key).get(f"{IMAGES}/Harbor%20Light").text) for key in (REQUESTOR, STRANGER)
    )

    assert proposer.links["Delete"] == "/propose/image_generation/Harbor%20Light?as=delete"
    assert not any(address.startswith("/propose/") for address in stranger.links.values())
    for address in proposer.links.values():
        if address.startswith("/propose/"):
            assert signed_in(REQUESTOR).get(address).status_code == 200


def test_figures_of_the_ai_horde_are_shown_with_their_time(make_client: MakeClient) -> None:
    with running_stub(AIHordeStub()) as stub:
        client = make_client(ai_horde_url=stub.url)

        text = seen(client, f"{IMAGES}/Harbor%20Light").text

    assert "Workers 1 Uses, 24 hours 5 Uses, 30 days 90" in text
    assert re.search(r"As the AI-Horde counted them: \d+ \w+ \d{4}, \d\d:\d\d UTC", text)


@pytest.mark.parametrize("path", ["/", IMAGES, f"{IMAGES}/Harbor%20Light", "/text/families", "/charts"])
def test_a_page_is_another_after_a_change(client: TestClient, writer: Writer, path: str) -> None:
    before = client.get(path, headers=HTML).headers["etag"]
    again = client.get(path, headers=HTML).headers["etag"]

    writer.write(Category.image_generation, an_image_write("Harbor Light"), an_image_write("New"))
    classified = {"domain": "text", "purpose": "generation"}
    writer.write(Category.text_generation, a_write("New-7B", parameters=7, model_classification=classified))

    assert again == before
    assert client.get(path, headers=HTML).headers["etag"] != before


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


def test_a_model_has_the_same_size_in_lists_and_on_its_page(client: TestClient, writer: Writer) -> None:
    download = {"file_name": "a", "file_url": "https://x.example/a", "sha256sum": "0" * 64, "size_bytes": 5}
    sizes: dict[str, Any] = {"size_on_disk_bytes": 7_000_000_000, "config": {"download": [download]}}
    writer.write(Category.image_generation, an_image_write("Sized", **sizes))

    assert "7 GB" in seen(client, f"{IMAGES}?view=table&q=sized").text
    assert "Size on disk 7 GB" in seen(client, f"{IMAGES}/Sized").text


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
