"""The headers that no answer goes without, on every kind of answer that any route gives.

Routes are taken from the running application, so that new ones are looked at, too.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from api_client import ALLOWED_ORIGIN
from fastapi import FastAPI
from review_client import BOTH, V2, MakeReview, Review
from starlette.testclient import TestClient
from web_client import HTML, Browser

_JSON = {"accept": "application/json"}
_MOST_BYTES = 1024
_EXAMPLES = {
    "category": "esrgan",
    "model_category_name": "esrgan",
    "name": "Upscale_x2",
    "model_name": "Upscale_x2",
}
_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "(same-origin|strict-origin-when-cross-origin)",
    "cross-origin-resource-policy": "(same|cross)-origin",
    "content-security-policy": "default-src 'none'; .*frame-ancestors 'none'",
    "vary": "(.*, )?Origin(, .*)?",
}
_OF_PAGES = {
    "content-security-policy": ".*script-src 'self';.* form-action 'self'; base-uri 'none';.*",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ".+",
    "referrer-policy": "same-origin",
}


@dataclass(frozen=True)
class Asked:
    """A request, and what came of it."""

    what: str
    answer: Any
    by_member: bool = False

    @property
    def kind(self) -> tuple[int, str]:
        """Return status and type of the answer."""
        return self.answer.status_code, self.answer.headers.get("content-type", "").partition(";")[0]

    @property
    def is_page(self) -> bool:
        """Tell whether it is a page of the site; those about the API load programs that need more."""
        return self.kind[1] == "text/html" and "unsafe-inline" not in self._policy

    @property
    def _policy(self) -> str:
        return str(self.answer.headers.get("content-security-policy", ""))

    def lacks(self) -> Iterator[str]:
        """Yield the headers that are not there or not as they should be."""
        headers = self.answer.headers
        wanted = _EVERYWHERE | (_OF_PAGES if self.is_page else {})
        for name, pattern in wanted.items():
            if re.fullmatch(pattern, headers.get(name, "")) is None:
                yield f"{name}: {headers.get(name)}"
        if "script-src" in self._policy and "script-src 'self';" not in self._policy:
            yield "scripts of its own only"
        is_kept_by_nobody = "no-store" in headers.get("cache-control", "")
        if not is_kept_by_nobody and ("set-cookie" in headers or (self.by_member and self.is_page)):
            yield f"cache-control: {headers.get('cache-control')}"


@pytest.fixture
def review(make_review: MakeReview) -> Review:
    """Return a registry that takes small bodies only, with something in its queue."""
    review = make_review(max_body_bytes=_MOST_BYTES)
    review.propose()
    return review


def applications(client: TestClient) -> list[FastAPI]:
    """Return those of the API and of the pages, with all their routes."""
    client.get("/docs")
    client.get("/", headers=HTML)
    layers, waiting = list[Any](), [client.app]
    while waiting:
        layer: Any = waiting.pop()
        layers.append(layer)
        within = ("_app", "app", "_pages", "middleware_stack")
        waiting += [vars(layer)[name] for name in within if callable(vars(layer).get(name))]
    found = [layer for layer in layers if isinstance(layer, FastAPI)]
    assert len(found) == 2
    return found


def paths_of(client: TestClient) -> list[str]:
    """Return an example of every address that there is, and some that there are not."""
    static = re.findall(r'"/static/([^"]+)"', client.get("/", headers=HTML).text)[0]
    found: dict[str, None] = dict.fromkeys(["/nothing", "/models/nothing/at/all", "/api/nothing", "/api"])
    for app in applications(client):
        templates = list(_templates(app.router.routes))
        assert templates
        found |= dict.fromkeys(_example(template, static) for template in templates)
    return list(found)


def _templates(routes: Iterable[Any]) -> Iterator[str]:
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from _templates(route.effective_candidates())
        else:
            yield route.path


def _example(template: str, static: str) -> str:
    files = {"/static/{name}": static, "/docs/{name}": "start.js"}
    examples = _EXAMPLES | ({"name": files[template]} if template in files else {})
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: examples.get(found[1], "1"), template)


def ways_of_asking(client: TestClient, path: str) -> Iterator[Asked]:
    """Ask for an address in every way that has an answer of its own."""
    for accept in (HTML, _JSON):
        first = client.get(path, headers=accept)
        yield Asked(f"GET {path}", first)
        if "etag" in first.headers:
            known = accept | {"if-none-match": first.headers["etag"]}
            yield Asked(f"GET {path}, known", client.get(path, headers=known))
    for method in ("HEAD", "OPTIONS", "DELETE", "PATCH", "POST"):
        yield Asked(f"{method} {path}", client.request(method, path, headers=HTML))
    large = client.post(path, content=b"x" * (_MOST_BYTES + 1), headers=HTML)
    yield Asked(f"POST {path}, too large", large)
    yield Asked(f"GET {path}/", client.get(f"{path}/"))
    for origin in (ALLOWED_ORIGIN, "https://evil.example"):
        preflight = {"origin": origin, "access-control-request-method": "GET"}
        yield Asked(f"OPTIONS {path} for {origin}", client.options(path, headers=preflight))
    yield Asked(f"GET {path} for a page", client.get(path, headers={"origin": ALLOWED_ORIGIN}))


def everything(review: Review) -> Iterator[Asked]:
    member = Browser(review.client)
    member.sign_in(BOTH)
    for path in paths_of(review.client):
        yield from ways_of_asking(review.client, path)
        yield Asked(f"GET {path} as a member", member.get(path), by_member=True)
        yield Asked(f"GET {path} with a key", review.get(path, BOTH))
    yield Asked("POST a proposal", review.send("POST", f"{V2}/esrgan", {"name": "Another"}))
    yield Asked("GET /models?page=0", member.get("/models?page=0"))
    yield Asked("POST /sign-in", member.post("/sign-in", {"key": BOTH}))
    yield Asked("POST /sign-in with nobody's key", member.post("/sign-in", {"key": "x"}))
    yield Asked("POST /queue/1/approve", member.post("/queue/1/approve", page="/queue/1"), by_member=True)


def faulty(answers: Iterable[Asked]) -> dict[str, list[str]]:
    return {asked.what: lacking for asked in answers if (lacking := list(asked.lacks()))}


def test_every_kind_of_answer_has_the_security_headers(review: Review) -> None:
    answers = list(everything(review))

    assert faulty(answers) == {}
    kinds = {asked.kind for asked in answers}
    json, html = "application/json", "text/html"
    assert kinds >= {(status, html) for status in (200, 403, 404, 405, 413, 422)}
    assert kinds >= {(status, json) for status in (200, 202, 401, 404, 405, 413, 422)}
    assert {status for status, _ in kinds} >= {200, 204, 303, 304, 307, 400}
    assert kinds >= {(200, kind) for kind in ("application/atom+xml", "text/css", "text/javascript")}


def test_a_failure_has_the_security_headers(review: Review) -> None:
    for app in applications(review.client):

        @app.get("/static/broken/on/purpose")
        @app.get("/model_references/broken/on/purpose")
        def broken() -> None:
            raise RuntimeError("on purpose")

    answers = [
        Asked(path, review.client.get(path, headers=accept))
        for path in ("/static/broken/on/purpose", "/model_references/broken/on/purpose")
        for accept in (HTML, _JSON)
    ]

    assert {asked.kind for asked in answers} == {(500, "application/json"), (500, "text/html")}
    assert faulty(answers) == {}


def test_what_depends_on_the_accepted_type_says_so(review: Review) -> None:
    """A cache that doesn't know that may show people what it kept for a program."""
    for path in paths_of(review.client):
        page, other = (review.client.get(path, headers=accept) for accept in (HTML, _JSON))
        if page.headers.get("content-type") != other.headers.get("content-type"):
            for answer in (page, other):
                vary = answer.headers["vary"].lower().split(", ")
                assert "accept" in vary or "no-store" in answer.headers.get("cache-control", ""), path
