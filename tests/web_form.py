"""A form on a page, as somebody without scripts fills it in and sends it."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from web_client import HTML, Browser


class _Inputs(HTMLParser):
    """Collects what a browser would send for the forms that lead to /propose."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pairs: list[tuple[str, str]] = []
        self._is_inside = False
        self._templates = 0
        self._options: dict[str, bool] = {}
        self._text = ""
        self._name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "template":
            self._templates += 1
        elif tag == "form":
            self._is_inside = "method" in given and given["action"].startswith("/propose/")
        elif self._is_inside and not self._templates:
            self._begin(tag, given)

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.pairs.append((given["name"], given.get("value", "")))
        elif tag in {"select", "textarea"}:
            self._name, self._text, self._options = given["name"], "", {}
        elif tag == "option":
            self._options[given["value"]] = "selected" in given

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._templates -= 1
        elif tag == "form":
            self._is_inside = False
        elif self._is_inside and not self._templates and tag == "select":
            chosen = [value for value, is_chosen in self._options.items() if is_chosen]
            self.pairs.append((self._name, (chosen or list(self._options))[0]))
        elif self._is_inside and not self._templates and tag == "textarea":
            self.pairs.append((self._name, self._text.removeprefix("\n").replace("\n", "\r\n")))


class Form:
    """A form on a page, as somebody without scripts uses it."""

    def __init__(self, browser: Browser, answer: Any, path: str) -> None:
        self.browser, self.answer, self.path = browser, answer, path
        inputs = _Inputs()
        inputs.feed(answer.text)
        self.inputs: dict[str, list[str]] = {}
        for name, value in inputs.pairs:
            self.inputs.setdefault(name, []).append(value)

    @property
    def text(self) -> str:
        return unescape(self.answer.text)

    def fill(self, **texts: str) -> "Form":
        for name, text in texts.items():
            self.inputs[name.replace("__", ".")] = [text]
        return self

    def set(self, name: str, text: str) -> "Form":
        self.inputs[name] = [text]
        return self

    def press(self, button: str) -> "Form":
        answer = self.browser.client.post(self.path, data={**self.inputs, "_action": button}, headers=HTML)
        return Form(self.browser, answer, self.path)

    def sent(self) -> int:
        """Preview and send; return the number of the change."""
        preview = self.press("preview")
        assert preview.answer.status_code == 200, preview.text
        answer = preview.press("send").answer
        assert answer.status_code == 303, answer.text
        found = re.fullmatch(r"/propose/sent/(\d+)", answer.headers["location"])
        assert found is not None
        return int(found[1])


def opened(browser: Browser, path: str) -> Form:
    """Open a page with a form, which has to be there."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return Form(browser, answer, re.sub(r"^(/propose/[a-z_]+).*", r"\1", path))
