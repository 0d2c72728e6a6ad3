"""Ordinary things with defaults, for tests that care about one of their traits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from horde_model_reference.catalog.snapshot import StoredRecord
from horde_model_reference.store.transaction import Write

FIXTURES = Path(__file__).parent / "fixtures"


def a_document(name: str = "Model", **fields: Any) -> dict[str, Any]:
    """Return a small v2 document that every category without fields of its own takes."""
    return {"name": name, "metadata": {"schema_version": "2.1.0", "created_at": 1, "updated_at": 1}, **fields}


def a_write(name: str = "Model", *, legacy: str | None = None, **fields: Any) -> Write:
    """Return the next version of a record."""
    return Write(name=name, document=compact(a_document(name, **fields)), legacy=legacy)


def a_removal(name: str = "Model") -> Write:
    """Return the end of a record."""
    return Write(name=name, document=None)


def a_stored_record(name: str = "Model", *, legacy: str | None = None, **fields: Any) -> StoredRecord:
    """Return a record as the store hands it out."""
    return StoredRecord(
        name=name,
        document=compact(a_document(name, **fields)).encode(),
        legacy=None if legacy is None else legacy.encode(),
    )


def an_image_record(name: str = "Model", **fields: Any) -> dict[str, Any]:
    """Return a legacy record of image_generation with one file."""
    return {
        "name": name,
        "baseline": "stable diffusion 1",
        "type": "ckpt",
        "description": "A model.",
        "nsfw": False,
        "config": {
            "files": [{"path": "model.ckpt", "sha256sum": "a" * 64, "md5sum": "b" * 32}],
            "download": [{"file_name": "model.ckpt", "file_url": "https://models.example/model.ckpt"}],
        },
        "available": False,
        **fields,
    }


def a_folder(folder: Path, files: dict[str, Any]) -> Path:
    """Write some files and return their folder: texts and bytes as they are, everything else as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return folder


def a_clock(start: int = 1_000) -> Callable[[], int]:
    """Return a clock that is a second later whenever it is asked."""
    now = start

    def tell() -> int:
        nonlocal now
        now += 1
        return now

    return tell


class SettableClock:
    """Tells the time that a test wants."""

    def __init__(self, now: int = 1_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def compact(value: Any) -> str:
    """Return JSON as the store keeps it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the content of every file, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
