"""Nothing on a page moves while it loads, even where it arrives a piece at a time."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from chromium import a_context, require_chromium
from desk_site import DESK_PAGES, fill_desk
from pages import PAGES, PAGES_OF_MEMBERS, PageOfSite
from playwright.sync_api import Browser, expect
from review_client import REQUESTOR
from slow_line import slow_line
from web_site import Site, site_of_module

_EVERY_PAGE = (*PAGES, *PAGES_OF_MEMBERS, *DESK_PAGES)
_DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
_MOVED = """() => {
    const told = element => element?.outerHTML?.slice(0, 120) ?? element?.textContent ?? "gone";
    const observer = new PerformanceObserver(() => {});
    observer.observe({ type: "layout-shift", buffered: true });
    const shifts = observer.takeRecords();
    return shifts.map(shift => [shift.value, ...shift.sources.map(source => told(source.node))]);
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a running registry in which proposals wait."""
    require_chromium()
    with site_of_module(tmp_path_factory.mktemp("site")) as running:
        fill_desk(running)
        yield running


@pytest.fixture(scope="module")
def slow_site(site: Site) -> Iterator[str]:
    """Return where the pages of the registry arrive slowly."""
    with slow_line(site.url) as url:
        yield url


@pytest.fixture(scope="module")
def state_of(site: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that signs in with a key and returns a file with its cookies."""

    @cache
    def signed_in(key: str) -> Path:
        with a_context(browser, site.url) as context:
            page = context.new_page()
            page.goto("/sign-in")
            page.get_by_label("AI-Horde key").fill(key)
            page.locator("main").get_by_role("button", name="Sign in").click()
            page.wait_for_url("/")
            state = tmp_path_factory.mktemp("state") / "cookies.json"
            context.storage_state(path=state)
            return state

    return signed_in


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("shown", _EVERY_PAGE, ids=lambda shown: shown.name)
def test_nothing_on_a_page_moves_while_it_arrives(
    slow_site: str, browser: Browser, state_of: Callable[[str], Path], shown: PageOfSite, width: int
) -> None:
    state = state_of(shown.key) if shown.key else None
    with a_context(browser, slow_site, width=width, storage_state=state) as context:
        page = context.new_page()
        answer = page.goto(shown.path)
        page.evaluate(_DRAWN)

        assert answer is not None
        assert answer.status == shown.status
        assert page.evaluate(_MOVED) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["/propose/image_generation", "/propose/safety_checker"])
def test_nothing_moves_when_a_draft_comes_back(
    slow_site: str, browser: Browser, state_of: Callable[[str], Path], path: str, width: int
) -> None:
    # So high that the whole form is seen, and the foot of the page.
    context = a_context(browser, slow_site, width=width, height=9000, storage_state=state_of(REQUESTOR))
    with context as window:
        page = window.new_page()
        page.goto(path)
        page.locator("#name").fill("Comes back")
        page.get_by_role("button", name="Add file").click()
        page.locator("[id='config.download.1.file_name']").fill("second.bin")

        page.reload()
        expect(page.locator(".draft-notice")).to_be_visible()
        expect(page.locator("[id='config.download.1.file_name']")).to_have_value("second.bin")
        page.evaluate(_DRAWN)

        assert page.evaluate(_MOVED) == []


def test_what_moves_is_noticed(site: Site, browser: Browser) -> None:
    push = "() => document.body.insertAdjacentHTML('afterbegin', '<div style=\"height: 300px\"></div>')"
    with a_context(browser, site.url) as context:
        page = context.new_page()
        page.set_content("<p style='height: 100px'>This moves down.</p>")
        page.evaluate(_DRAWN)
        page.evaluate(push)
        page.evaluate(_DRAWN)

        assert "This moves down" in str(page.evaluate(_MOVED))
