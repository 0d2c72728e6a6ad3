"""Domain and purpose of every category of this process, as one mapping (spec 30 §3)."""

from collections.abc import Iterator, Mapping
from typing import Final

from horde_model_reference.domain.categories import shared_categories
from horde_model_reference.domain.record_parts import ModelClassification


class ClassificationLookup(Mapping[str, ModelClassification]):
    """Follows the registered categories at once."""

    def __getitem__(self, category: str) -> ModelClassification:
        descriptor = shared_categories().get(category)
        return ModelClassification(domain=descriptor.domain, purpose=descriptor.purpose)

    def __iter__(self) -> Iterator[str]:
        return iter(shared_categories().all())

    def __len__(self) -> int:
        return len(shared_categories().all())


MODEL_CLASSIFICATION_LOOKUP: Final[Mapping[str, ModelClassification]] = ClassificationLookup()
"""Raises KeyError for a category that nobody registered."""
