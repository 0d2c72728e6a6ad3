"""Fixtures of the tests over HTTP."""

from api_client import client, make_client, records_template
from licensing_client import any_registry, database_url, registry
from postgres_server import postgres
from review_client import legacy_review, make_review, people, review

__all__ = [
    "any_registry",
    "client",
    "database_url",
    "legacy_review",
    "make_client",
    "make_review",
    "people",
    "postgres",
    "records_template",
    "registry",
    "review",
]
