"""Fixtures of the tests against what the public service showed."""

from api_client import client, make_client, records_template

__all__ = ["client", "make_client", "records_template"]
