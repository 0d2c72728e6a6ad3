"""Texts about licences, guidance, baselines and groups that come in through the API are text on every page.

The pages are those that links lead to, and each event and each change by itself.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as Xml

import pytest
from ai_horde_stub import AIHordeStub
from licensing_client import a_definition, an_asset, an_assignment, edit
from review_client import APPROVER, BOTH, QUEUE, REQUESTOR, UPSCALER, V2, MakeReview, Review
from site_walk import EVIL, MARK, walk
from web_client import Browser

from horde_model_reference.domain.categories import Category

HALF = f"\"'<{MARK} {MARK}=1 onx=1 javascript:1 {{{{7*7}}}}"
"""Begins an element that ends with whatever comes next: it is no tag by itself, which guidance refuses."""
ADDRESS = f"javascript:{MARK}()"
TEXT = f"{V2}/text_generation"
MODEL = f"evil/Group {EVIL}-7B"
OTHER_MODEL = f"evil/Group {EVIL}-70B"
LICENSE = "LicenseRef-Evil"
TAGS_OF_FEEDS = {"feed", "title", "id", "updated", "link", "entry", "author", "name", "category", "summary"}
ATOM = "{http://www.w3.org/2005/Atom}"


def said(place: str, text: str = EVIL) -> str:
    """Return a hostile text that tells where it was brought in."""
    return f"{place} {text}"


def a_conclusion(place: str) -> dict[str, Any]:
    evidence = [{"source": ADDRESS, "description": said(f"{place}-evidence")}, {"source": said("source")}]
    texts = {key: said(f"{place}-{key}") for key in ("attribution", "reviewed_by", "notes")}
    return an_assignment(LICENSE, evidence=evidence, **texts)


def a_source(place: str) -> dict[str, str]:
    return {"url": "https://a.example/", "title": said(f"{place}-title"), "note": said(f"{place}-note")}


def a_text_model(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "record_type": "text_generation",
        "model_classification": {"domain": "text", "purpose": "generation"},
        "parameters": 7_000_000_000,
        "nsfw": False,
        "baseline": said("baseline"),
        "description": said("description"),
        "style": said("style"),
        "display_name": said("display_name"),
        "url": ADDRESS,
        "instruct_format": said("instruct_format"),
        "tags": [said("tag")],
        "text_model_group": said("group"),
        "config": {"download": []},
        "licensing": a_conclusion("model"),
        "context_window": {
            "maximum_tokens": 4096,
            "sources": [
                {"url": "https://a.example/", "title": said("claim-title"), "note": said("claim-note")}
            ],
        },
    }


def a_contract() -> dict[str, Any]:
    audience = {
        "overview": said("overview", HALF),
        **{key: [said(key, HALF)] for key in ("use_cases", "tips", "caveats")},
    }
    return {
        "kind": "prompt_contract",
        "profile_id": "evil",
        "display_name": said("profile"),
        "summary": said("summary", HALF),
        "aliases": [said("alias")],
        "interaction_modes": ["chat"],
        "role_markers": {said("role"): said("marker")},
        "stop_sequences": [said("stop")],
        "user": audience,
        "developer": audience,
        "templates": [
            {
                "template_id": said("template_id"),
                "name": said("template"),
                "syntax": "other",
                "syntax_name": said("syntax"),
                "template": said("template-text"),
                "variables": [{"name": said("variable"), "description": said("variable-text")}],
            }
        ],
        "examples": [
            {
                "title": said("example"),
                "description": said("example-text"),
                "messages": [{"role": "user", "content": said("message")}],
                "rendered_prompt": said("rendered"),
            }
        ],
        "ai_horde_examples": [{"title": said("request"), "prompt": said("prompt"), "notes": said("notes")}],
        "sources": [
            {"url": "https://a.example/", "title": said("source-title"), "note": said("source-note")}
        ],
    }


@dataclass(frozen=True)
class Site:
    """A registry into which people brought hostile texts, in every way that the API has."""

    review: Review
    people: AIHordeStub

    def taken(self, answer: Any) -> Any:
        assert answer.is_success, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: Any, *, key: str = REQUESTOR) -> Any:
        return self.taken(self.review.send(method, path, body, key=key))

    def apply(self, *change_ids: int) -> None:
        self.review.approve(*change_ids, title=said("batch")[:120])
        for change_id in change_ids:
            self.taken(self.review.apply(change_id, job_id=said("job", HALF)))

    def propose(self, path: str, body: dict[str, Any]) -> int:
        change_id: int = self.send("POST", path, {"title": said("set"), **body})["change_id"]
        return change_id


@pytest.fixture
def site(make_review: MakeReview, people: AIHordeStub) -> Site:
    people.users = dict(people.users) | {
        key: {"username": f"{EVIL}#{number}"}
        for key, number in ((REQUESTOR, 1001), (BOTH, 2002), (APPROVER, 2003))
    }
    site = Site(make_review(pending_queue=QUEUE, licensing={"editor_ids": ["2002"]}), people)
    bring_licences_in(site)
    bring_text_models_in(site)
    bring_guidance_in(site)
    bring_baselines_in(site)
    bring_groups_in(site)
    decide_otherwise(site)
    return site


def bring_licences_in(site: Site) -> None:
    texts = {"name": said("licence"), "canonical_url": ADDRESS, "notes": said("licence-notes")}
    site.taken(edit(site.review, "POST", "/licenses", a_definition(LICENSE, **texts, restrictions=[EVIL])))
    asset: dict[str, Any] = {
        "display_name": said("asset"),
        "source_url": ADDRESS,
        "version": said("version"),
        "locations": [said("location")],
        "related_assets": [said("related")],
        "notes": said("asset-notes"),
        "licensing": a_conclusion("asset"),
    }
    site.taken(edit(site.review, "POST", "/assets", an_asset(said("asset-id"), **asset)))


def bring_text_models_in(site: Site) -> None:
    for name in (MODEL, OTHER_MODEL):
        site.apply(site.send("POST", TEXT, a_text_model(name))["change_id"])


def bring_guidance_in(site: Site) -> None:
    contract = a_contract()
    assigned = {"model_name": MODEL, "primary_profile_id": "evil"}
    body = {
        "profile_changes": [{"operation": "create", "profile_id": "evil", "profile": contract}],
        "assignment_changes": [{"model_name": MODEL, "assignment": assigned}],
    }
    site.apply(site.propose(f"{TEXT}/guidance/change-sets", body))
    recipe = {
        key: contract[key] for key in ("display_name", "summary", "examples", "ai_horde_examples", "sources")
    }
    recipe |= {"kind": "usage_recipe", "profile_id": "recipe", "scenario": said("scenario")}
    changes = [{"operation": "create", "profile_id": "recipe", "profile": recipe}]
    site.propose(f"{TEXT}/guidance/change-sets", {"profile_changes": changes})


def bring_baselines_in(site: Site) -> None:
    for name in ("one", "two"):
        record = {
            "name": f"{name} zzz onx=1 \"'><b>",
            "display_name": said("baseline-name"),
            "alternative_names": [said(f"baseline-{name}")],
            "capabilities": {"controlnet_types_unavailable": [said("controlnet")]},
        }
        change = {"operation": "upsert", "name": record["name"], "record": record, "expected_before": None}
        change_id = site.propose(f"{V2}/image_generation/baselines/change-sets", {"changes": [change]})
        if name == "one":
            site.apply(change_id)


def bring_groups_in(site: Site) -> None:
    group = GROUP
    site.send("PUT", f"{TEXT}/aliases/{group}", {"aliases": [said("other-name")]})
    site.send("PUT", f"{TEXT}/families/{quote(said('family'), safe='')}", {"members": [said("group")]})
    schema = {"common_author": said("author"), "separator": "'\"><zzz>", "template": "<zzz onx=1>{base}"}
    site.send("PUT", f"{TEXT}/group/name_schema?name={group}", schema)
    fields = {key: said(f"common-{key}") for key in ("baseline", "description", "style", "instruct_format")}
    site.send("PUT", f"{TEXT}/group/common_fields?name={group}", {**fields, "url": ADDRESS, "tags": [EVIL]})
    site.send("PUT", f"{TEXT}/group/rename?name={group}", {"new_name": said("new-group")})
    exception = {"reason": said("exception")}
    site.send("PUT", f"{TEXT}/{quote(OTHER_MODEL, safe='')}/name_exception", exception)


def decide_otherwise(site: Site) -> None:
    """Refuse one change, leave one alone that deletes, and say something about each that waits."""
    refused = site.review.propose("Refused", description=EVIL)
    decision = {"batch_title": EVIL, "rejected_ids": [refused], "reject_reason": said("reason")}
    site.taken(site.review.post("/batches", decision))
    browser = signed_in(site, REQUESTOR)
    note = {"_operation": "delete", "_record": UPSCALER, "_base": "1", "_note": said("deletion")}
    assert browser.post("/propose/esrgan", {**note, "_action": "send"}).status_code < 500
    site.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}", None)
    for change in site.review.queue("/changes").json()["items"]:
        path = f"/changes/{change['change_id']}/comments"
        site.taken(site.review.post(path, {"text": said("comment")}))


def signed_in(site: Site, key: str) -> Browser:
    browser = Browser(site.review.client)
    assert browser.sign_in(key).status_code == 303
    return browser


GROUP = quote(said("group"), safe="")
PUBLIC = (
    "/",
    "/changes",
    "/text/families",
    f"/text/groups/{GROUP}",
    f"/text/groups/{quote(said('other-name'), safe='')}",
    "/models/text_generation",
    f"/models/text_generation?q={MARK}",
    "/charts/text_generation",
    "/charts/image_generation",
    *(f"/models/text_generation/{quote(name, safe='')}" for name in (MODEL, OTHER_MODEL)),
)


def of_members(site: Site, browser: Browser) -> list[str]:
    """Return the addresses of each change and of each event, and of the lists of them."""
    changes = site.review.queue("/changes?limit=500").json()["items"]
    events = re.search(r'href="/audit/(\d+)" data-open', browser.get("/audit").text)
    assert len(changes) > 10
    assert events is not None
    return [
        *(f"/propose/text_generation/{quote(name, safe='')}" for name in (MODEL, OTHER_MODEL)),
        *(f"/queue/{change['change_id']}{view}" for change in changes for view in ("", "?view=unified")),
        *(f"/queue?status={status}" for status in ("pending", "approved", "applied", "rejected")),
        *(f"/audit/{number}" for number in range(1, int(events[1]) + 1)),
        *(f"/audit?category={kind}" for kind in ("licensed_asset", "text_family", "image_baseline")),
        *("/queue", "/my-changes", "/audit", "/sign-in"),
    ]


_PLACES = """
licence licence-notes asset asset-notes version location related asset-id model-attribution
model-notes model-evidence description baseline style tag group instruct_format display_name
claim-title claim-note profile summary overview tips alias role marker stop template template-text
variable example message rendered request prompt source-title source-note set scenario
baseline-name baseline-one baseline-two controlnet other-name family author new-group exception
common-description reason comment batch job
"""
PLACES = frozenset(_PLACES.split())
"""Texts that some page shows; where one is not among them any more, the page is not looked at any more."""


def test_what_people_bring_in_is_text_on_every_page(site: Site) -> None:
    approver, proposer, nobody = (
        signed_in(site, BOTH),
        signed_in(site, REQUESTOR),
        Browser(site.review.client),
    )
    shown = ""

    for browser, paths in (
        (approver, of_members(site, approver)),
        (proposer, ["/my-changes", "/queue"]),
        (nobody, PUBLIC),
    ):
        pages = walk(browser, paths, most=600)
        assert set(paths) <= set(pages)
        for path, page in pages.items():
            assert list(page.harms(MARK)) == [], path
        shown += " ".join(text for page in pages.values() for text in page.texts)

    # Within JSON the quote has a backslash before it.
    missing = {place for place in PLACES if not re.search(rf"\b{place} \\?\"'", shown)}
    assert missing == set()


def test_what_people_bring_in_is_text_in_every_feed(site: Site) -> None:
    titles: list[str] = []
    for query in ("", *(f"?category={category}" for category in Category)):
        content = site.review.client.get(f"/feed.atom{query}").content
        feed = Xml.fromstring(content)
        tags = {element.tag.removeprefix(ATOM) for element in feed.iter()}
        links = [link.attrib["href"] for link in feed.iter(f"{ATOM}link")]

        assert tags <= {
            "feed",
            "title",
            "id",
            "updated",
            "link",
            "entry",
            "author",
            "name",
            "category",
            "summary",
        }
        assert all(link.startswith("http://testserver/") for link in links)
        titles += [title.text or "" for title in feed.iter(f"{ATOM}title")]
    assert f"Added: {MODEL} (Text generation)" in titles


def test_what_people_bring_in_is_a_value_of_json_that_no_browser_reads_as_a_page(site: Site) -> None:
    for path in (
        TEXT,
        f"{TEXT}/guidance/export",
        f"{TEXT}/aliases",
        f"{TEXT}/families",
        f"{V2}/licensing/export",
        f"{V2}/licensing/licenses/{LICENSE}",
        f"{V2}/image_generation/baselines/export",
        f"{V2}/pending_queue/changes",
        f"{V2}/pending_queue/audit/current",
        f"{V2}/nothing/{quote(EVIL, safe='')}",
        f"{TEXT}/model/{quote(EVIL, safe='')}",
    ):
        answer = site.review.client.get(path, headers={"apikey": APPROVER, "accept": "text/html,*/*"})

        assert answer.headers["content-type"].startswith("application/json"), path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.json() is not None
