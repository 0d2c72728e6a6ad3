"""A stand-in for the AI-Horde that gives recorded live data at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from benchmarks.processes import BenchmarkError


@contextmanager
def recorded_ai_horde(folder: Path) -> Iterator[str]:
    """Serve the recordings of a folder until the block ends, and give the address."""
    try:
        recorded = {path.stem: orjson.loads(path.read_bytes()) for path in folder.glob("*.json")}
        status, usage = recorded["status_models"], recorded["stats_models"]
        answers: dict[tuple[str, str | None], Any] = {
            **{("/api/v2/status/models", kind): status[kind] for kind in ("image", "text")},
            ("/api/v2/stats/img/models", None): usage["image"],
            ("/api/v2/stats/text/models", None): usage["text"],
        }
    except (OSError, KeyError) as error:
        raise BenchmarkError(f"{folder} has no recordings of the AI-Horde: {error}") from error

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            answer = answers.get((url.path, parse_qs(url.query).get("type", [None])[0]))
            body = orjson.dumps(answer)
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/"
    finally:
        server.shutdown()
        server.server_close()
