"""Reviewing in a browser: with scripts and without, by keyboard, on a phone, in the dark."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import require_chromium
from desk_site import DESK_PAGES, SUM, a_file, call, fill_desk, propose, register, update
from html_checker import HtmlChecker
from page_checks import accessibility_problems
from pages import PageOfSite
from playwright.sync_api import APIResponse, Page, expect
from review_client import APPROVER, BOTH
from web_site import CHANGED, SCRIPT, Site, site_of_module

OpenPage = Callable[..., Page]


def fill_form(page: Page, name: str) -> None:
    page.get_by_label("Name (required)", exact=True).first.fill(name)
    page.get_by_label("Description", exact=True).first.fill("Clear as glass")
    page.get_by_label("Baseline").select_option("flux_1")
    page.get_by_label("Not safe for work?").select_option("no")
    page.get_by_label("File name").first.fill("quartz.safetensors")
    page.locator("[id='config.download.0.file_url']").fill("https://files.invalid/quartz.safetensors")
    page.locator("[id='config.download.0.sha256sum']").fill(SUM)
    page.get_by_label("Licence expression").first.fill("MIT")


def send_approval(page: Page) -> APIResponse:
    """Send the form that the page of one's own change does not have."""
    token = page.locator("main [name=csrf_token]").first.input_value()
    return page.request.post(
        f"{page.url.partition('?')[0]}/approve",
        form={"csrf_token": token, "title": "mine"},
        headers={"accept": "text/html"},
    )


def names_in_the_library(site: Site, folder: Path) -> set[str]:
    """Return the names of image models as a program sees them that uses the library."""
    program = (
        "from horde_model_reference import MODEL_REFERENCE_CATEGORY as C\n"
        "from horde_model_reference import ModelReferenceManager, PrefetchStrategy\n"
        "manager = ModelReferenceManager(prefetch_strategy=PrefetchStrategy.NONE)\n"
        "print('\\n'.join(manager.get_model_reference(C.image_generation)))"
    )
    variables = {"PRIMARY_API_URL": f"{site.url}/api", "DATA_DIR": str(folder), "REPLICATE_MODE": "REPLICA"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {f"HORDE_MODEL_REFERENCE_{name}": value for name, value in variables.items()},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a running registry that may ask addresses; those of its proposals lead nowhere."""
    require_chromium()
    with site_of_module(tmp_path_factory.mktemp("site"), OFFLINE="false") as running:
        fill_desk(running)
        yield running


@pytest.fixture
def open_as(open_page: OpenPage) -> OpenPage:
    """Return a function that signs in with a key and opens a page: ``open_as(key, path, **options)``."""

    def opened(key: str, path: str, **options: object) -> Page:
        page = open_page("/sign-in", **options)
        page.get_by_label("AI-Horde key").fill(key)
        page.locator("main").get_by_role("button", name="Sign in").click()
        page.goto(path)
        return page

    return opened


def await_page(page: Page, address: str) -> None:
    """Wait until a page is there with its scripts: before, it takes no keys."""
    expect(page).to_have_url(re.compile(address))
    page.wait_for_load_state()


def test_a_proposal_goes_through_the_hands_of_two_people_to_every_reader(
    open_as: OpenPage, site: Site, tmp_path: Path
) -> None:
    proposer = open_as(BOTH, "/")
    proposer.get_by_role("navigation", name="Main").get_by_role("link", name="Propose").click()
    proposer.get_by_role("link", name="image generation").click()
    fill_form(proposer, "Quartz Reverie")
    proposer.get_by_role("button", name="Check and preview").last.click()
    proposer.get_by_role("button", name="Send the proposal").click()
    proposer.goto("/queue")
    proposer.get_by_role("link", name="Quartz Reverie").click()
    expect(proposer.locator("main")).to_contain_text("somebody else has to approve and apply it")
    expect(proposer.get_by_role("button", name="Approve")).to_have_count(0)
    refused = send_approval(proposer)
    assert (refused.status, "somebody else has to approve" in refused.text()) == (403, True)

    reviewer = open_as(APPROVER, "/queue")
    reviewer.get_by_role("link", name="Quartz Reverie").click()
    reviewer.get_by_role("button", name="Approve and apply").click()
    expect(reviewer.locator("main")).to_contain_text("Applied: readers see it now.")
    reviewer.get_by_role("link", name="See it live").click()
    expect(reviewer).to_have_url(f"{site.url}/models/image_generation/Quartz%20Reverie")
    expect(reviewer.locator("h1")).to_contain_text("Quartz Reverie")

    record = call(site, "GET", "/v2/image_generation/model/Quartz Reverie").json()
    assert record["baseline"] == "flux_1"
    assert "Quartz Reverie" in call(site, "GET", "/v1/stable_diffusion").json()
    assert "Quartz Reverie" in names_in_the_library(site, tmp_path)
    proposer.goto("/my-changes")
    expect(proposer.locator("li", has_text="Quartz Reverie").first).to_contain_text("applied")
    reviewer.goto("/audit?category=image_generation&model=Quartz%20Reverie")
    expect(reviewer.locator("tbody")).to_contain_text("created")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_that_differ_can_be_told_in_any_light(open_as: OpenPage, site: Site, scheme: str) -> None:
    name = f"Told Words {scheme}"
    register(site, name, description="Warm light and fine lines: interiors, streets and portraits.")
    change_id = update(site, name, description="Warm light and bold lines: interiors, streets and portraits.")

    page = open_as(APPROVER, f"/queue/{change_id}", scheme=scheme)

    expect(page.locator("tr", has_text="description").locator("del mark").first).to_have_text("fine")
    expect(page.locator("tr", has_text="description").locator("ins mark").first).to_have_text("bold")
    assert accessibility_problems(page) == []


@pytest.mark.parametrize(
    ("view", "signs"),
    [("side", ["none", "none", '"↪ "', '"↪ "']), ("unified", ['"- "', '"- ↪ "', '"+ "', '"+ ↪ "'])],
)
def test_a_line_that_goes_on_is_marked(open_as: OpenPage, site: Site, view: str, signs: list[str]) -> None:
    name = f"Long Lines {view}"
    register(site, name, description="a" * 5_000)
    change_id = update(site, name, description="b" * 5_000)

    page = open_as(APPROVER, f"/queue/{change_id}?view={view}")

    lines = page.locator("tr", has_text="bbb").locator("td > div")
    found = lines.evaluate_all("all => all.map((each) => getComputedStyle(each, '::before').content)")
    assert sorted(each.partition(" / ")[0] for each in found) == sorted(signs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_can_be_read_while_the_addresses_are_asked(open_as: OpenPage, site: Site, scheme: str) -> None:
    change_id = propose(site, f"Slow Host {scheme}", homepage=f"https://files.invalid/{scheme}")
    page = open_as(APPROVER, "/queue", scheme=scheme)
    page.route("**/checks*", lambda _route: None)  # no answer ever comes

    page.goto(f"/queue/{change_id}")

    expect(page.locator("#found[aria-busy]")).to_be_visible()
    assert accessibility_problems(page) == []


def test_a_twin_among_the_proposals_is_a_click_away(open_as: OpenPage, site: Site) -> None:
    first, second = propose(site, "Twin Peaks"), propose(site, "twin-peaks", key=BOTH)

    page = open_as(APPROVER, f"/queue/{second}")
    page.get_by_role("link", name=f"change {first}", exact=True).first.click()

    expect(page.locator("h1")).to_have_text("New: Twin Peaks")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_all_decisions_are_made_with_scripts_and_without(
    open_as: OpenPage, site: Site, scripts: bool
) -> None:
    word = "Swift" if scripts else "Plain"
    kept, refused = propose(site, f"{word} One"), propose(site, f"{word} Two")
    page = open_as(APPROVER, f"/queue/{kept}", scripts=scripts)

    page.get_by_label("Your comment").fill("Looks right.")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator("ol.said")).to_contain_text("Looks right.")
    page.get_by_role("button", name="Approve", exact=False).first.click()
    expect(page.locator("main")).to_contain_text("It waits to be applied.")
    page.get_by_role("button", name="Take the approval back").click()
    expect(page).to_have_url(re.compile(f"/queue/{kept}"))
    page.get_by_role("button", name="Approve", exact=False).first.click()
    page.goto(f"/queue/{kept}")
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.locator("main")).to_contain_text("readers see it now")
    page.goto(f"/queue/{refused}")
    page.get_by_label("Reason for rejecting").fill("No licence.")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("main")).to_contain_text("Rejected.")
    page.goto(f"/queue/{refused}")

    expect(page.locator("blockquote")).to_have_text("No licence.")


def test_a_decision_takes_a_few_keys(open_as: OpenPage, site: Site) -> None:
    propose(site, "Keys One")
    second = propose(site, "Keys Two")
    page = open_as(APPROVER, "/queue?model=keys")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    await_page(page, rf"/queue/{second}\?model=keys$")
    page.keyboard.press("r")
    expect(page.get_by_label("Reason for rejecting")).to_be_focused()
    page.keyboard.type("ajk are letters here")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Approve").first).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("It waits to be applied.")


def test_a_decision_is_two_keys_and_the_next_one_is_there(open_as: OpenPage, site: Site) -> None:
    numbers = [propose(site, f"Quick {word}") for word in ("One", "Two", "Three")]
    page = open_as(APPROVER, f"/queue/{numbers[0]}?model=quick")

    for following in numbers[1:]:
        page.keyboard.press("a")
        page.keyboard.press("Enter")
        await_page(page, rf"/queue/{following}\?model=quick&done=approved")
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Take the approval back")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"/queue/{numbers[1]}\\?"))
    expect(page.locator("main")).to_contain_text("the change is pending again")


def test_single_keys_can_be_turned_off_and_stay_so(open_as: OpenPage, site: Site) -> None:
    change_id = propose(site, "Spoken")
    page = open_as(APPROVER, f"/queue/{change_id}")
    page.keyboard.press("?")
    page.get_by_label("Single keys work on this device").uncheck()

    page.goto(f"/queue/{change_id}")
    page.keyboard.press("c")
    page.keyboard.press("q")

    expect(page.get_by_label("Your comment")).not_to_be_focused()
    expect(page).to_have_url(re.compile(f"/queue/{change_id}$"))
    expect(page.get_by_role("button", name="Approve").first.locator("kbd")).to_be_hidden()


def test_several_are_chosen_by_keys_and_decided_together(open_as: OpenPage, site: Site) -> None:
    for word in ("One", "Two", "Three"):
        propose(site, f"Bundle {word}")
    page = open_as(APPROVER, "/queue?model=bundle")

    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("heading", name="Decide on those you chose: 2")).to_be_in_viewport()
    page.keyboard.press("A")
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("2 changes applied: readers see them now.")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_button_that_is_pressed_twice_decides_once(open_as: OpenPage, site: Site) -> None:
    change_id = propose(site, "Twice")
    page = open_as(APPROVER, f"/queue/{change_id}")

    page.get_by_label("Your comment").fill("Once.")
    page.get_by_role("button", name="Comment").dblclick()
    expect(page).to_have_url(re.compile("done=commented"))
    expect(page.locator("ol.said li")).to_have_count(1)
    page.get_by_role("button", name="Approve").first.dblclick()

    expect(page.locator("main")).to_contain_text("Approved. It waits to be applied.")


def test_of_two_reviewers_at_once_the_second_learns_of_the_first(open_as: OpenPage, site: Site) -> None:
    change_id = propose(site, "Contested")
    first, second = (open_as(APPROVER, f"/queue/{change_id}") for _ in range(2))
    second.get_by_label("Reason for rejecting").fill("The licence forbids it.")
    first.get_by_role("button", name="Approve and apply").click()
    expect(first.locator("main")).to_contain_text("readers see it now")

    second.get_by_role("button", name="Reject").click()

    expect(second.get_by_role("alert")).to_contain_text(f"Change {change_id} is applied")
    expect(second.locator("main")).to_contain_text("Applied by Appr#2003")


def test_going_back_after_a_decision_shows_how_it_stands(open_as: OpenPage, site: Site) -> None:
    change_id = propose(site, "Back again")
    page = open_as(APPROVER, f"/queue/{change_id}")
    page.get_by_role("button", name="Approve").first.click()
    expect(page.locator("main")).to_contain_text("It waits to be applied.")

    page.go_back()

    expect(page.locator(".facts-line .badge").first).to_have_text("approved")


def test_everything_is_reached_by_the_tab_key(open_as: OpenPage, site: Site) -> None:
    change_id = propose(site, "Tabs")
    page = open_as(APPROVER, f"/queue/{change_id}")
    wanted = {"Approve a", "Approve and apply A", "Reject for good", "Comment", "Unified"}

    for _ in range(60):
        page.keyboard.press("Tab")
        wanted.discard(page.evaluate("document.activeElement.innerText.trim()"))

    assert wanted == set()


def test_the_checks_come_by_themselves(open_as: OpenPage, site: Site) -> None:
    change_id = propose(site, "Checked", config={"download": [a_file(file_url=f"{site.url}/a")]})
    page = open_as(APPROVER, f"/queue/{change_id}")

    expect(page.locator("#found")).to_contain_text("127.0.0.1 is not a public address")
    expect(page.locator("#found")).not_to_contain_text("Nobody has asked for it yet")


def test_without_scripts_the_checks_come_by_a_link(open_as: OpenPage, site: Site) -> None:
    config = {"download": [a_file(file_url=f"{site.url}/b")]}
    change_id = propose(site, "Checked plainly", config=config)
    page = open_as(APPROVER, f"/queue/{change_id}", scripts=False)

    expect(page.locator("#found")).to_contain_text("Nobody has asked for it yet")
    page.get_by_role("link", name="Ask the addresses now").click()

    expect(page.locator("#found")).to_contain_text("127.0.0.1 is not a public address")


def test_a_deletion_shows_who_serves_the_model(open_as: OpenPage) -> None:
    page = open_as(APPROVER, "/queue/3")

    expect(page.locator("#noticed")).to_contain_text("What a deletion would affect")
    expect(page.locator("#noticed")).to_contain_text("Amber Rig")
    expect(page.locator("#noticed")).to_contain_text("this month")


def test_a_hostile_proposal_does_nothing(open_as: OpenPage, site: Site) -> None:
    change_id = update(site, CHANGED, description=SCRIPT, version=SCRIPT, tags=[SCRIPT])
    call(site, "POST", f"/v2/pending_queue/changes/{change_id}/comments", json={"text": SCRIPT})
    page = open_as(APPROVER, f"/queue/{change_id}")

    for path in (f"/queue/{change_id}", f"/queue/{change_id}?view=unified", "/queue", "/audit"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if str(change_id) in path:
            expect(page.locator("main")).to_contain_text(SCRIPT)
        assert page.evaluate("window.hacked") is None
        expect(page.locator("main img")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_use_the_pages(open_page: OpenPage, open_as: OpenPage, scheme: str, width: int) -> None:
    problems: dict[str, list[str]] = {}
    for key, shown in by_person():
        page = (
            open_as(key, "/queue", scheme=scheme, width=width)
            if key
            else open_page("/sign-in", scheme=scheme, width=width)
        )
        for each in shown:
            page.goto(each.path)
            page.wait_for_load_state("networkidle")
            problems |= {each.name: found} if (found := accessibility_problems(page)) else {}
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), each.name

    assert problems == {}


def test_the_pages_are_valid_and_small(
    open_page: OpenPage, open_as: OpenPage, html_checker: HtmlChecker
) -> None:
    pages: dict[str, str] = {}
    for key, shown in by_person():
        page = open_as(key, "/queue", scripts=False) if key else open_page("/sign-in", scripts=False)
        for each in shown:
            answer = page.request.get(each.path, headers={"accept": "text/html"})
            assert answer.status == 200
            pages[each.name] = answer.text()

    assert html_checker.problems_by_name(pages) == {}
    assert {name: len(html) for name, html in pages.items() if len(html.encode()) > 40_000} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_long_difference_can_be_read_by_everybody_part_by_part(
    open_as: OpenPage, site: Site, html_checker: HtmlChecker, scheme: str
) -> None:
    change_id = propose_something_long(site, f"Long {scheme}")
    page = open_as(APPROVER, f"/queue/{change_id}", scheme=scheme, width=390, scripts=False)
    checked = open_as(APPROVER, "/queue", scheme=scheme, width=390)
    html: dict[str, str] = {}

    for part in ("1", "2", "3"):
        expect(page.locator("main .pagination").first).to_contain_text(f"Part {part} of ")
        expect(page.locator("section", has=page.locator("#decide"))).to_contain_text(
            "Not all of the difference"
        )
        checked.goto(page.url)
        checked.wait_for_load_state("networkidle")
        assert accessibility_problems(checked) == []
        assert checked.evaluate("document.documentElement.scrollWidth <= innerWidth")
        html[part] = page.request.get(page.url, headers={"accept": "text/html"}).text()
        following = page.get_by_role("link", name="Next →").first
        following.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(f"part={int(part) + 1}"))

    assert html_checker.problems_by_name(html) == {}


def propose_something_long(site: Site, name: str) -> int:
    """Propose a new image model of many tags, with a text that is one long line."""
    text = " ".join(f"word{number}" for number in range(2_000))
    tags = [f"tag {number}" for number in range(1_500)]
    return propose(site, name, description=text, tags=tags, trigger=["a" * 9_000])


def by_person() -> list[tuple[str, list[PageOfSite]]]:
    """Return the pages of the desk by the key of who looks at them."""
    keys = dict.fromkeys(page.key for page in DESK_PAGES)
    return [(key, [page for page in DESK_PAGES if page.key == key]) for key in keys]
