"""Somebody with a browser, as far as cookies and forms go."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

HTML = {"accept": "text/html"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """Keeps cookies, takes form tokens from pages, and follows no redirect unless told."""

    def __init__(self, client: TestClient, *, base_url: str = "http://testserver") -> None:
        self.client = TestClient(
            client.app, base_url=base_url, raise_server_exceptions=False, follow_redirects=False
        )

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers=HTML | headers)

    def token(self, page: str = "/sign-in") -> str:
        """Return the form token on a page."""
        found = _TOKEN.search(self.get(page).text)
        assert found is not None, f"no form on {page}"
        return unescape(found[1])

    def post(
        self,
        path: str,
        fields: dict[str, Any] | None = None,
        *,
        page: str = "/sign-in",
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send a form with the token that stands on a page."""
        form = {"csrf_token": self.token(page), **(fields or {})}
        return self.client.post(path, data=form, headers=HTML | (headers or {}))

    def sign_in(self, key: str, return_to: str = "/", headers: dict[str, str] | None = None) -> Response:
        return self.post("/sign-in", {"key": key, "return_to": return_to}, headers=headers)

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self.client.cookies)


SignedIn = Callable[[str], Browser]
"""Opens a browser and signs in with a key."""
