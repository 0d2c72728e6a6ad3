"""Whatever is typed into any field of any form, and whatever other programs say, is text on every page.

The forms and their fields are found on the pages themselves, so that new ones are looked at, too.
"""

import re
from typing import Any
from urllib.parse import quote

import pytest
from ai_horde_stub import AIHordeStub, a_worker
from review_client import APPROVER, BOTH, QUEUE, REQUESTOR, V2, MakeReview, Review
from site_walk import EVIL, MARK, FoundForm, Page, routes_of, walk
from web_client import HTML, Browser
from web_site import HOSTILE_NAME, hostile_image

from horde_model_reference.domain.categories import Category

BUTTONS = ("preview", "edit", "compose")
"""Those of the forms for records that don't send them."""
ODD_TEXTS = {
    "hostile": EVIL,
    "an address that runs": "javascript:alert(1)",
    "an address that is data": "data:text/html,<script>alert(1)</script>",
    "NUL": "a\0b",
    "turned around": "a\u202eb\u2028c",
    "digits": "9" * 400,
    "more digits than Python reads": "9" * 5000,
    "below zero": "-1",
    "not a number": "NaN",
    "nested": "[" * 5000,
    "long": "A-1b " * 2000,
}


@pytest.fixture
def site(make_review: MakeReview, people: AIHordeStub) -> Review:
    """Return a registry in which everybody and everything has a hostile name."""
    people.users = dict(people.users) | {
        key: {"username": f"{EVIL}#{number}"}
        for key, number in ((REQUESTOR, 1001), (BOTH, 2002), (APPROVER, 2003))
    }
    names = [model["name"] for models in people.status.values() for model in models] + ["Harbor Light"]
    people.workers = [a_worker(id=EVIL, name=EVIL, bridge_agent=EVIL, performance=EVIL, models=names)]
    review = make_review(pending_queue=QUEUE)
    review.propose("First")
    review.propose("Second")
    review.propose("Third", key=BOTH)
    review.propose_update(description=EVIL, version=EVIL)
    review.approve(2, title=EVIL)
    record = hostile_image() | {"baseline": "stable_diffusion_1", "name": _NAME}
    record["config"]["download"][0]["sha256sum"] = "FIXME"
    answer = review.send("POST", f"{V2}/image_generation", record)
    assert answer.status_code == 202, answer.text
    review.approve(answer.json()["change_id"])
    assert review.apply(answer.json()["change_id"]).status_code == 200
    review.post("/changes/1/comments", {"text": EVIL})
    return review


def signed_in(review: Review, key: str) -> Browser:
    browser = Browser(review.client)
    assert browser.sign_in(key).status_code == 303
    return browser


_NAME = HOSTILE_NAME.replace("%", "")  # which the test client would take for an escape, and unescape twice
_HOSTILE = f"image_generation/{quote(_NAME, safe='')}"
_OF_HOSTILE = (f"/models/{_HOSTILE}", f"/propose/{_HOSTILE}", "/models/image_generation/Harbor%20Light")


def starts() -> list[str]:
    forms = [f"/propose/{category}" for category in Category]
    return [
        "/",
        *(route.path() for route in routes_of("GET")),
        *forms,
        *_OF_HOSTILE,
        "/nothing",
        "/queue/4",
        "/queue/4?view=unified",
    ]


def forms_on(pages: dict[str, Page]) -> list[FoundForm]:
    """Return one form of each kind."""
    return list({form.kind: form for page in pages.values() for form in page.forms}.values())


def send(browser: Browser, form: FoundForm, fields: dict[str, Any]) -> Any:
    """Send a form with what changes from session to session as it is now."""
    action = form.action.partition("#")[0]
    if form.method == "GET":
        return browser.client.get(action, params=fields, headers=HTML)
    return browser.client.post(action, data=fields, headers=HTML)


def is_of_session(form: FoundForm) -> bool:
    return form.action.startswith("/sign-")


@pytest.mark.parametrize("key", [REQUESTOR, APPROVER, BOTH])
def test_every_form_that_changes_something_has_a_token(site: Review, key: str) -> None:
    routes = [route.template for route in routes_of("POST")]
    pages = walk(signed_in(site, key), starts())

    forms = [form for form in forms_on(pages) if form.method == "POST"]

    assert len(forms) > len(Category)
    for form in forms:
        names = [name for name, _, _ in form.inputs]
        assert names.count("csrf_token") == 1, form
        assert any(_fits(template, form.action) for template in routes), form.action


def test_what_is_typed_anywhere_is_text_everywhere(site: Review) -> None:
    """Every field of every form holds a hostile text, then every page is looked at."""
    browser, approver = signed_in(site, BOTH), signed_in(site, APPROVER)
    sent = 0
    for who in (browser, approver):
        for form in forms_on(walk(who, starts())):
            if is_of_session(form):
                continue
            for name, value in [*form.buttons, ("", "")]:
                if name == "_action" and value not in BUTTONS:
                    continue
                fields = {**form.filled(EVIL), **({name: value} if name else {})}
                answer = send(who, form, fields)
                sent += 1
                assert answer.status_code < 500, (form.action, value)
                assert list(Page(form.action, answer.text).harms(MARK)) == [], (form.action, value)
    assert sent > 2 * len(Category)

    for who in (browser, approver, Browser(site.client)):
        pages = walk(who, starts())
        assert len(pages) > 15
        assert "javascript:window.hacked=1" in " ".join(pages[_OF_HOSTILE[0]].texts)
        for path, page in pages.items():
            assert list(page.harms(MARK)) == [], path


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_no_text_breaks_a_form(site: Review, text: str) -> None:
    browser = signed_in(site, BOTH)

    for form in forms_on(walk(browser, starts(), most=60)):
        if is_of_session(form):
            continue
        buttons = [(name, value) for name, value in form.buttons if value in {"preview", "approve"}]
        answer = send(browser, form, form.filled(text) | dict(buttons[:1]))

        assert answer.status_code < 500, form.action
        assert list(Page(form.action, answer.text).harms(MARK)) == [], form.action


def test_what_stands_in_every_address_is_text(site: Review) -> None:
    browser = signed_in(site, BOTH)

    for route in routes_of("GET"):
        for text in ODD_TEXTS.values():
            asked: list[tuple[str, dict[str, Any]]] = [
                (route.path(), dict.fromkeys(route.parameters, text[:300]))
            ]
            asked += [(route.path(), {name: [text[:99]] * 20}) for name in route.parameters]
            asked += [(route.path(**{name: _quoted(text)}), {}) for name in route.path_parameters]
            for path, query in asked:
                answer = browser.client.get(path, params=query, headers=HTML)
                assert answer.status_code < 500, (path, query)
                if answer.headers.get("content-type", "").startswith("text/html"):
                    assert list(Page(path, answer.text).harms(MARK)) == [], (path, query)


def test_nobody_but_members_sees_what_is_for_members(site: Review) -> None:
    nobody, member = Browser(site.client), signed_in(site, BOTH)
    token = nobody.token()
    open_to_all = ("/models", "/text", "/charts", "/changes", "/feed.atom", "/sign-in", "/sign-out")

    for route in (*routes_of("GET"), *routes_of("POST")):
        if route.template == "/" or route.template.startswith(open_to_all):
            continue
        if route.method == "GET":
            answer = nobody.get(route.path())
            assert answer.headers["location"].startswith("/sign-in?return_to=/"), route
            assert member.get(route.path()).status_code in {200, 303, 404, 422}, route
        else:
            answer = nobody.client.post(route.path(), data={"csrf_token": token}, headers=HTML)
            assert answer.status_code == 403, route
        assert "First" not in answer.text


def test_a_form_tells_nothing_of_what_the_registry_decides(site: Review) -> None:
    """Who proposed a record, when, and what became of that is nothing that a form can say."""
    forged = {
        "status": "applied",
        "requested_by": "9",
        "user_id": "9",
        "approved_by": "9",
        "change_id": "77",
        "created_by": "Somebody#9",
        "metadata.created_by": "Somebody#9",
        "_rest": '{"metadata": {"created_by": "Somebody#9"}, "status": "applied"}',
        "operation": "delete",
        "category": "clip",
    }
    fields = {"_operation": "create", "_action": "send", "name": "Forged"}

    answer = signed_in(site, REQUESTOR).post("/propose/esrgan", fields | forged)

    change = site.queue(f"/changes/{answer.headers['location'].rpartition('/')[2]}").json()
    assert (change["status"], change["requested_by"], change["operation"]) == ("pending", "1001", "create")
    assert (change["category"], change["model_name"]) == ("esrgan", "Forged")
    assert "Somebody#9" not in str(change["payload"])


@pytest.mark.parametrize("way", ["/queue/3/approve", "/queue/decide", "twice", "with others"])
def test_there_is_no_way_to_approve_ones_own_change(site: Review, way: str) -> None:
    browser = signed_in(site, BOTH)
    chosen = {"/queue/decide": ["3"], "twice": ["3", "3"], "with others": ["1", "3"]}.get(way)
    path = "/queue/decide" if chosen else way
    fields = {"decision": "approve", "change_ids": chosen} if chosen else {"then": "apply"}

    answer = browser.post(path, {"title": "x", "user_id": "2003", "requested_by": "1001", **fields})

    assert answer.status_code == 403
    assert site.status_of(3) == site.status_of(1) == "pending"


def _quoted(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _fits(template: str, path: str) -> bool:
    pattern = re.sub(r"\\\{[^}]+\\\}", ".+", re.escape(template))
    return re.fullmatch(pattern, path.partition("#")[0].partition("?")[0]) is not None
