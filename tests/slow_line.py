"""A slow line to a registry: pages arrive a piece at a time, so that a browser paints what it has."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

_PASSED_ON = ("accept", "cookie", "content-type", "origin", "referer")
_OF_THE_LINE = (
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "connection",
    "date",
    "server",
    "etag",
)


@contextmanager
def slow_line(url: str, *, pieces: int = 6, pause_seconds: float = 0.05) -> Iterator[str]:
    """Relay GET requests to a server until the block ends; return where it does.

    HTML is cut into pieces of the same size and sent with pauses, everything else at once.
    """
    upstream = httpx.Client(base_url=url, timeout=30)

    class Relay(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
            answer = upstream.get(self.path, headers=wanted)
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name not in _OF_THE_LINE:
                    self.send_header(name, value)
            self.end_headers()
            is_page = answer.headers.get("content-type", "").startswith("text/html")
            length = -(-len(answer.content) // pieces) if is_page else len(answer.content)
            with suppress(BrokenPipeError):  # a browser that has seen enough hangs up
                for start in range(0, len(answer.content), length or 1):
                    self.wfile.write(answer.content[start : start + length])
                    self.wfile.flush()
                    if is_page:
                        time.sleep(pause_seconds)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        upstream.close()
