"""Fixtures that the tests of several layers share."""

pytest_plugins = ("postgres_server",)
