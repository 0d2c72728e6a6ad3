"""How a model is read by programs, ready to copy."""

from dataclasses import dataclass
from urllib.parse import quote

from horde_model_reference.domain.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of code."""

    label: str
    text: str


def snippets(base_url: str, category: Category, name: str) -> tuple[Snippet, ...]:
    """Return how to get one record with curl and with the library."""
    address = f"{base_url}/api/model_references/v2/{category}/model/{quote(name, safe='')}"
    python = (
        "from horde_model_reference import MODEL_REFERENCE_CATEGORY, ModelReferenceManager\n\n"
        "manager = ModelReferenceManager()\n"
        f"model = manager.get_model(MODEL_REFERENCE_CATEGORY.{category.value}, {name!r})\n"
        "print(model.config.download)"
    )
    return (
        Snippet(label="curl", text=f"curl -L '{address}'"),
        Snippet(label="Python", text=python),
    )
