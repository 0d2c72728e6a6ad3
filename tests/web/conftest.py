"""Fixtures of the tests of pages."""

from pathlib import Path

import pytest
from api_client import client, make_client, records_template
from page_reader import Writer
from review_client import REQUESTOR, Review, make_review, people, review
from starlette.testclient import TestClient
from web_client import Browser, SignedIn

__all__ = ["client", "make_client", "make_review", "people", "records_template", "review"]


@pytest.fixture
def browser(review: Review) -> Browser:
    """Return a browser that nobody has signed in with yet."""
    return Browser(review.client)


@pytest.fixture
def signed_in(review: Review) -> SignedIn:
    """Return a function that opens a browser and signs in with a key."""

    def sign_in(key: str) -> Browser:
        opened = Browser(review.client)
        assert opened.sign_in(key).status_code == 303
        return opened

    return sign_in


@pytest.fixture
def proposer(signed_in: SignedIn) -> Browser:
    """Return a browser in which somebody has signed in who may propose."""
    return signed_in(REQUESTOR)


@pytest.fixture
def writer(client: TestClient, tmp_path: Path) -> Writer:
    """Return who changes records of the registry behind the client."""
    return Writer(client, tmp_path)
