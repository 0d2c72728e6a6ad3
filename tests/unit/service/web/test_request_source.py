"""Where a request comes from."""

import pytest
from fastapi import Request

from horde_model_reference.service.web.request_source import source_of


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_an_address_counts_as_one(host: str | None, source: str) -> None:
    client = None if host is None else (host, 1)

    assert source_of(Request({"type": "http", "client": client, "headers": []})) == source
