"""The values that this registry knows, as forms offer them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.text_directory import text_directory
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.license_expressions import NOASSERTION
from horde_model_reference.domain.registries import shared_registries
from horde_model_reference.domain.text_directory import TextDirectory
from horde_model_reference.domain.text_parts import KNOWN_TEXT_SETTINGS
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.service.web.propose.form_view import KnownValues

_LONGEST_SUGGESTED: Final = 200
"""Characters of a value that a list in a form suggests."""
_MOST_VALUES: Final = 300
_REQUIREMENTS: Final = (
    "cfg_scale",
    "clip_skip",
    "max_cfg_scale",
    "max_steps",
    "min_cfg_scale",
    "min_steps",
    "samplers",
    "schedulers",
)
_FILE_PURPOSES: Final = ("face_restore_helper", "text_encoders", "vae")
_COMPONENTS: Final = ("text_encoders", "vae")
_USED_IN_TEXT: Final = ("baseline", "style", "instruct_format", "text_model_group")


def known_values(registry: Registry, category: Category, rules: ReviewRules) -> KnownValues:
    """Return what the form of a category offers to choose from, and what it suggests."""
    registries = shared_registries()
    licenses = sorted(key for key, is_deprecated in (rules.licenses or {}).items() if not is_deprecated)
    expressions = [*licenses, NOASSERTION]
    closed: dict[str, list[str]] = {}
    suggested: dict[str, Iterable[str]] = {
        "config.download.*.file_purpose": _FILE_PURPOSES,
        "config.embedded_component_hashes.*._key": _COMPONENTS,
        "licensing.license_expression": expressions,
        "licensing.files.*.license_expression": expressions,
    }
    if category is Category.image_generation:
        closed["style"] = sorted(registries.model_styles)
        if rules.baselines is not None:
            closed["baseline"] = sorted(rules.baselines)
        suggested["requirements.*._key"] = _REQUIREMENTS
    elif category is Category.text_generation:
        suggested["settings.*._key"] = sorted(KNOWN_TEXT_SETTINGS)
        suggested |= _used(registry.catalog.snapshot(category), _USED_IN_TEXT)
    elif category is Category.controlnet:
        suggested["controlnet_style"] = sorted(registries.controlnet_styles)
    return KnownValues(
        closed=closed,
        open={name: tuple(values) for name, values in suggested.items()},
        # Few records of text models name files, nearly all others do.
        begun=frozenset() if category is Category.text_generation else frozenset({"config.download"}),
    )


def directory_of(registry: Registry) -> TextDirectory:
    """Return what is said about groups of text models at the moment."""
    return text_directory(registry.catalog.resources)


def _used(snapshot: CategorySnapshot | None, fields: Iterable[str]) -> dict[str, list[str]]:
    """Return the values that other models have, the most frequent ones."""
    if snapshot is None:
        return {}
    table = snapshot.table()
    return {field: _frequent(table.column(field)) for field in fields}


def _frequent(column: Iterable[Any]) -> list[str]:
    counts = Counter(
        value
        for value in column
        if isinstance(value, str) and value.strip() and len(value) <= _LONGEST_SUGGESTED
    )
    return sorted(value for value, _ in counts.most_common(_MOST_VALUES))
