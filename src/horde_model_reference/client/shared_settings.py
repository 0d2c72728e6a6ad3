"""The settings that the library uses where none are given: one object per process, made on first use."""

from functools import cache

from pydantic import BaseModel
from pydantic_settings import SettingsConfigDict

from horde_model_reference.settings import CanonicalFormat, ReplicateMode, Settings


class HordeModelReferenceSettings(Settings):
    """The settings, open to change: programs patch attributes of the shared object in their tests."""

    model_config = SettingsConfigDict(frozen=False)


class BackendInfo(BaseModel):
    """What a service says of itself."""

    replicate_mode: ReplicateMode
    canonical_format: CanonicalFormat
    writable: bool


@cache
def shared_settings() -> HordeModelReferenceSettings:
    """Return the settings of this process, read from the environment by the first call.

    Raises:
        ValidationError: A variable has a value that can't be used.
    """
    return HordeModelReferenceSettings()
