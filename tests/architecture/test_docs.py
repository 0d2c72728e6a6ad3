"""The documentation says what is true."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])


@pytest.fixture(scope="module")
def generator() -> dict[str, object]:
    return runpy.run_path(str(ROOT / "docs" / "generate.py"))


@pytest.mark.parametrize(("page", "maker"), [("settings", "settings_page"), ("commands", "commands_page")])
def test_a_generated_page_is_current(generator: dict[str, object], page: str, maker: str) -> None:
    make = generator[maker]

    assert callable(make)
    assert (ROOT / "docs" / "reference" / f"{page}.md").read_text("utf-8") == make(), "run `make docs`"


def test_every_setting_says_what_it_is_for(generator: dict[str, object]) -> None:
    make = generator["settings_page"]
    assert callable(make)

    without_text = [line for line in make().splitlines() if line.endswith("|  |")]

    assert without_text == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8"))
    inner = [link for link in links if "://" not in link]

    assert [link for link in inner if not (page.parent / link).exists()] == []


def test_make_help_names_every_target_of_the_readme() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text("utf-8")))

    assert {"serve", "test"} <= {target for target in named if f"\n{target}:" in makefile}
