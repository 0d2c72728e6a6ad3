"""The command line as real processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from horde_model_reference.cli.main import main

COMMAND = str(Path(sys.executable).with_name("hmr"))
_PATIENCE_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A command that ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line that says what went wrong."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert "Traceback" not in self.err
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("error: ")


def hmr(*arguments: str | Path, cwd: Path | None = None, **variables: str) -> Finished:
    """Run a command to its end, without the network; variables are settings without their prefix."""
    run = subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        cwd=cwd,
        env=environment(**variables),
    )
    return Finished(status=run.returncode, out=run.stdout, err=run.stderr)


def here(*arguments: str | Path, cwd: Path | None = None, **variables: str) -> Finished:
    """Run a command in this process, which is many times faster."""
    return _in_this_process(main, "hmr", *arguments, cwd=cwd, **variables)


def script(name: str, *arguments: str | Path, **variables: str) -> Finished:
    """Run one of the commands beside `hmr` in this process."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, function = project["scripts"][name].partition(":")
    program = getattr(import_module(module), function)
    return _in_this_process(program, name, *arguments, cwd=None, **variables)


def _in_this_process(
    program: Callable[[], object], name: str, *arguments: str | Path, cwd: Path | None, **variables: str
) -> Finished:
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    status: object = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for variable, text in environment(**variables).items():
            patch.setenv(variable, text)
        patch.setattr(sys, "argv", [name, *map(str, arguments)])
        patch.chdir(cwd or Path.cwd())
        try:
            program()
        except SystemExit as end:
            status = end.code or 0
    assert isinstance(status, int)
    return Finished(status=status, out=_text(out), err=_text(err))


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a command: this one, offline, with settings by their names without prefix."""
    settings = {"OFFLINE": "true"} | variables
    plain = {name for name in settings if name in {"GITHUB_PROXY_URL_BASE", "HOME", "HORDE_URL"}}
    prefixed = {
        name if name in plain else f"HORDE_MODEL_REFERENCE_{name}": text for name, text in settings.items()
    }
    return os.environ | {"COLUMNS": "200", "PYTHONFAULTHANDLER": "1"} | prefixed


class Server:
    """A `serve` that was started."""

    def __init__(self, process: "subprocess.Popen[str]", host: str, output: Path) -> None:
        self.process = process
        self._host = f"[{host}]" if ":" in host else host
        self._output = output

    @cached_property
    def port(self) -> int:
        """The port that it took, as its first lines say; OSError as long as they don't."""
        told = re.search(r"^pages .*:(\d+)/$", self.output, re.MULTILINE)
        if told is None:
            raise OSError("it does not say yet where it listens")
        return int(told[1])

    @property
    def base(self) -> str:
        """Where its API is."""
        return f"http://{self._host}:{self.port}/api"

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Ask for something; return status, headers in lower case, and body."""
        try:
            with urlopen(Request(self.base + path), timeout=10) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except HTTPError as error:
            with error:
                return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()

    def json(self, path: str) -> Any:
        return json.loads(self.get(path)[2])

    def worker_pids(self) -> set[int]:
        """Return the processes that serve, where there are several; not those that end at the moment."""
        found = set()
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            for child in _words_of(task / "children"):
                if any("spawn_main" in word for word in _words_of(Path(f"/proc/{child}/cmdline"))):
                    found.add(int(child))
        return found

    def stop(self) -> int:
        """Ask it to end and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE_SECONDS)


@contextmanager
def serving(
    data_dir: Path | str, *arguments: str, host: str = "127.0.0.1", cwd: Path | None = None, **variables: str
) -> Iterator[Server]:
    """Serve until the block ends; ready when it answers."""
    folder = Path(os.environ["HORDE_MODEL_REFERENCE_DATA_DIR"]).parent
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"serve-{uuid4()}.log"
    with output.open("w") as log:
        process = subprocess.Popen(
            # A port that was looked for before would be anybody's until the server takes it.
            [COMMAND, "serve", "--host", host, "--port", "0", "--data-dir", str(data_dir), *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env=environment(**variables),
        )
        server = Server(process, host, output)
        try:
            eventually(lambda: _answers(server))
            yield server
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def eventually(condition: Callable[[], object], *, seconds: float = _PATIENCE_SECONDS) -> float:
    """Wait until a condition holds and return how long that took; fail where it doesn't in time."""
    started = time.monotonic()
    while not condition():
        passed = time.monotonic() - started
        assert passed < seconds, f"not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - started


def is_one_line(text: str) -> bool:
    """Tell whether a text is exactly one line, and no trace of a program."""
    return len(re.findall(r"\n", text.strip())) == 0 and bool(text.strip())


def _words_of(told: Path) -> list[str]:
    """Return the words of what the system tells of a process; none where that has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return told.read_text().split()
    return []


def _text(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _answers(server: Server) -> bool:
    assert server.process.poll() is None, server.output
    try:
        return server.get("/heartbeat")[0] == 200
    except OSError:
        return False
