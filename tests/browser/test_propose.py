"""Proposing records in a browser: with scripts and without, by keyboard, on a phone, with drafts."""

import re
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
from html_checker import HtmlChecker
from page_checks import accessibility_problems
from playwright.sync_api import Page, expect
from review_client import APPROVER, BOTH, REQUESTOR
from web_site import CHANGED, HOSTILE_NAME, Site

OpenPage = Callable[..., Page]
EDIT = f"/propose/image_generation/{CHANGED}?as=edit"
SUM = "0123456789abcdef" * 4


@pytest.fixture
def open_form(open_page: OpenPage) -> OpenPage:
    """Return a function that signs in and opens a page of the forms."""

    def opened(path: str, **options: object) -> Page:
        page = open_page("/sign-in", **options)
        page.get_by_label("key", exact=False).first.fill(REQUESTOR)
        page.locator("main").get_by_role("button", name="Sign in").click()
        page.goto(path)
        return page

    return opened


def sign_in(page: Page, key: str) -> None:
    page.goto("/sign-in")
    page.locator("#key").fill(key)
    page.locator("main").get_by_role("button", name="Sign in").click()


def fill_image(page: Page, name: str) -> None:
    page.get_by_label("Name (required)", exact=True).first.fill(name)
    page.get_by_label("Description", exact=True).first.fill("Lights of the north")
    page.get_by_label("Baseline").select_option("flux_1")
    page.get_by_label("Not safe for work?").select_option("no")
    page.get_by_label("File name").first.fill("aurora.safetensors")
    page.locator("[id='config.download.0.file_url']").fill("https://models.example/aurora.safetensors")
    page.locator("[id='config.download.0.sha256sum']").fill(SUM)
    page.get_by_label("Licence expression").first.fill("MIT")


def send(page: Page) -> int:
    page.get_by_role("button", name="Check and preview").last.click()
    expect(page.locator("h1")).to_contain_text("Preview")
    page.get_by_role("button", name="Send the proposal").click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    found = re.search(r"change (\d+)", page.locator("h1").inner_text())
    assert found is not None
    return int(found[1])


def call(site: Site, method: str, path: str, *, key: str = APPROVER, json: object = None) -> httpx.Response:
    answer = httpx.request(
        method, f"{site.url}/api/model_references{path}", headers={"apikey": key}, json=json, timeout=20
    )
    return answer.raise_for_status()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_new_model_goes_from_the_form_to_every_reader(
    open_form: OpenPage, site: Site, scripts: bool
) -> None:
    name = f"Aurora {'quick' if scripts else 'plain'}"
    page = open_form("/propose", scripts=scripts)
    page.get_by_role("link", name="image generation").click()
    fill_image(page, name)
    page.get_by_role("button", name="Add file").first.click()
    page.locator("[id='config.download.1.file_name']").fill("extra.vae")
    page.locator("[id='config.download.1.file_url']").fill("https://models.example/extra.vae")

    change_id = send(page)
    title = {"batch_title": "Lights", "approved_ids": [change_id]}
    call(site, "POST", "/v2/pending_queue/batches", json=title)
    call(site, "POST", f"/v2/pending_queue/changes/{change_id}/apply", json={})

    record = call(site, "GET", f"/v2/image_generation/model/{name}").json()
    assert [file["file_name"] for file in record["config"]["download"]] == ["aurora.safetensors", "extra.vae"]
    assert record["licensing"]["commercial_use"] == "allowed"
    assert record["metadata"]["created_by"] == "1001"
    old = call(site, "GET", "/v1/stable_diffusion").json()[name]
    assert old["config"]["download"][0]["file_url"] == "https://models.example/aurora.safetensors"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_errors_stand_beside_their_fields_and_lead_to_them(open_form: OpenPage, scripts: bool) -> None:
    page = open_form("/propose/image_generation", scripts=scripts)
    page.get_by_label("Name (required)", exact=True).first.fill("Half done")
    page.locator("#name").press("Enter")

    # A Chromium without scripts that has much to do overlooks that, once in ten times; pages can't help it.
    expect(page.locator("#errors")).to_have_attribute("autofocus", "")
    if scripts:
        expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#name")).to_have_value("Half done")
    page.get_by_role("link", name="Baseline").click()

    expect(page.locator("#baseline")).to_be_focused()
    expect(page.locator("#baseline")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#baseline")).to_have_accessible_description(re.compile("is needed"))


def test_what_is_typed_is_checked_by_the_rules_of_the_api(open_form: OpenPage) -> None:
    page = open_form("/propose/image_generation")
    name = page.get_by_label("Name (required)", exact=True).first

    name.fill(CHANGED)
    name.blur()

    expect(page.locator("[id='name-error']")).to_contain_text("is in image_generation already")
    name.fill(CHANGED.lower())
    name.blur()
    expect(page.locator("[id='name-error']")).to_be_hidden()
    expect(page.locator("[id='name-warning']")).to_contain_text(f"Much like the name of {CHANGED}")


def test_fields_that_nobody_touched_are_not_complained_about(open_form: OpenPage) -> None:
    page = open_form("/propose/image_generation")

    page.get_by_label("Name (required)", exact=True).first.fill("New")
    page.get_by_label("Description", exact=True).first.fill("words")

    expect(page.locator("[data-check-status]")).to_contain_text("missing or not right yet")
    expect(page.locator("[id='baseline-error']")).to_be_hidden()


def test_a_draft_survives_a_reload_and_goes_when_it_is_sent(open_form: OpenPage) -> None:
    page = open_form("/propose/image_generation")
    fill_image(page, "Drafted")
    page.get_by_role("button", name="Add file").first.click()
    page.locator("[id='config.download.1.file_name']").fill("second.bin")
    page.locator("[id='config.download.1.file_url']").fill("https://models.example/second.bin")

    page.reload()

    expect(page.locator(".draft-notice")).to_be_visible()
    expect(page.locator("#name")).to_have_value("Drafted")
    expect(page.locator("[id='config.download.1.file_name']")).to_have_value("second.bin")
    send(page)
    page.goto("/propose/image_generation")
    expect(page.locator("#name")).to_have_value("")
    expect(page.locator(".draft-notice")).to_be_hidden()


def test_a_draft_can_be_discarded(open_form: OpenPage) -> None:
    page = open_form("/propose/esrgan")
    page.locator("#name").fill("Never mind")
    page.reload()

    page.get_by_role("button", name="Discard it").click()

    expect(page.locator(".draft-notice")).to_be_hidden()
    expect(page.locator("#name")).to_have_value("")


def test_a_draft_outlives_a_preview_with_errors(open_form: OpenPage) -> None:
    page = open_form("/propose/image_generation")
    page.locator("#name").fill("Half done")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_be_visible()
    page.locator("#description").fill("after the errors")
    page.locator("#description").blur()

    page.goto("/propose/image_generation")

    expect(page.locator("#description")).to_have_value("after the errors")


def test_two_tabs_keep_drafts_of_their_own(open_form: OpenPage) -> None:
    one = open_form("/propose/gfpgan")
    one.locator("#name").fill("In the first tab")
    other = one.context.new_page()
    other.goto("/propose/gfpgan")
    expect(other.locator(".draft-notice")).to_be_hidden()
    expect(other.locator("#name")).to_have_value("")
    other.locator("#name").fill("In the second tab")

    one.reload()
    other.reload()

    expect(one.locator("#name")).to_have_value("In the first tab")
    expect(other.locator("#name")).to_have_value("In the second tab")
    send(other)
    one.reload()
    expect(one.locator("#name")).to_have_value("In the first tab")


def test_a_draft_of_a_closed_tab_is_found_in_the_next_one(open_form: OpenPage) -> None:
    page = open_form("/propose/codeformer")
    page.locator("#name").fill("Closed too early")
    context = page.context
    with page.expect_event("close"):
        page.close(run_before_unload=True)

    page = context.new_page()
    page.goto("/propose/codeformer")

    expect(page.locator("#name")).to_have_value("Closed too early")


def test_a_draft_is_for_the_person_who_made_it(open_form: OpenPage) -> None:
    page = open_form("/propose/gfpgan")
    page.locator("#name").fill("Mine alone")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, BOTH)
    page.goto("/propose/gfpgan")
    expect(page.locator("#name")).to_have_value("")

    page.get_by_role("button", name="Sign out").click()
    sign_in(page, REQUESTOR)
    page.goto("/propose/gfpgan")

    expect(page.locator("#name")).to_have_value("Mine alone")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_nothing_typed_is_lost_when_the_session_ends(open_form: OpenPage, scripts: bool) -> None:
    page = open_form("/propose/image_generation", scripts=scripts)
    fill_image(page, f"Interrupted {scripts}")
    # Elsewhere they end all their sessions.
    elsewhere = open_form("/sign-in")
    elsewhere.get_by_role("button", name="Sign out everywhere").click()
    if scripts:
        page.locator("#version").fill("1")
        page.locator("#version").blur()
        expect(page.locator("[data-check-status]")).to_contain_text("Your session has ended")

    page.get_by_role("button", name="Check and preview").last.click()
    expect(page.locator("main")).to_contain_text("what you filled in is kept")
    assert not scripts or accessibility_problems(page) == []
    page.locator("#key").fill(REQUESTOR)
    page.locator("main").get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("You are signed in again")
    assert not scripts or accessibility_problems(page) == []
    page.get_by_role("button", name="Go on where I was").click()

    expect(page.locator("h1")).to_contain_text(f"Preview: Interrupted {scripts}")
    page.get_by_role("button", name="Back to the form").click()
    expect(page.locator("[id='config.download.0.sha256sum']")).to_have_value(SUM)


def test_more_than_can_be_sent_is_not_sent(open_form: OpenPage) -> None:
    page = open_form("/propose/image_generation")
    page.locator("#name").fill("Stays")
    page.get_by_text("Paste a record as JSON").click()
    page.locator("#_pasted").evaluate("(input) => { input.value = 'x'.repeat(2_000_000); }")

    page.get_by_role("button", name="Fill the form").click()

    # What is checked meanwhile takes nothing of it back.
    expect(page.locator("[data-check-status]")).to_contain_text("missing or not right yet")
    expect(page.get_by_role("alert")).to_contain_text("more than can be sent at once")
    expect(page.locator("#name")).to_have_value("Stays")

    page.locator("#_pasted").fill("{}")

    expect(page.locator("[data-too-much]")).to_be_empty()


def test_rows_come_and_go_at_once(open_form: OpenPage) -> None:
    page = open_form(EDIT)
    open_all(page)

    page.locator("[id='licensing.files']").get_by_role("button", name="Add file").click()
    inner = page.locator("[id='licensing.files.0']")
    inner.get_by_role("button", name="Add evidence").click()
    page.locator("[id='licensing.files.0.evidence.0.source']").fill("nested")
    inner.get_by_role("button", name="Remove File 1").click()

    expect(page.locator("[id='licensing.files.0']")).to_have_count(0)


def test_names_of_text_models_are_put_together_while_typing(open_form: OpenPage) -> None:
    page = open_form("/propose/text_generation")
    page.get_by_text("Put the name together").click()

    page.get_by_label("Base name").fill("Llama-3")
    page.locator("[id='_part.size']").fill("8B")
    page.locator("[id='_part.size']").blur()

    expect(page.locator("#composed-name")).to_have_text("Llama-3-8B")
    expect(page.locator("#composed-taken")).to_be_hidden()
    page.get_by_role("button", name="Use this name").click()
    expect(page.locator("#name")).to_have_value("Llama-3-8B")


def test_a_name_that_is_taken_is_told_while_it_is_put_together(open_form: OpenPage) -> None:
    page = open_form("/propose/text_generation")
    page.get_by_text("Put the name together").click()

    for part, text in {"author": "acme", "base": "Pebble", "size": "8B"}.items():
        page.locator(f"[id='_part.{part}']").fill(text)

    expect(page.locator("#composed-taken")).to_be_visible()


def test_a_file_is_called_as_its_address_says(open_form: OpenPage) -> None:
    page = open_form("/propose/image_generation")
    first, second = (page.locator(f"[id='config.download.{number}.file_name']") for number in (0, 1))

    page.locator("[id='config.download.0.file_url']").fill(
        "https://a.example/x/north%20light.ckpt?download=true"
    )
    page.locator("[id='config.download.0.file_url']").blur()
    expect(first).to_have_value("")
    page.locator("[id='config.download.0.file_url']").fill("https://a.example/x/north.ckpt?download=true")
    page.locator("[id='config.download.0.file_url']").blur()
    expect(first).to_have_value("north.ckpt")
    page.get_by_role("button", name="Add file").first.click()
    second.fill("mine.vae")
    page.locator("[id='config.download.1.file_url']").fill("https://a.example/other.vae")
    page.locator("[id='config.download.1.file_url']").blur()

    expect(second).to_have_value("mine.vae")


def test_an_edit_shows_only_what_changes(open_form: OpenPage) -> None:
    page = open_form(EDIT)
    page.locator("#version").fill("9.9")

    page.get_by_role("button", name="Check and preview").last.click()

    expect(page.locator("table.field-diff tbody th")).to_have_text(["version"])
    page.get_by_role("button", name="Back to the form").click()
    expect(page.locator("#version")).to_have_value("9.9")


def test_before_a_deletion_one_sees_who_serves_the_model(open_form: OpenPage) -> None:
    page = open_form(f"/propose/image_generation/{CHANGED}?as=delete")

    effects = page.get_by_role("region", name="What that would affect")
    expect(effects).to_contain_text("Amber Rig")
    expect(effects).to_contain_text("this month")


def test_a_reason_that_is_missing_is_asked_for_where_it_belongs(open_form: OpenPage) -> None:
    page = open_form(f"/propose/image_generation/{CHANGED}?as=delete", scripts=False)
    page.get_by_label("Why should it go?").fill(" ")

    page.get_by_role("button", name="Propose to delete it").click()

    expect(page.locator("#_note")).to_have_attribute("autofocus", "")  # see the test of errors in forms
    expect(page.locator("#_note")).to_have_accessible_description(re.compile("reason"))


PAGES = {
    "choose": "/propose",
    "image": "/propose/image_generation",
    "text": "/propose/text_generation",
    "edit": EDIT,
    "hostile": f"/propose/image_generation/{quote(HOSTILE_NAME)}",
    "clone": f"/propose/image_generation/{CHANGED}?as=clone",
    "delete": f"/propose/image_generation/{CHANGED}?as=delete",
}


def with_errors(page: Page) -> None:
    page.goto("/propose/image_generation")
    page.locator("[id='config.download.0.sha256sum']").fill("abc")
    page.locator("#name").fill("a\\b")
    page.get_by_role("button", name="Check and preview").last.click()
    expect(page.locator("#errors")).to_be_visible()


def preview(page: Page) -> None:
    page.goto(EDIT)
    page.locator("#version").fill("9.9")
    page.get_by_role("button", name="Check and preview").last.click()
    expect(page.locator("table.field-diff")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_enter_sends_a_proposal_and_turns_no_part(open_form: OpenPage, scripts: bool) -> None:
    page = open_form("/propose/image_generation", scripts=scripts)
    fill_image(page, f"Long Lights {scripts}")
    page.get_by_label("Description", exact=True).first.fill("\n".join(f"line {n}" for n in range(900)))
    page.get_by_role("button", name="Check and preview").last.click()
    page.get_by_role("button", name="Next part").click()
    expect(page.locator("main")).to_contain_text("Part 2 of 3")

    page.get_by_label("A word to those who review it").press("Enter")

    expect(page.locator("h1")).to_contain_text("Thank you")


def open_all(page: Page) -> None:
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_everybody_can_use_the_pages(open_form: OpenPage, scheme: str, width: int) -> None:
    page = open_form("/propose", scheme=scheme, width=width)

    def look(name: str) -> None:
        open_all(page)
        assert accessibility_problems(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate("window.hacked") is None, name

    for name, path in PAGES.items():
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        look(name)
    preview(page)
    look("preview")


def test_the_pages_are_valid_html(open_form: OpenPage, html_checker: HtmlChecker) -> None:
    page = open_form("/propose", scripts=False)
    pages: dict[str, str] = {}
    for name, path in PAGES.items():
        pages[name] = page.request.get(path).text()
    preview(page)
    pages["preview"] = page.content()
    with_errors(page)
    pages["errors"] = page.content()

    assert html_checker.problems_by_name(pages) == {}


def test_a_form_weighs_little(open_form: OpenPage) -> None:
    page = open_form("/propose")

    for path in PAGES.values():
        sizes = _transferred(page, path)
        assert 0 < sum(sizes) <= 60_000, (path, sizes)


def _transferred(page: Page, path: str) -> list[int]:
    page.goto(path)
    entries: list[int] = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map((entry) => entry.encodedBodySize)"
    )
    return entries
