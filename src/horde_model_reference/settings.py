"""Everything that can be set from outside, read once by whoever starts the program (spec 30 §8)."""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "HORDE_MODEL_REFERENCE_"
FOLDER_NAME = "horde_model_reference"
DATABASE_FILE_NAME = "registry.sqlite3"
_WITHOUT_PREFIX = frozenset({"HORDE_URL", "AI_HORDE_URL", "AIWORKER_CACHE_HOME", "GITHUB_PROXY_URL_BASE"})


class SettingsError(Exception):
    """A variable has a value that can't be used; the text is one line that names it."""


class ReplicateMode(StrEnum):
    """Whether this deployment owns the data or copies it."""

    PRIMARY = "PRIMARY"
    REPLICA = "REPLICA"

    @classmethod
    def _missing_(cls, value: object) -> "ReplicateMode | None":
        return cls.__members__.get(value.upper()) if isinstance(value, str) else None


class CanonicalFormat(StrEnum):
    """Which API version may write."""

    v2 = "v2"
    legacy = "legacy"
    LEGACY = "legacy"  # an alias that existing programs use

    @classmethod
    def _missing_(cls, value: object) -> "CanonicalFormat | None":
        return cls.legacy if isinstance(value, str) and value.lower() == "legacy" else None


class Seed(StrEnum):
    """What an empty store of a PRIMARY is filled from."""

    starter = "starter"
    github = "github"
    none = "none"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class GithubRepoSettings(_Group):
    """One of the two legacy repositories."""

    owner: str = "Haidra-Org"
    """Organisation or user on GitHub."""
    name: str
    """Repository."""
    branch: str = "main"
    """Branch."""

    def raw_url(self, file_name: str) -> str:
        """Return the address of a file's content."""
        return (
            f"https://raw.githubusercontent.com/{self.owner}/{self.name}/refs/heads/{self.branch}/{file_name}"
        )


class ImageGithubRepoSettings(GithubRepoSettings):
    """Where the image categories come from."""

    name: str = "AI-Horde-image-model-reference"
    """Repository."""


class TextGithubRepoSettings(GithubRepoSettings):
    """Where text_generation comes from."""

    name: str = "AI-Horde-text-model-reference"
    """Repository."""


class PendingQueueSettings(_Group):
    """Who may propose and who may approve; an empty list means nobody."""

    enabled: bool = True
    """Whether changes may be proposed and reviewed."""
    requestor_ids: tuple[str, ...] = ()
    """User ids of those who may propose."""
    approver_ids: tuple[str, ...] = ()
    """User ids of those who may approve and apply; they may propose too."""
    allow_self_approval: bool = False
    """Whether people may approve and apply what they proposed themselves."""

    @field_validator("requestor_ids", "approver_ids")
    @classmethod
    def _without_blanks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _stripped(value)


class AuditSettings(_Group):
    """Whether the audit views are served; events are recorded in any case."""

    enabled: bool = True
    """Whether the audit views are served."""


class LicensingSettings(_Group):
    """Who edits licence definitions, and whether new models must carry a conclusion."""

    editor_ids: tuple[str, ...] = ()
    """User ids of those who may edit licence definitions."""
    require_explicit_model_assignments: bool = False
    """Whether a new model must come with a licence conclusion."""

    @field_validator("editor_ids")
    @classmethod
    def _without_blanks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _stripped(value)


class Settings(BaseSettings):
    """The settings of one process; frozen, and never corrected silently."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    replicate_mode: ReplicateMode = ReplicateMode.REPLICA
    """PRIMARY owns the data, REPLICA copies it; commands that work on the store take PRIMARY unless told."""
    canonical_format: CanonicalFormat = CanonicalFormat.v2
    """Which API version may write."""
    offline: bool = False
    """Never use the network: a REPLICA reads the v2 files in its folder."""
    data_dir: Path | None = None
    """Folder of the database (PRIMARY) or of the copies (REPLICA); see `data_folder`."""
    database_url: str | None = None
    """SQLAlchemy URL of the store; None is SQLite in the data folder."""
    seed: Seed = Seed.starter
    """What an empty store is filled from: starter, github or none."""

    primary_api_url: str | None = "https://models.aihorde.net/api"
    """The PRIMARY that a REPLICA copies from, with its /api; empty: none."""
    primary_api_timeout: Annotated[float, Field(gt=0)] = 10
    """Seconds for one request to it."""
    enable_github_fallback: bool = True
    """Whether a REPLICA asks GitHub when the PRIMARY can't be asked."""
    github_seed_enabled: bool = False
    """The older spelling of SEED=github."""
    cache_ttl_seconds: Annotated[int, Field(ge=0)] = 60
    """How long a copy is used without asking whether it is still current."""
    image_github_repo: ImageGithubRepoSettings = ImageGithubRepoSettings()
    text_github_repo: TextGithubRepoSettings = TextGithubRepoSettings()

    pending_queue: PendingQueueSettings = PendingQueueSettings()
    audit: AuditSettings = AuditSettings()
    licensing: LicensingSettings = LicensingSettings()

    cors_allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may read the API: separated by commas, or a JSON array."""
    http_max_age_seconds: Annotated[int, Field(ge=0)] = 60
    """How long a cache may serve a read without asking again."""
    http_stale_while_revalidate_seconds: Annotated[int, Field(ge=0)] = 600
    """How much longer it may serve it while it asks."""
    watch_interval_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    """How often a worker looks for changes that another process made."""

    horde_api_timeout: Annotated[float, Field(gt=0)] = 30
    """Seconds for one request for live data to the AI-Horde; a call is three requests at most."""
    horde_api_cache_ttl: Annotated[float, Field(ge=0)] = 60
    """Seconds for which live data counts as fresh; after that it is renewed when somebody asks."""
    identity_cache_seconds: Annotated[float, Field(ge=0, le=3600)] = 60
    """How long the owner of an API key is remembered."""
    preferred_file_hosts: tuple[str, ...] = ("huggingface.co",)
    """JSON array: deletion risk warns of image models without a file on any of these hosts."""
    low_usage_threshold_percentage: Annotated[float, Field(ge=0, le=100)] = 0.0065
    """Image models with a smaller share of the month's requests are flagged as little used."""
    text_gen_low_usage_threshold_percentage: Annotated[float, Field(ge=0, le=100)] = 0.02
    """The same for text models."""
    text_gen_ignore_download_hosts: bool = True
    """Whether deletion risk looks away from where the files of text models lie."""
    text_gen_critical_usage_threshold: Annotated[int, Field(ge=0)] = 10
    """Text models with fewer requests a month, and fewer workers than the next number, are critical."""
    text_gen_critical_worker_threshold: Annotated[int, Field(ge=0)] = 1
    """See the number above."""
    cache_hydration_enabled: bool = False
    """Whether live data is fetched again and again, so that no reader has to wait for it."""
    cache_hydration_interval_seconds: Annotated[float, Field(gt=0)] = 240
    """Pause between two such fetches."""
    cache_hydration_stale_ttl_seconds: Annotated[float, Field(ge=0)] = 3600
    """While it is on, live data up to this age is given out at once."""
    cache_hydration_startup_delay_seconds: Annotated[float, Field(ge=0)] = 5
    """Pause before the first such fetch."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least important event that is logged; requests are info."""
    log_format: Literal["auto", "console", "json"] = "auto"
    """auto is console on a terminal, else JSON."""

    ai_horde_url: Annotated[
        str, Field(validation_alias=AliasChoices("HORDE_URL", "AI_HORDE_URL", "ai_horde_url"))
    ] = "https://aihorde.net/api/"
    """The AI-Horde, asked who somebody is and what is in use."""
    aiworker_cache_home: Annotated[
        Path | None, Field(validation_alias=AliasChoices("AIWORKER_CACHE_HOME", "aiworker_cache_home"))
    ] = None
    """Folder of an AI-Horde worker's data; the registry's is one within it."""
    github_proxy_url_base: Annotated[
        str | None, Field(validation_alias=AliasChoices("GITHUB_PROXY_URL_BASE", "github_proxy_url_base"))
    ] = None
    """Put before every GitHub address."""

    @field_validator("data_dir", "aiworker_cache_home", "database_url", mode="before")
    @classmethod
    def _unset_where_empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("data_dir", "aiworker_cache_home")
    @classmethod
    def _with_home_folder(cls, value: Path | None) -> Path | None:
        try:
            return None if value is None else value.expanduser()
        except RuntimeError as error:
            raise ValueError(f"the home folder in {str(value)!r} is not known") from error

    @field_validator("cors_allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return tuple(json.loads(value))
        return _stripped(tuple(value.split(",")))

    @field_validator("primary_api_url")
    @classmethod
    def _without_trailing_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") or None if value else None

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower_level(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _refuse_nonsense(self) -> Self:
        if self.replicate_mode is ReplicateMode.REPLICA and self.database_url is not None:
            raise ValueError(
                f"{PREFIX}DATABASE_URL is the store of a PRIMARY; "
                f"set {PREFIX}REPLICATE_MODE=PRIMARY or remove it"
            )
        if self.offline and self.seed is Seed.github and "seed" in self.model_fields_set:
            raise ValueError(f"{PREFIX}SEED=github needs the network; remove it or {PREFIX}OFFLINE")
        return self

    @property
    def data_folder(self) -> Path:
        """Return `data_dir`, else a folder in `aiworker_cache_home`, else one in the user's data folder."""
        if self.data_dir is not None:
            return self.data_dir
        if self.aiworker_cache_home is not None:
            return self.aiworker_cache_home / FOLDER_NAME
        return platformdirs.user_data_path(FOLDER_NAME, appauthor=False)

    @property
    def store_place(self) -> str | Path:
        """Return the SQLAlchemy URL of the store, or the path of its SQLite file."""
        return self.database_url or self.data_folder / DATABASE_FILE_NAME

    @property
    def effective_seed(self) -> Seed:
        """Return what an empty store is filled from, the older spelling included."""
        return Seed.github if self.github_seed_enabled and "seed" not in self.model_fields_set else self.seed

    def github_url(self, source: Literal["image", "text"], file_name: str) -> str:
        """Return the address of a file in one of the legacy repositories."""
        repo = self.image_github_repo if source == "image" else self.text_github_repo
        return f"{self.github_proxy_url_base or ''}{repo.raw_url(file_name)}"


class _PrimarySettings(Settings):
    replicate_mode: ReplicateMode = ReplicateMode.PRIMARY


def load_settings(*, primary_by_default: bool = False, **overrides: Any) -> Settings:
    """Read the environment, with some values given; raise SettingsError naming the variable at fault.

    ``primary_by_default`` is for programs that work on the store: they need not be told to be a PRIMARY.
    """
    kind = _PrimarySettings if primary_by_default else Settings
    try:
        return kind(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = _variable("__".join(str(part) for part in first["loc"]).upper())
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {message}" if name else message) from error
    except ValueError as error:  # a list or object in the environment that is not JSON
        if not isinstance(error.__cause__, json.JSONDecodeError):
            raise SettingsError(str(error)) from error
        text = error.__cause__.doc
        names = [key for key, value in os.environ.items() if key.upper().startswith(PREFIX) and value == text]
        raise SettingsError(f'{" or ".join(names)}: {text!r} is not JSON, such as ["1", "2"]') from error


def _variable(place: str) -> str:
    return place if not place or place in _WITHOUT_PREFIX else PREFIX + place


def _stripped(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(stripped for value in values if (stripped := value.strip()))
