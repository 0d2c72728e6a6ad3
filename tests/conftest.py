"""What every test starts from: no settings in the environment, a data folder, only the built-in values."""

import os
from pathlib import Path

import pytest

import horde_model_reference
from horde_model_reference.client.paths import shared_paths
from horde_model_reference.client.shared_settings import shared_settings
from horde_model_reference.domain.categories import shared_categories
from horde_model_reference.domain.registries import shared_registries

_SETTINGS = ("HORDE_", "AI_HORDE_", "AIWORKER_", "GITHUB_PROXY_")
_NAMES_OF_SETTINGS = ("horde_model_reference_settings", "ai_horde_ci_settings", "ai_horde_worker_settings")
_NEEDED_BY_THE_TESTS = frozenset({"HORDE_SHARED"})


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.upper().startswith(_SETTINGS) and name not in _NEEDED_BY_THE_TESTS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HORDE_MODEL_REFERENCE_DATA_DIR", str(tmp_path / "data"))
    # No test reaches the public service: nobody listens at this proxy.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def _only_built_in_values(_plain_environment: None) -> None:
    # What a test, or the import of its module, registered or read for this process is not known to the next.
    for shared in (shared_registries, shared_categories, shared_settings, shared_paths):
        shared.cache_clear()
    for name in _NAMES_OF_SETTINGS:
        vars(horde_model_reference).pop(name, None)
