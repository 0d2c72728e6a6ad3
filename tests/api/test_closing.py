"""What is left of a registry after its application was closed."""

import gc
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from io import StringIO
from pathlib import Path

import pytest
from hmr import eventually
from starlette.testclient import TestClient

from horde_model_reference.bootstrap import open_registry
from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.service.access_log import AccessLog, AccessLogStyle
from horde_model_reference.service.answer_memory import AnswerMemory
from horde_model_reference.service.app import create_app
from horde_model_reference.settings import load_settings


@pytest.mark.parametrize(
    "path",
    ["/api/model_references/v2/search?q=x", "/api/openapi.json", "/api/docs", "/", "/sign-in", "/charts"],
)
def test_nothing_holds_the_records_of_a_registry_that_was_closed(tmp_path: Path, path: str) -> None:
    catalog = _asked_and_closed(tmp_path, path)

    # A thread may still wait for the AI-Horde.
    eventually(lambda: gc.collect() >= 0 and catalog() is None)


def test_nothing_that_was_logged_holds_the_records_of_a_registry_that_was_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def wait_for_warnings() -> None:
        eventually(lambda: "no image status from the AI-Horde" in caplog.text)
        eventually(lambda: "no image usage from the AI-Horde" in caplog.text)

    catalog = _asked_and_closed(tmp_path, "/", before_closing=wait_for_warnings)

    assert len(caplog.records) >= 2
    eventually(lambda: gc.collect() >= 0 and catalog() is None)


def _asked_and_closed(
    folder: Path, path: str, *, before_closing: Callable[[], None] = lambda: None
) -> Callable[[], Catalog | None]:
    with ExitStack() as stack:
        memory = AnswerMemory()
        registry = open_registry(
            load_settings(replicate_mode="PRIMARY", data_dir=folder), on_change=memory.forget_all
        )
        stack.callback(registry.close)
        log = AccessLog(StringIO(), style=AccessLogStyle.JSON)
        client = TestClient(create_app(registry, memory=memory, access_log=log))
        with client:
            assert client.get(path, headers={"accept": "text/html"}).status_code == 200
            before_closing()
        return weakref.ref(registry.catalog)
