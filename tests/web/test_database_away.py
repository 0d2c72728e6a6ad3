"""Pages that everybody may read go on while the database can't be asked, with what is in memory."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from web_client import HTML

from horde_model_reference.service.web.visitors import SESSION_COOKIE

MODEL = "/models/clip/ViT-L/14"
AWAY = "can't be read now"
WITHOUT_HISTORY = ["/models/clip", "/models?q=vit", "/charts", "/charts/image_generation", "/text/families"]


@pytest.mark.parametrize("path", ["/", MODEL, f"{MODEL}?history=all"])
@pytest.mark.parametrize(
    "headers", [{}, {"cookie": f"{SESSION_COOKIE}=x"}], ids=["anybody", "with a session"]
)
def test_a_page_with_history_says_that_it_is_away_and_shows_the_rest(
    client: TestClient, tmp_path: Path, path: str, headers: dict[str, str]
) -> None:
    file = tmp_path / "registry.sqlite3"
    file.rename(tmp_path / "elsewhere")

    away = client.get(path, headers=HTML | headers)
    (tmp_path / "elsewhere").rename(file)
    back = client.get(path, headers=HTML | headers)

    assert (away.status_code, back.status_code) == (200, 200)
    assert away.headers["cache-control"] == "private, no-store"
    assert AWAY in away.text
    assert AWAY not in back.text
    assert re.search(r"(by|·) test\b", back.text)


@pytest.mark.parametrize("path", WITHOUT_HISTORY)
def test_a_page_without_history_is_shown_as_ever(client: TestClient, tmp_path: Path, path: str) -> None:
    (tmp_path / "registry.sqlite3").rename(tmp_path / "elsewhere")

    answer = client.get(path, headers=HTML)

    assert answer.status_code == 200
    assert AWAY not in answer.text


@pytest.mark.parametrize("path", ["/changes", "/feed.atom"])
def test_what_is_history_alone_is_away(client: TestClient, tmp_path: Path, path: str) -> None:
    (tmp_path / "registry.sqlite3").rename(tmp_path / "elsewhere")

    assert client.get(path, headers=HTML).status_code == 503
