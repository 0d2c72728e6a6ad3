"""A browser, and a registry that looks like a real one; for every module their own.

Per module, since Playwright keeps an event loop running in its thread, which other tests must not meet.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from chromium import a_context, require_chromium, running_chromium
from html_checker import HtmlChecker, running_checker
from playwright.sync_api import Browser, ConsoleMessage, Page
from web_site import Site, site_of_module

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a running registry, the same for all tests of a module."""
    require_chromium()
    with site_of_module(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium."""
    with running_chromium(require_chromium()) as running:
        yield running


@pytest.fixture
def open_page(site: Site, browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens a tab in a new window: ``open_page(path, scheme="dark", width=390)``.

    Messages on the console at the level of errors fail the test.
    """
    complaints: list[str] = []
    with ExitStack() as stack:

        def opened(path: str = "/", *, expected_status: int | None = 200, **options: object) -> Page:
            page = stack.enter_context(a_context(browser, site.url, **options)).new_page()  # type: ignore[arg-type] # options of another function, passed on
            page.on("console", lambda message: _note(complaints, message))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            answer = page.goto(path)
            assert (None if answer is None else answer.status) == expected_status
            return page

        yield opened
    assert complaints == []


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    # Pages that aren't there are asked for on purpose, and a form that was not taken is shown again.
    is_refused = re.search(r"status of (400|401|403|404|409|422)", message.text) is not None
    is_page = "/static/" not in message.location["url"]
    if message.type == "error" and not (is_refused and is_page):
        complaints.append(f"{message.text} {message.location['url']}")


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """Return a tab on the start page."""
    return open_page()


@pytest.fixture(scope="session")
def html_checker() -> Iterator[HtmlChecker]:
    """Return what tells invalid HTML."""
    with running_checker() as running:
        yield running
