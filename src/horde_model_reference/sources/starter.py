"""The starter set: a few well-known models inside the package, for a first start, tests and demos."""

from importlib.resources import files
from importlib.resources.abc import Traversable


def starter_folder() -> Traversable:
    """Return the folder with the starter reference files: v2 form, file names of spec 01 §1.

    Categories without data have no file there.
    """
    return files("horde_model_reference") / "starter"
