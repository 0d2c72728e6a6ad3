"""What clients hear when the database is gone under a running service."""

import logging
from pathlib import Path

import pytest
from review_client import REQUESTOR, V2, Review


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_where_the_database_lies_is_for_the_log_alone(
    review: Review, tmp_path: Path, caplog: pytest.LogCaptureFixture, accept: str
) -> None:
    path = tmp_path / "registry.sqlite3"
    review.client.get(f"{V2}/me/roles", headers={"apikey": REQUESTOR})
    path.rename(tmp_path / "elsewhere")

    with caplog.at_level(logging.ERROR):
        answer = review.client.get(
            f"{V2}/pending_queue/changes", headers={"apikey": REQUESTOR, "accept": accept}
        )

    assert answer.status_code == 503
    assert "can't use its database" in answer.json()["detail"]
    assert str(tmp_path) not in answer.text
    assert str(path) in caplog.text
