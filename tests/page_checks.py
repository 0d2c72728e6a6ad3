"""Whether everybody can use a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def accessibility_problems(page: Page) -> list[str]:
    """Return what axe-core finds on a page, each with the elements."""
    found = Axe().run(page).response["violations"]
    return [f"{problem['id']}: {[node['html'][:200] for node in problem['nodes']]}" for problem in found]
