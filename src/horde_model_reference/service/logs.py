"""Logging of the service: one line an event, as JSON or for people."""

import logging
import re
import sys
import time
from typing import Literal

import orjson

from horde_model_reference.service.access_log import AccessLog, AccessLogStyle

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Format = Literal["auto", "console", "json"]


class JsonFormatter(logging.Formatter):
    """Writes an event as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of an event; a traceback is part of it."""
        event: dict[str, object] = {
            "time": f"{_utc(record)}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(event, default=str).decode()


class ConsoleFormatter(logging.Formatter):
    """Writes an event for people, in the form of the access log."""

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)-5s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as the base class has it
        """Return the line of an event, in which nothing that somebody sent begins another."""
        return _UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", super().formatMessage(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - as the base class has it
        """Return the time of an event in UTC."""
        return _utc(record)


def _utc(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}"


def chosen_style(log_format: Format) -> AccessLogStyle:
    """Return how lines are written; `auto` is for people where standard error is a terminal."""
    is_for_people = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    return AccessLogStyle.CONSOLE if is_for_people else AccessLogStyle.JSON


def start_logging(level: str, log_format: Format) -> AccessLog:
    """Send all log events of this process to standard error, and return the access log beside them."""
    style = chosen_style(log_format)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if style is AccessLogStyle.JSON else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "uvicorn.error", "alembic"):
        logging.getLogger(noisy).setLevel(max(root.level, logging.WARNING))
    return AccessLog(sys.stderr, style=style, is_on=root.level <= logging.INFO)
