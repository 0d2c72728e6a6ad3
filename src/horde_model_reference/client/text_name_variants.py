"""The names under which the AI-Horde may know a text model (spec 30 §12)."""

from horde_model_reference.formats.text_names import name_variants


def get_model_name_variants(canonical_name: str) -> list[str]:
    """Return a name and its per-backend duplicates, each once, the given one first."""
    return list(name_variants(canonical_name))
