"""What one module of the package logs."""

import logging
from types import ModuleType

import pytest


def records_of(caplog: pytest.LogCaptureFixture, module: ModuleType) -> list[logging.LogRecord]:
    """Return what a module told: a thread of an earlier test may tell of something else at the same time."""
    return [record for record in caplog.records if record.name == module.__name__]
