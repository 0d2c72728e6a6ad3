"""Bars that show how far a download is, on a real terminal."""

import json
import os
import pty
import subprocess
from pathlib import Path

from file_server import file_of, serving, sha256
from hmr import COMMAND, environment

CONTENT = bytes(range(256)) * 4000


def on_a_terminal(*arguments: str | Path, **variables: str) -> tuple[int, str]:
    """Run a command with a terminal as its standard error; return its status and what the terminal showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=environment(**variables) | {"TERM": "xterm"},
    )
    os.close(theirs)
    shown = bytearray()
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # what Linux says at the end of a terminal
        pass
    finally:
        os.close(ours)
    return process.wait(30), shown.decode()


def test_a_download_shows_a_bar_with_name_and_size(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as server:
        download = {
            "file_name": "weights.bin",
            "file_url": f"{server.url}/weights.bin",
            "sha256sum": sha256(CONTENT),
            "size_bytes": len(CONTENT),
        }
        document = {"record_type": "clip", "name": "M", "config": {"download": [download]}}
        (tmp_path / "clip.json").write_text(json.dumps({"M": document}), encoding="utf-8")

        status, shown = on_a_terminal(
            *("models", "download", "M", "--data-dir", tmp_path, "--weights", tmp_path / "w"),
            OFFLINE="false",
            PRIMARY_API_URL="",
        )

    assert status == 0, shown
    assert (tmp_path / "w" / "clip" / "weights.bin").read_bytes() == CONTENT
    assert "weights.bin" in shown
    assert "━" in shown
    assert "1 files" in shown
    assert "Traceback" not in shown
