"""Fixtures of the tests over HTTP."""

from api_client import client, make_client

__all__ = ["client", "make_client"]
