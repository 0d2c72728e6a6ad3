"""Fixtures of the tests of pages."""

from api_client import client, make_client

__all__ = ["client", "make_client"]
