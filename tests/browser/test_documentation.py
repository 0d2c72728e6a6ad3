"""The documentation of the API, in a browser that reaches nothing but this machine."""

from collections.abc import Callable

import pytest
from chromium import a_context
from playwright.sync_api import Browser, Page, expect
from web_site import Site

OpenPage = Callable[..., Page]
_PATIENCE = 60_000
"""Milliseconds; these are large programs."""


def test_the_interactive_documentation_asks_the_registry_that_it_describes(open_page: OpenPage) -> None:
    page = open_page()
    page.set_default_timeout(_PATIENCE)
    page.goto("/api/docs#/default/heartbeat_heartbeat_get")

    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    status = page.locator(".live-responses-table .response-col_status").last
    expect(status).to_contain_text("200", timeout=_PATIENCE)


def test_the_documentation_to_read_shows_the_description(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/api/redoc", timeout=_PATIENCE)

    heading = page.get_by_role("heading", name="Horde Model Reference API")
    expect(heading).to_be_visible(timeout=_PATIENCE)


@pytest.mark.parametrize("path", ["/api/docs", "/redoc"])
def test_the_documentation_loads_nothing_from_elsewhere(site: Site, browser: Browser, path: str) -> None:
    asked: list[str] = []
    with a_context(browser, site.url) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))

        with page.expect_response("**/openapi.json", timeout=_PATIENCE):
            page.goto(path, timeout=_PATIENCE)
        expect(page.get_by_text("Horde Model Reference API").first).to_be_visible(timeout=_PATIENCE)

    assert [url for url in asked if not url.startswith((f"{site.url}/", "data:", "blob:"))] == []
