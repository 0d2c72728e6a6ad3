"""How a model is read and used by programs, ready to copy."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from horde_model_reference.domain.categories import Category
from horde_model_reference.formats.text_names import name_variants

_HORDE: Final = "https://aihorde.net/api/v2/generate"
_ANONYMOUS_KEY: Final = "0000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of code."""

    label: str
    text: str


def snippets(base_url: str, category: Category, name: str, *, has_files: bool = False) -> tuple[Snippet, ...]:
    """Return how to get one record with curl and with the library, its files, and what it makes."""
    address = f"{base_url}/api/model_references/v2/{category}/model/{quote(name, safe='')}"
    python = (
        "from horde_model_reference import MODEL_REFERENCE_CATEGORY, ModelReferenceManager\n\n"
        "manager = ModelReferenceManager()\n"
        f"model = manager.get_model(MODEL_REFERENCE_CATEGORY.{category.value}, {name!r})\n"
        "print(model.config.download)"
    )
    return (
        Snippet(label="Its record, with curl", text=f"curl -L {shlex.quote(address)}"),
        Snippet(label="Its record, in Python", text=python),
        *_files(category, name, has_files=has_files),
        *_use(category, name),
    )


def _files(category: Category, name: str, *, has_files: bool) -> Iterator[Snippet]:
    if has_files:
        command = f"hmr models download --category {category} {shlex.quote(name)}"
        yield Snippet(label="Its files, with their sums checked", text=command)


def _use(category: Category, name: str) -> Iterator[Snippet]:
    """Yield how the AI-Horde is asked for a picture or a text by this model."""
    prompt = "a lantern in the rain"
    body: dict[str, Any]
    if category is Category.image_generation:
        path, body = "async", {"prompt": prompt, "models": [name]}
    elif category is Category.text_generation:
        path, body = "text/async", {"prompt": prompt, "models": list(name_variants(name))}
    else:
        return
    text = (
        f"curl {_HORDE}/{path} -H 'apikey: {_ANONYMOUS_KEY}' -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(json.dumps(body, ensure_ascii=False))}"
    )
    yield Snippet(label="What it makes, from the AI-Horde", text=text)
