"""What is wrong with a search."""

from horde_model_reference.domain.errors import RegistryError


class InvalidSearchError(RegistryError):
    """A search asks for what the category has not, or for an order that its values don't have."""


class SearchCursorGoneError(RegistryError):
    """The data that a cursor goes through has changed too long ago to be still at hand."""
