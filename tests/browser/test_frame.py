"""The frame of every page, in a browser."""

from playwright.sync_api import Page, expect


def test_the_start_page_has_a_heading(page: Page) -> None:
    expect(page.locator("h1")).to_have_count(1)


def test_the_first_stop_of_the_keyboard_is_the_way_past_the_navigation(page: Page) -> None:
    page.keyboard.press("Tab")

    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
