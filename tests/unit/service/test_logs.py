"""What a line about an event says."""

import logging
import sys

import pytest

from horde_model_reference.service.logs import ConsoleFormatter, JsonFormatter


def an_event(message: str, *arguments: object, with_trace: bool = False) -> logging.LogRecord:
    trace = None
    if with_trace:
        try:
            raise ValueError(message)
        except ValueError:
            trace = sys.exc_info()
    return logging.LogRecord("registry", logging.WARNING, __file__, 1, message, arguments, trace)


@pytest.mark.parametrize("formatter", [ConsoleFormatter(), JsonFormatter()])
def test_an_event_is_one_line_whatever_somebody_sent(formatter: logging.Formatter) -> None:
    line = formatter.format(an_event("error in %s", "/a\n2026-01-01T00:00:00.000Z ERROR forged\x1b[2J"))

    assert "forged" in line
    assert line.isprintable()


def test_a_trace_is_below_the_line_for_people() -> None:
    lines = ConsoleFormatter().format(an_event("it failed", with_trace=True)).splitlines()

    assert lines[0].endswith("WARNING it failed")
    assert lines[-1] == "ValueError: it failed"
