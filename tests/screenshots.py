"""Write the screenshots of the main pages into docs/images: ``make screenshots``."""

import os
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from chromium import a_context, chromium_path, running_chromium
from desk_site import DESK_PAGES, fill_desk
from hmr import eventually
from html_checker import HtmlChecker
from pages import PAGES, PAGES_OF_MEMBERS, PageOfSite, Shot
from PIL import Image
from playwright.sync_api import Browser, Page
from web_site import Site, running_site

FOLDER = Path(__file__).parents[1] / "docs" / "images"
SHOTS: dict[Shot, dict[str, Any]] = {
    "desktop": {"width": 1280, "height": 860},
    "dark": {"width": 1280, "height": 860, "scheme": "dark"},
    "phone": {"width": 390, "height": 800},
}


def main() -> None:
    """Serve a made-up registry and take the pictures."""
    path = chromium_path()
    if path is None:
        sys.exit("there is no Chromium on the path; install one or name it in CHROMIUM")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        os.environ["HORDE_MODEL_REFERENCE_DATA_DIR"] = str(Path(name) / "unused")
        with (
            running_site(Path(name) / "data", with_hostile=False) as site,
            running_chromium(path) as browser,
        ):
            eventually(lambda: b"Most used now: image" in page_of(site, "/"))
            fill_desk(site)
            for page in (*PAGES, *PAGES_OF_MEMBERS, *DESK_PAGES):
                for shot in page.shots:
                    take(browser, site, page, shot)


def take(browser: Browser, site: Site, shown: PageOfSite, shot: Shot) -> None:
    """Take one picture."""
    with a_context(browser, site.url, **SHOTS[shot]) as context:
        page = context.new_page()
        if shown.key:
            sign_in(page, shown.key)
        page.goto(shown.path, wait_until="networkidle")
        save(page.screenshot(), FOLDER / f"{shown.name}-{shot}.png")


def save(screenshot: bytes, path: Path) -> None:
    """Write a picture in 256 colours: a third of the bytes, which stay in git for ever."""
    with Image.open(BytesIO(screenshot)) as image:
        few = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def sign_in(page: Page, key: str) -> None:
    """Sign in with a key of `review_client.PEOPLE`."""
    page.goto("/sign-in")
    page.locator("input[name=key]").fill(key)
    page.locator("main button[type=submit]").click()
    page.wait_for_load_state()


def page_of(site: Site, path: str) -> bytes:
    """Return the HTML of a page."""
    return HtmlChecker.fetch(site.url + path)[1]


if __name__ == "__main__":
    main()
