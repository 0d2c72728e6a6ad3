"""A registry with the records of tests/fixtures/legacy, asked through its ASGI application."""

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from postgres_server import forget_log
from starlette.testclient import TestClient

from horde_model_reference.bootstrap import open_registry, open_store
from horde_model_reference.formats.reference_files import find_reference_files
from horde_model_reference.service.access_log import AccessLog, AccessLogStyle
from horde_model_reference.service.answer_memory import AnswerMemory
from horde_model_reference.service.app import create_app
from horde_model_reference.settings import Settings, load_settings
from horde_model_reference.store.importing import import_files
from horde_model_reference.store.store import Store

FIXTURES = Path(__file__).parent / "fixtures"
ALLOWED_ORIGIN = "https://allowed.example"

MakeClient = Callable[..., TestClient]


@pytest.fixture(scope="session")
def records_template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """Return an SQLite file with the fixture's records, to be copied."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("records") / "template.sqlite3"))
    with closing(Store.open(path)) as store:
        import_files(store, find_reference_files(FIXTURES / "legacy"), author="test")
        forget_log(store)
    return path


@pytest.fixture
def make_client(tmp_path: Path, records_template: Path) -> Iterator[MakeClient]:
    """Return a function that starts a registry with some settings, on the fixture's records."""
    with ExitStack() as stack:

        def make(*, with_records: bool = True, **settings: Any) -> TestClient:
            chosen: dict[str, Any] = {
                "replicate_mode": "PRIMARY",
                "cors_allowed_origins": ALLOWED_ORIGIN,
                "data_dir": tmp_path,
            }
            registry_settings = load_settings(**(chosen | settings))
            if with_records and registry_settings.replicate_mode == "PRIMARY":
                _bring_records_in(registry_settings, records_template)
            memory = AnswerMemory()
            registry = open_registry(registry_settings, on_change=memory.forget_all)
            stack.callback(registry.close)
            log = AccessLog(io.StringIO(), style=AccessLogStyle.JSON)
            app = create_app(registry, memory=memory, access_log=log)
            return stack.enter_context(TestClient(app, raise_server_exceptions=False, follow_redirects=False))

        yield make


def _bring_records_in(settings: Settings, template: Path) -> None:
    place = str(settings.store_place).removeprefix("sqlite:///")
    if "://" not in place and not Path(place).exists():
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(template, place)
        return
    with closing(open_store(settings)) as store:
        import_files(store, find_reference_files(FIXTURES / "legacy"), author="test")


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    """Return a client of a PRIMARY with default settings."""
    return make_client()
