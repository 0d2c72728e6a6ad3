"""The documentation of the API, in a browser that reaches nothing but this machine."""

from collections.abc import Callable

from playwright.sync_api import Page, Request, expect
from web_site import Site

OpenPage = Callable[..., Page]
_PATIENCE = 60_000
"""Milliseconds; these are large programs."""
_TITLE = "Horde Model Reference API"


def asked_elsewhere(page: Page, site: Site) -> list[str]:
    """Return a list that takes up each address outside the registry that a page asks for."""
    found: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((f"{site.url}/", "data:", "blob:")):
            found.append(request.url)

    page.on("request", note)
    return found


def test_the_interactive_documentation_asks_the_registry_that_it_describes_and_nobody_else(
    open_page: OpenPage, site: Site
) -> None:
    page = open_page()
    page.set_default_timeout(_PATIENCE)
    elsewhere = asked_elsewhere(page, site)
    with page.expect_response("**/openapi.json"):
        page.goto("/api/docs#/default/heartbeat_heartbeat_get")
    expect(page.get_by_text(_TITLE).first).to_be_visible(timeout=_PATIENCE)

    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    status = page.locator(".live-responses-table .response-col_status").last
    expect(status).to_contain_text("200", timeout=_PATIENCE)
    assert elsewhere == []


def test_the_documentation_to_read_shows_the_description_and_asks_nobody_else(
    open_page: OpenPage, site: Site
) -> None:
    page = open_page()
    page.set_default_timeout(_PATIENCE)
    elsewhere = asked_elsewhere(page, site)

    with page.expect_response("**/openapi.json"):
        page.goto("/redoc")

    expect(page.get_by_role("heading", name=_TITLE)).to_be_visible(timeout=_PATIENCE)
    assert elsewhere == []
    # Below the other address is the same page.
    other, here = (page.request.get(path).text() for path in ("/api/redoc", "/redoc"))
    assert other.replace('"/api/', '"/') == here
