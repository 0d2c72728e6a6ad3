"""Every page in a real browser: accessible, valid, light, steady, and safe with hostile records.

A part of the pages that comes later adds its pages to `pages.py`.
"""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import Scheme
from hmr import eventually
from html_checker import HtmlChecker
from pages import PAGES, PageOfSite
from playwright.sync_api import Page, expect
from web_site import CHANGED, HOSTILE_NAME, RISQUE, Site

OpenPage = Callable[..., Page]
_MOST_BYTES = 60_000
_OPEN_ALL = "document.querySelectorAll('details').forEach(details => details.open = true)"
_ALL_PAGES = pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@_ALL_PAGES
def test_a_page_has_no_barrier_that_axe_knows(open_page: OpenPage, shown: PageOfSite, scheme: Scheme) -> None:
    page = open_page(shown.path, scheme=scheme, expected_status=shown.status)
    page.evaluate(_OPEN_ALL)

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


@_ALL_PAGES
def test_a_page_is_valid_html(site: Site, html_checker: HtmlChecker, shown: PageOfSite) -> None:
    status, html = html_checker.fetch(site.url + shown.path)

    assert status == shown.status
    assert html_checker.problems(html) == []


@_ALL_PAGES
def test_a_page_fits_a_phone(open_page: OpenPage, shown: PageOfSite) -> None:
    page = open_page(shown.path, width=390, height=844, expected_status=shown.status)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@_ALL_PAGES
def test_a_page_takes_little_to_load(open_page: OpenPage, site: Site, shown: PageOfSite) -> None:
    page = open_page("about:blank", expected_status=None)
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )

    page.goto(site.url + shown.path, wait_until="networkidle")

    transferred = sum(size for request, size in sizes.items() if kinds.get(request) != "Image")
    assert 0 < transferred <= _MOST_BYTES


@_ALL_PAGES
def test_no_page_runs_what_a_record_says(open_page: OpenPage, shown: PageOfSite) -> None:
    page = open_page(shown.path, expected_status=shown.status)

    assert page.evaluate("window.hacked") is None
    assert (
        page.locator("a[href^='javascript'], img[src^='javascript'], img[src^='data'], [onerror]").count()
        == 0
    )


@_ALL_PAGES
def test_a_page_says_the_same_without_scripts(open_page: OpenPage, shown: PageOfSite) -> None:
    plain = open_page(shown.path, scripts=False, expected_status=shown.status)
    page = open_page(shown.path, expected_status=shown.status)

    expect(plain.locator("h1")).to_have_count(1)
    expect(plain.locator("main")).to_be_visible()
    assert said(plain) == said(page)


def said(page: Page) -> tuple[list[str], list[str | None]]:
    """Return headings and where links lead, which no script changes."""
    headings = page.locator("main").locator("h1, h2, h3").all_text_contents()
    return headings, [link.get_attribute("href") for link in page.locator("main a").all()]


def test_hostile_text_is_shown_as_it_is(open_page: OpenPage) -> None:
    page = open_page(f"/models/image_generation/{quote(HOSTILE_NAME, safe='')}")

    expect(page.locator("h1")).to_have_text(HOSTILE_NAME)
    expect(page.locator(".description")).to_contain_text("<script>window.hacked=1</script>")
    expect(page.locator(".description")).to_contain_text("{{7*7}}")


def test_a_model_is_found_from_the_start_page(open_page: OpenPage) -> None:
    page = open_page("/")

    page.keyboard.press("/")
    page.keyboard.type("cedar lant")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=CHANGED).click()

    expect(page.locator("h1")).to_have_text(CHANGED)


def test_a_filter_narrows_the_list_and_is_taken_back(open_page: OpenPage) -> None:
    page = open_page("/models/image_generation")
    everything = page.locator(".count").inner_text()

    page.locator("a.filter", has_text="anime").first.click()
    narrowed = page.locator(".count").inner_text()
    page.locator(".chips a").first.click()

    assert narrowed != everything
    expect(page.locator(".count")).to_have_text(everything)


def test_choosing_an_order_sorts_at_once(open_page: OpenPage) -> None:
    page = open_page("/models/image_generation?view=table")

    page.get_by_label("Order").select_option("name")

    expect(page).to_have_url(re.compile("sort=name"))
    page.wait_for_load_state()  # the address is there before the rows
    found = page.locator("tbody th a").all_inner_texts()
    assert len(found) > 10
    assert found == sorted(found)


@pytest.mark.parametrize("way", ["pointer", "keyboard", "without scripts"])
def test_a_blurred_picture_is_revealed(open_page: OpenPage, way: str) -> None:
    page = open_page(f"/models/image_generation/{quote(RISQUE)}", scripts=way != "without scripts")
    blurred = page.locator(".picture-blurred")
    before = blurred.count()

    link = page.locator(".reveal").first
    if way == "keyboard":
        link.focus()
        page.keyboard.press("Enter")
    else:
        link.click()

    expect(blurred).to_have_count(0 if way == "without scripts" else before - 1)


def test_a_hash_is_copied(open_page: OpenPage) -> None:
    page = open_page(f"/models/image_generation/{quote(CHANGED)}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = page.locator(".hash code").first.inner_text()
    button = page.locator(".hash button").first
    page.clock.install(time=0)
    page.clock.pause_at(1)  # what the button says for a moment, it says until time goes on

    button.click()

    expect(button).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == shown

    page.evaluate("navigator.clipboard.writeText('')")
    button.click()
    eventually(lambda: page.evaluate("navigator.clipboard.readText()") == shown)
    page.clock.run_for(1500)
    expect(button).to_contain_text("Copy")


def test_where_nothing_can_be_copied_no_button_says_so(open_page: OpenPage) -> None:
    page = open_page(f"/models/image_generation/{quote(CHANGED)}")
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")

    page.reload()

    expect(page.locator(".hash code").first).to_be_visible()
    expect(page.locator("button[data-copy]:visible")).to_have_count(0)


def test_times_are_told_from_now(open_page: OpenPage) -> None:
    page = open_page(f"/models/image_generation/{quote(CHANGED)}")

    expect(page.locator(".age").first).to_contain_text("ago")
    expect(page.locator("#history + ol time").first).to_have_attribute("title", "2 hours ago")


def test_pictures_further_down_are_loaded_when_they_are_near(open_page: OpenPage) -> None:
    page: Page = open_page("/models/image_generation")

    assert page.locator(".cards img").last.get_attribute("loading") == "lazy"
    assert page.locator(".cards img").first.get_attribute("loading") is None
