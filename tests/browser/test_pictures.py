"""Pictures from elsewhere, which may be gone, in a browser."""

from chromium import a_context
from playwright.sync_api import Browser, expect
from web_site import Site


def test_a_picture_that_is_gone_leaves_its_place_empty(site: Site, browser: Browser) -> None:
    with a_context(browser, site.url) as context:
        context.route("https://**/*", lambda route: route.fulfill(status=404))
        page = context.new_page()

        page.goto("/models/image_generation")

        first = page.locator(".picture img").first
        expect(page.locator(".picture-broken").first).to_be_attached()
        expect(first).to_have_css("visibility", "hidden")


def test_code_is_copied_from_beside_its_button(site: Site, browser: Browser) -> None:
    with a_context(browser, site.url) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto("/models/clip/ViT-L/14")

        page.get_by_role("button", name="Copy Its record, with curl").click()

        # The browser writes it there behind the click.
        page.wait_for_function(
            "async () => (await navigator.clipboard.readText()).startsWith('curl -L http')"
        )
