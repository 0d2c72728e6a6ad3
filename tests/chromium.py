"""A real Chromium for tests and screenshots, which reaches nothing but this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, sync_playwright
from web_site import a_picture

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
# The shell has no windows around its pages, which take a third of the time.
_NAMES = ("chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome")

Scheme = Literal["light", "dark"]


def chromium_path() -> str | None:
    """Return where a Chromium is: as CHROMIUM says, else on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def require_chromium() -> str:
    """Return where a Chromium is; skip without one, but fail in CI."""
    found = chromium_path()
    if found is None:
        reason = "there is no Chromium on the path; install one or name it in CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: CI runs every test")
        pytest.skip(reason)
    return found


@contextmanager
def running_chromium(path: str) -> Iterator[Browser]:
    """Run a browser until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def a_context(
    browser: Browser,
    base_url: str,
    *,
    scheme: Scheme = "light",
    width: int = 1280,
    height: int = 800,
    scripts: bool = True,
    storage_state: Path | None = None,
) -> Iterator[BrowserContext]:
    """Open a window; pictures from elsewhere are replaced, nothing else gets out.

    Its cookies are its own, or begin with those of a file.
    """
    context = browser.new_context(
        base_url=base_url,
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        java_script_enabled=scripts,
        reduced_motion="reduce",
        storage_state=storage_state,
    )
    context.set_default_timeout(10_000)
    context.route("https://**/*", _replace)
    try:
        yield context
    finally:
        context.close()


def _replace(route: Route) -> None:
    if route.request.resource_type == "image":
        route.fulfill(body=a_picture(route.request.url), content_type="image/png")
    else:
        route.abort()
