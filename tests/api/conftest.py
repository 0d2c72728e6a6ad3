"""Fixtures of the tests over HTTP."""

from api_client import client, make_client
from postgres_server import postgres
from review_client import legacy_review, make_review, people, review

__all__ = ["client", "legacy_review", "make_client", "make_review", "people", "postgres", "review"]
