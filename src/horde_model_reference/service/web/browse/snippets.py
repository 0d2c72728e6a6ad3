"""How a model is read and used by programs, ready to copy."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from horde_model_reference.domain.categories import Category
from horde_model_reference.formats.text_names import name_variants
from horde_model_reference.settings import PREFIX, PUBLIC_API_URL

_HORDE: Final = "https://aihorde.net/api/v2/generate"
_ANONYMOUS_KEY: Final = "0000000000"
_API_VARIABLE: Final = f"{PREFIX}PRIMARY_API_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of code."""

    label: str
    text: str


def snippets(base_url: str, category: Category, name: str, *, has_files: bool = False) -> tuple[Snippet, ...]:
    """Return how to get one record with curl and with the library, its files, and what it makes.

    ``base_url`` is the address of this registry's start page without its slash.
    """
    api = f"{base_url}/api"
    address = f"{api}/model_references/v2/{category}/model/{quote(name, safe='')}"
    return (
        Snippet(label="Its record, with curl", text=f"curl -L {shlex.quote(address)}"),
        Snippet(label="Its record, in Python", text=_python(api, category, name)),
        *_files(api, category, name, has_files=has_files),
        *_use(category, name),
    )


def _python(api: str, category: Category, name: str) -> str:
    # Unless told otherwise, the library reads from the public registry.
    here = () if api == PUBLIC_API_URL else ("import os", "", f"os.environ[{_API_VARIABLE!r}] = {api!r}", "")
    lines = (
        *here,
        "from horde_model_reference import MODEL_REFERENCE_CATEGORY, ModelReferenceManager",
        "",
        "manager = ModelReferenceManager()",
        f"model = manager.get_model(MODEL_REFERENCE_CATEGORY.{category.value}, {name!r})",
        "print(model.config.download)",
    )
    return "\n".join(lines)


def _files(api: str, category: Category, name: str, *, has_files: bool) -> Iterator[Snippet]:
    if has_files:
        here = "" if api == PUBLIC_API_URL else f"{_API_VARIABLE}={shlex.quote(api)} "
        command = f"{here}hmr models download --category {category} {shlex.quote(name)}"
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
