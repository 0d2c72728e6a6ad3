"""Which pages the fast lane may give again, and to whom."""

from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from web_client import HTML

from horde_model_reference.service.answer_memory import OFFER_EXTENSION, AnswerMemory, AnswerOffer
from horde_model_reference.service.web.beside_api import PAGE_PARTS
from horde_model_reference.service.web.pages import parts
from horde_model_reference.service.web.visitors import SESSION_COOKIE

SHARED = ["/models/clip", "/models/clip/ViT-L/14", "/text/families"]
WITH_FIGURES = ["/", "/models/image_generation", "/models/image_generation/Harbor%20Light", "/charts"]


def offered(client: TestClient, path: str, **headers: str) -> AnswerOffer:
    """Ask for a page with an offer to remember it, and return the offer."""
    offer = AnswerMemory().offer(b"GET / HTTP/1.1\r\n\r\n", peer=None, is_bound_to_peer=False)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "extensions": {OFFER_EXTENSION: {"offer": offer}}}
        await client.app(scope, receive, send)

    TestClient(app, raise_server_exceptions=False).get(path, headers=HTML | headers)
    return offer


@pytest.mark.parametrize("path", SHARED)
def test_a_page_of_records_alone_is_given_again_until_they_change(client: TestClient, path: str) -> None:
    offer = offered(client, path)

    assert (offer.is_taken, offer.for_seconds) == (True, None)


@pytest.mark.parametrize("path", WITH_FIGURES)
def test_a_page_with_figures_is_given_again_for_a_second(client: TestClient, path: str) -> None:
    offer = offered(client, path)

    assert (offer.is_taken, offer.for_seconds) == (True, 1.0)


@pytest.mark.parametrize("path", [*SHARED, *WITH_FIGURES, "/nothing", "/sign-in"])
def test_no_page_for_somebody_with_a_session_is_remembered(client: TestClient, path: str) -> None:
    assert not offered(client, path, Cookie=f"{SESSION_COOKIE}=x").is_taken


@pytest.mark.parametrize("path", ["/nothing", "/models/clip/none", "/sign-in"])
def test_no_error_and_no_form_is_remembered(client: TestClient, path: str) -> None:
    assert not offered(client, path).is_taken


def test_every_page_has_an_address_that_is_taken_for_one() -> None:
    found = {path.split("/")[1] for part in parts() for path in _paths(part.router) if path != "/"}

    assert found | {"static"} == PAGE_PARTS


def _paths(router: Any) -> list[str]:
    paths: list[str] = []
    for route in router.routes:
        if isinstance(route, Route):
            paths.append(route.path)
        else:
            paths += [route.include_context.prefix + path for path in _paths(route.original_router)]
    return paths
