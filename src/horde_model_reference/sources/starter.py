"""The starter set: a few well-known models inside the package, for a first start, tests and demos."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from horde_model_reference.domain.categories import v2_file_name
from horde_model_reference.sources.copies import CategoryCopy, Origin


def starter_folder() -> Traversable:
    """Return the folder with the starter reference files: v2 form, file names of spec 01 §1.

    Categories without data have no file there.
    """
    return files("horde_model_reference") / "starter"


def read_starter_copy(category: str) -> CategoryCopy | None:
    """Return a category of the starter set; None where it has no data."""
    try:
        content = (starter_folder() / v2_file_name(category)).read_bytes()
    except (FileNotFoundError, KeyError):
        return None
    return CategoryCopy(category=category, content=content, origin=Origin.starter, checked_at=0.0)
