"""What a browser shows of the pages that everybody may read, and who changes what they show."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from factories import a_write
from hmr import eventually
from starlette.testclient import TestClient
from web_client import HTML

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.store import Store
from horde_model_reference.store.transaction import Write

IMAGES = "/models/image_generation"


class Page(HTMLParser):
    """The text of a page, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open.append((dict(attrs).get("href") or "", []))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        for _, words in self._open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            address, words = self._open.pop()
            self.links.setdefault(" ".join("".join(words).split()), address)


def seen(client: TestClient, path: str, status: int = 200) -> Page:
    """Return what a browser shows at an address."""
    answer = client.get(path, headers=HTML)
    assert answer.status_code == status, answer.text
    return Page(answer.text)


class Writer:
    """Another process that changes records of the registry behind a client."""

    def __init__(self, client: TestClient, folder: Path) -> None:
        self._client = client
        self._store = Store.open(folder / "registry.sqlite3")

    def write(self, category: Category, *writes: Write, author: str = "test") -> None:
        """Change records, and wait until the registry has seen that."""
        serial = self._written(category, writes, author)
        eventually(lambda: self._seen_serial() >= serial)

    def write_each(self, category: Category, *changes: tuple[str, Write]) -> None:
        """Change one record after the other, each by an author, and wait until the last is seen."""
        serials = [self._written(category, [write], author) for author, write in changes]
        eventually(lambda: self._seen_serial() >= serials[-1])

    def _written(self, category: Category, writes: Sequence[Write], author: str) -> int:
        with self._store.transaction() as transaction:
            return transaction.write(category, writes, author=author)[-1]

    def _seen_serial(self) -> int:
        answer = self._client.get("/api/model_references/v2/esrgan")
        return int(answer.headers.get("x-registry-serial", 0))


def names(client: TestClient, path: str) -> list[str]:
    """Return the models of a list, in order."""
    table = client.get(path, headers=HTML).text
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', table)


def an_image_write(name: str, **fields: Any) -> Write:
    """Return the next version of an image model."""
    record: dict[str, Any] = {
        "baseline": "stable_diffusion_xl",
        "nsfw": False,
        "model_classification": {"domain": "image", "purpose": "generation"},
    }
    return a_write(name, **record | fields)
