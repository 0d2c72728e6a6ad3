"""A registry that looks like a real one, for tests in a browser and for screenshots.

The models of the starter set, more of their kind, a history of changes, a month of usage, and one record that
is hostile in every text that pages show.
"""

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path
from random import Random
from struct import pack
from typing import Any

import pytest
from ai_horde_stub import AIHordeStub, a_worker, running_stub
from factories import compact
from hmr import Server, serving
from review_client import PEOPLE, QUEUE

from horde_model_reference.catalog.live import Usage
from horde_model_reference.catalog.usage_history import DayFigures, DayReport
from horde_model_reference.domain.categories import Category
from horde_model_reference.formats.reference_files import FileFormat, find_reference_files
from horde_model_reference.sources.starter import starter_folder
from horde_model_reference.store.importing import import_files
from horde_model_reference.store.store import Store
from horde_model_reference.store.transaction import Write
from horde_model_reference.store.usage_history import StoredUsageHistory

PICTURE = "https://pictures.example/{}.png"
SCRIPT = "\"><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>{{7*7}}"
HOSTILE_NAME = "Hostile <b>name</b> & \"quotes\" 'n' #1?x=%2F"
CHANGED = "Cedar Lantern"
"""An image model with a history, usage, workers and pictures."""
RISQUE = "Velvet Orchid"
"""An image model whose pictures are not safe for work."""

_DAY = 86400
_WORDS = (
    "Amber",
    "Birch",
    "Cobalt",
    "Dune",
    "Ember",
    "Fjord",
    "Grove",
    "Harbor",
    "Iris",
    "Juniper",
    "Kestrel",
)
_NOUNS = (
    "Sketch",
    "Vision",
    "Canvas",
    "Mix",
    "Realism",
    "Toon",
    "Dream",
    "Studio",
    "Lens",
    "Palette",
    "Muse",
)
_BASELINES = (*("stable_diffusion_1",) * 4, *("stable_diffusion_xl",) * 5, "flux_1", "stable_cascade")
_STYLES = ("generalist", "anime", "realistic", "artistic", "furry", "other")
_TAGS = ("anime", "portrait", "landscape", "photo", "booru", "fantasy", "cars", "retro", "comic", "pixel art")


@dataclass(frozen=True)
class Site:
    """A server, the AI-Horde behind it, and its data."""

    server: Server
    horde: AIHordeStub
    folder: Path

    @property
    def url(self) -> str:
        """Where the pages are, without a slash at the end."""
        return self.server.base.removesuffix("/api")


@contextmanager
def running_site(folder: Path, *, with_hostile: bool = True, **variables: str) -> Iterator[Site]:
    """Serve a registry that looks like a real one, until the block ends; variables are settings."""
    seed(folder, with_hostile=with_hostile)
    settings: dict[str, Any] = {
        "SEED": "none",
        "PENDING_QUEUE__REQUESTOR_IDS": compact(QUEUE["requestor_ids"]),
        "PENDING_QUEUE__APPROVER_IDS": compact(QUEUE["approver_ids"]),
    }
    with (
        running_stub(horde()) as stub,
        serving(folder, **{"HORDE_URL": stub.url} | settings | variables) as server,
    ):
        yield Site(server=server, horde=stub, folder=folder)


@contextmanager
def site_of_module(folder: Path, **variables: str) -> Iterator[Site]:
    """Serve such a registry to all tests of a module: it begins before any of them has its settings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HORDE_MODEL_REFERENCE_DATA_DIR", str(folder / "unused"))
        with running_site(folder / "data", **variables) as running:  # type: ignore[arg-type] # settings, no other parameter
            yield running


def seed(folder: Path, *, now: int | None = None, with_hostile: bool = True) -> None:
    """Fill a new data folder."""
    now = now or int(time.time())
    folder.mkdir(parents=True, exist_ok=True)
    clock = _Clock(now - 90 * _DAY)
    store = Store.open(folder / "registry.sqlite3", clock=clock)
    try:
        with as_file(starter_folder()) as starter:
            import_files(store, find_reference_files(starter, FileFormat.v2), author="starter")
        images = [*more_images(), *_special_images(), *([hostile_image()] if with_hostile else [])]
        _write(store, Category.image_generation, images, "Mara#1412")
        _write(store, Category.text_generation, list(more_texts()), "Mara#1412")
        clock.now = now - 12 * _DAY
        _write(store, Category.image_generation, [_special_images()[0] | _SECOND_VERSION], "Ines#2077")
        clock.now = now - 2 * 3600
        _write(store, Category.image_generation, [_special_images()[0] | _THIRD_VERSION], "Theo#88")
        note_usage(store, now)
    finally:
        store.close()


class _Clock:
    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def _write(store: Store, category: Category, documents: list[dict[str, Any]], author: str) -> None:
    with store.transaction() as transaction:
        stamps = {"schema_version": "2.1.0", "updated_at": transaction.now, "updated_by": author}
        writes = [
            Write(
                name=document["name"],
                document=compact(
                    document
                    | {"metadata": {"created_at": transaction.now, "created_by": "Mara#1412"} | stamps}
                ),
            )
            for document in documents
        ]
        transaction.write(category, writes, author=author)


def an_image(name: str, **fields: Any) -> dict[str, Any]:
    """Return a record of an image model."""
    slug = name.lower().replace(" ", "-")
    return {
        "record_type": "image_generation",
        "name": name,
        "description": f"{name} makes pictures.",
        "version": "1.0",
        "config": {
            "download": [
                {
                    "file_name": f"{slug}.safetensors",
                    "file_url": f"https://huggingface.co/models/{slug}/resolve/main/{slug}.safetensors",
                    "sha256sum": f"{zlib.crc32(name.encode()):08x}" * 8,
                    "size_bytes": 2_132_625_612,
                }
            ]
        },
        "model_classification": {"domain": "image", "purpose": "generation"},
        "size_on_disk_bytes": 2_132_625_612,
        "inpainting": False,
        "baseline": "stable_diffusion_1",
        "tags": [],
        "showcases": [],
        "trigger": [],
        "nsfw": False,
        "style": "generalist",
    } | fields


def more_images() -> Iterator[dict[str, Any]]:
    """Yield records of image models, always the same."""
    chance = Random(7)
    for first in _WORDS:
        for noun in chance.sample(_NOUNS, 6):
            name = f"{first} {noun}"
            style = chance.choice(_STYLES)
            size = chance.randrange(1_700_000_000, 13_500_000_000)
            yield an_image(
                name,
                description=f"{style.capitalize()} checkpoint with a soft touch, for {noun.lower()} work.",
                version=f"{chance.randint(1, 5)}.{chance.randint(0, 9)}",
                baseline=chance.choice(_BASELINES),
                style=style,
                tags=sorted(chance.sample(_TAGS, chance.randint(1, 4))),
                showcases=[PICTURE.format(f"{first}-{noun}-{number}".lower()) for number in range(2)],
                nsfw=chance.random() < 0.2,
                size_on_disk_bytes=size,
            )


def _special_images() -> list[dict[str, Any]]:
    return [
        an_image(
            CHANGED,
            description="Warm light and fine lines: interiors, street scenes and portraits at dusk.",
            baseline="stable_diffusion_xl",
            style="artistic",
            tags=["portrait", "landscape"],
            trigger=["cedar glow", "lantern light"],
            homepage="https://models.example/cedar-lantern",
            showcases=[PICTURE.format(f"cedar-{number}") for number in range(4)],
            requirements={"min_steps": 20, "max_cfg_scale": 8, "schedulers": ["karras"]},
            size_on_disk_bytes=6_938_040_682,
        ),
        an_image(
            RISQUE,
            nsfw=True,
            baseline="stable_diffusion_xl",
            style="realistic",
            tags=["photo"],
            showcases=[PICTURE.format(f"velvet-{number}") for number in range(2)],
        ),
    ]


def hostile_image() -> dict[str, Any]:
    """Return a record with hostile text wherever text may stand."""
    return an_image(
        HOSTILE_NAME,
        description=f"Description {SCRIPT}",
        version=SCRIPT,
        baseline=f"base {SCRIPT}",
        tags=[f"tag {SCRIPT}", "javascript:alert(1)"],
        trigger=[f"trigger {SCRIPT}"],
        homepage="javascript:window.hacked=1",
        showcases=[
            "javascript:window.hacked=1",
            f"https://pictures.example/{SCRIPT}",
            "data:text/html,<b>x</b>",
        ],
        optimization=SCRIPT,
        requirements={SCRIPT: SCRIPT},
        finetune_series={"name": SCRIPT, "homepage": "javascript:window.hacked=1"},
        config={
            "download": [
                {
                    "file_name": f"file {SCRIPT}",
                    "file_url": "javascript:window.hacked=1",
                    "sha256sum": SCRIPT,
                    "file_purpose": SCRIPT,
                }
            ]
        },
    )


_SECOND_VERSION: dict[str, Any] = {"version": "1.1", "trigger": ["cedar glow"]}
_THIRD_VERSION: dict[str, Any] = {
    "version": "2.0",
    "tags": ["portrait", "landscape", "retro"],
    "description": "Warm light and fine lines: interiors, streets and portraits at dusk, under fuller skies.",
    "licensing": {
        "license_expression": "CC-BY-4.0",
        "license_ids": ["CC-BY-4.0"],
        "commercial_use": "allowed_with_conditions",
        "redistribution": "allowed",
        "obligations": ["attribution"],
        "attribution": "Cedar Lantern by Mara",
        "evidence": [{"source": "https://models.example/cedar-lantern", "description": "Model card"}],
    },
}


def more_texts() -> Iterator[dict[str, Any]]:
    """Yield records of text models, in groups."""
    for author, base, sizes in (
        ("acme", "Pebble", (1, 4, 8, 14, 32)),
        ("northwind", "Gale-Instruct", (7, 13, 70)),
        ("lumen", "Quill-v2", (3, 12, 24)),
    ):
        for billions in sizes:
            name = f"{author}/{base.split('-')[0]}-{billions}B{base[len(base.split('-')[0]) :]}"
            yield {
                "record_type": "text_generation",
                "name": name,
                "description": f"{billions} billion weights, for chat and stories.",
                "model_classification": {"domain": "text", "purpose": "generation"},
                "parameters": billions * 10**9,
                "baseline": base.split("-")[0].lower(),
                "nsfw": False,
                "style": "chat",
                "url": f"https://huggingface.co/{name}",
                "tags": ["chat", "stories"],
                "config": {"download": []},
            }


def horde() -> AIHordeStub:
    """Return an AI-Horde that uses these models, and knows some people."""
    chance = Random(11)
    images = [CHANGED, RISQUE, *(record["name"] for record in more_images())]
    texts = [record["name"] for record in more_texts()]
    usage: dict[str, Any] = {}
    for kind, names in (("image", images), ("text", texts)):
        used = {name: chance.randint(40, 3000) // (number // 4 + 1) for number, name in enumerate(names)}
        usage[kind] = {
            "day": used,
            "month": {name: count * 27 for name, count in used.items()},
            "total": {name: count * 300 for name, count in used.items()},
        }
    status = {
        kind: [
            {
                "name": name,
                "type": kind,
                "count": max(1, 9 - number // 3),
                "performance": 1_250_000.0 if kind == "image" else 31.5,
                "queued": float(chance.randint(0, 9_000_000)),
                "jobs": chance.randint(0, 25),
                "eta": chance.randint(0, 90),
            }
            for number, name in enumerate(names[:40])
        ]
        for kind, names in (("image", images), ("text", texts))
    }
    workers = [
        a_worker(
            id=f"w{number}",
            name=f"{word} Rig",
            models=images[: 6 + number],
            performance="1.4 megapixelsteps per second",
        )
        for number, word in enumerate(_WORDS[:6])
    ]
    return AIHordeStub(status=status, usage=usage, workers=workers, users=PEOPLE)


def note_usage(store: Store, now: int) -> None:
    """Write down a month of usage."""
    history = StoredUsageHistory(store.engine, retention_days=400)
    chance = Random(5)
    names = {
        Category.image_generation: [CHANGED, RISQUE, *(record["name"] for record in more_images())],
        Category.text_generation: [record["name"] for record in more_texts()],
    }
    for ago in range(45, 0, -1):
        weekday = (now // _DAY - ago) % 7
        for category, models in names.items():
            figures = {
                name: DayFigures(
                    usage=Usage(
                        day=(
                            day := round(
                                1600 / (number + 1) * chance.uniform(0.7, 1.2) * (1.35 if weekday > 4 else 1)
                            )
                        ),
                        month=day * 27,
                        total=day * (400 - ago),
                    ),
                    worker_count=max(0, 9 - number // 3),
                )
                for number, name in enumerate(models)
            }
            report = DayReport(category=category, seen_at=now - ago * _DAY, figures=figures)
            history.note(report, least_pause_seconds=1)


def a_picture(seed_text: str, *, width: int = 96, height: int = 96) -> bytes:
    """Return a small PNG with a soft gradient, in place of a picture from elsewhere."""
    hue = zlib.crc32(seed_text.encode())
    start = [90 + (hue >> shift) % 120 for shift in (0, 8, 16)]
    end = [60 + (hue >> shift) % 150 for shift in (4, 12, 20)]
    rows = bytearray()
    for y in range(height):
        # Each row of one colour, so that screenshots stay small.
        rows += b"\0" + width * bytes(
            round(a + (b - a) * y / height) for a, b in zip(start, end, strict=True)
        )

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + chunk(b"IEND", b"")
    )
