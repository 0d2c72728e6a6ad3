"""Everything that the links and forms of a site lead to: what a robot finds, or somebody who attacks it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

from fastapi import FastAPI
from web_client import Browser

from horde_model_reference.service.web.pages import parts

MARK = "zzz"
EVIL = f"\"'><{MARK} {MARK}=1 onx=1>--></textarea></title><script>{MARK}()</script>{{{{7*7}}}}javascript:1"
"""Closes whatever is open and begins elements, attributes and scripts of the name `MARK`."""
_EXAMPLES = {"category": "esrgan", "name": "Upscale_x2"}
_LEADING_ATTRIBUTES = frozenset({"href", "src", "action", "formaction", "poster", "data", "xlink:href"})
_TYPED = frozenset({"text", "search", "password", "number", "url", "date", "textarea", "hidden", "checkbox"})
_FOREIGN_TAGS = frozenset({"style", "iframe", "frame", "object", "embed", "base", "math", "applet"})


@dataclass(frozen=True)
class Route:
    """An address that the pages answer at, with examples for what its path holds."""

    method: str
    template: str
    parameters: tuple[str, ...]
    """Names of those in the query."""
    path_parameters: tuple[str, ...]

    def path(self, **values: str) -> str:
        """Return a path; what is not given is an example."""
        return re.sub(r"\{([^}]+)\}", lambda found: {**_EXAMPLES, **values}.get(found[1], "1"), self.template)


@cache
def routes() -> tuple[Route, ...]:
    """Return every address of every part."""
    pages = FastAPI()
    for part in parts():
        pages.include_router(part.router)
    found: list[Route] = []
    for template, operations in pages.openapi()["paths"].items():
        for method, operation in operations.items():
            places = {"query": list[str](), "path": list[str]()}
            for parameter in operation.get("parameters", ()):
                places[parameter["in"]].append(parameter["name"])
            found.append(Route(method.upper(), template, tuple(places["query"]), tuple(places["path"])))
    return tuple(found)


def routes_of(method: str) -> tuple[Route, ...]:
    """Return the addresses that take a method."""
    return tuple(route for route in routes() if route.method == method)


@dataclass
class FoundForm:
    """A form on a page."""

    page: str
    method: str
    action: str
    inputs: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, kind and value of each; of a choice, the value of each option."""

    def filled(self, text: str) -> dict[str, list[str]]:
        """Return what a browser would send with a text in every field that holds one."""
        sent: dict[str, list[str]] = {}
        for name, kind, value in self.inputs:
            is_kept = name == "csrf_token" or name.startswith(("_operation", "_record", "_base", "_again"))
            is_typed = kind in _TYPED and kind != "hidden" and kind != "checkbox"
            if kind != "button":
                sent.setdefault(name, []).append(text if is_typed and not is_kept else value)
        return {name: values[:1] if values[0] == text else values for name, values in sent.items()}

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Return name and value of its buttons."""
        return [(name, value) for name, kind, value in self.inputs if kind == "button"]

    @property
    def kind(self) -> tuple[object, ...]:
        """Return what is the same for forms that do the same."""
        names = frozenset(re.sub(r"\d+", "0", name) for name, _, _ in self.inputs)
        return self.method, re.sub(r"\d+", "0", urlsplit(self.action).path), names


class Page(HTMLParser):
    """A page in its parts."""

    def __init__(self, path: str, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.links: list[str] = []
        self.forms: list[FoundForm] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.script_text = ""
        self._by_id: dict[str, FoundForm] = {}
        self._open: FoundForm | None = None
        self._name = ""
        self._mark = ""
        self._later: list[tuple[str, tuple[str, str, str]]] = []
        self._is_script = False
        self.feed(html)
        self.close()
        for form, given in self._later:
            self._by_id[form].inputs.append(given)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        self._is_script = tag == "script"
        self._mark = given.get("data-mark", self._mark)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            form = FoundForm(self.path, given.get("method", "get").upper(), given.get("action", self.path))
            self.forms.append(form)
            self._by_id[given.get("id", "")] = form
            self._open = form
        elif tag in {"input", "textarea", "select", "button", "option"}:
            self._note(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "script":
            self._is_script = False

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._is_script:
            self.script_text += data

    def _note(self, tag: str, given: dict[str, str]) -> None:
        if tag == "select":
            self._name = self._named(given)
            return
        kind = given.get("type", "text") if tag == "input" else {"textarea": "textarea"}.get(tag, "button")
        name = self._named(given)
        if tag == "option":
            kind, name = "option", self._name
        if not name:
            return
        noted = (name, kind, given.get("value", ""))
        if "form" in given:
            self._later.append((given["form"], noted))
        elif self._open is not None:
            self._open.inputs.append(noted)

    def _named(self, given: dict[str, str]) -> str:
        name = given.get("name", "")
        return name.replace(self._mark, "0") if self._mark else name

    def harms(self, mark: str) -> Iterator[str]:
        """Yield what no page may hold: what runs or loads something, and elements or attributes of a name."""
        if self.script_text.strip():
            yield f"a script: {self.script_text[:80]}"
        for tag, given in self.tags:
            if tag == mark or tag in _FOREIGN_TAGS:
                yield f"<{tag}>"
            if tag == "script" and not given.get("src", "").startswith("/static/"):
                yield f"a script of {given}"
            for name, value in given.items():
                if name.startswith("on") or name in {"style", "srcdoc", mark}:
                    yield f"<{tag} {name}={value!r}>"
                if name in _LEADING_ATTRIBUTES and not _leads_well(value):
                    yield f"<{tag} {name}={value!r}>"


def _leads_well(address: str) -> bool:
    """Tell whether an address stays here, or leads into the web by http and https."""
    if address.startswith(("//", "/\\")):
        return False
    return address.startswith(("/", "#", "?", "http://", "https://")) or address == ""


def walk(browser: Browser, starts: Iterable[str], *, most: int = 400) -> dict[str, Page]:
    """Return the pages that are named, and one of each other kind that can be reached from them."""
    first = list(dict.fromkeys(starts))
    waiting, asked, found = list(first), set[str](), dict[str, Page]()
    seen = {_kind_of(path) for path in first}
    while waiting and len(found) < most:
        path = waiting.pop(0)
        if path in asked or (path not in first and _kind_of(path) in seen):
            continue
        asked.add(path)
        seen.add(_kind_of(path))
        answer = browser.get(path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            page = found[path] = Page(path, answer.text)
            waiting += [link for link in page.links if link.startswith("/") and "/api/" not in link]
        elif answer.status_code == 303:
            waiting.append(answer.headers["location"])
    return found


def _kind_of(path: str) -> tuple[str, ...]:
    parts = urlsplit(path)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")})
    return _template_of(parts.path), *(names if len(names) == 1 else ["several"])


def _template_of(path: str) -> str:
    if re.fullmatch("/propose/[a-z_]+", path):  # each has a form of its own
        return path
    for route in routes_of("GET"):
        pattern = re.sub(r"\\\{([^}]+)\\\}", _pattern_of, re.escape(route.template))
        if re.fullmatch(pattern, path):
            return route.template
    return path


def _pattern_of(found: re.Match[str]) -> str:
    return ".+" if found[1] == "name" else "[^/]+"  # names of models may have slashes
