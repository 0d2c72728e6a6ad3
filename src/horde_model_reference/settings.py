"""Everything that can be set from outside, read once by whoever starts the program (spec 30 §8)."""

import json
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
    name: str
    branch: str = "main"

    def raw_url(self, file_name: str) -> str:
        """Return the address of a file's content."""
        return (
            f"https://raw.githubusercontent.com/{self.owner}/{self.name}/refs/heads/{self.branch}/{file_name}"
        )


class ImageGithubRepoSettings(GithubRepoSettings):
    """Where the image categories come from."""

    name: str = "AI-Horde-image-model-reference"


class TextGithubRepoSettings(GithubRepoSettings):
    """Where text_generation comes from."""

    name: str = "AI-Horde-text-model-reference"


class PendingQueueSettings(_Group):
    """Who may propose and who may approve; an empty list means nobody."""

    enabled: bool = True
    requestor_ids: tuple[str, ...] = ()
    approver_ids: tuple[str, ...] = ()
    allow_self_approval: bool = False

    @field_validator("requestor_ids", "approver_ids")
    @classmethod
    def _without_blanks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _stripped(value)


class AuditSettings(_Group):
    """Whether the audit views are served; events are recorded in any case."""

    enabled: bool = True


class LicensingSettings(_Group):
    """Who edits licence definitions, and whether new models must carry a conclusion."""

    editor_ids: tuple[str, ...] = ()
    require_explicit_model_assignments: bool = False

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
    canonical_format: CanonicalFormat = CanonicalFormat.v2
    offline: bool = False
    data_dir: Path | None = None
    """Folder of the database (PRIMARY) or of the copies (REPLICA); see `data_folder`."""
    database_url: str | None = None
    """SQLAlchemy URL of the store; None is SQLite in the data folder."""
    seed: Seed = Seed.starter

    primary_api_url: str | None = "https://models.aihorde.net/api"
    primary_api_timeout: Annotated[float, Field(gt=0)] = 10
    enable_github_fallback: bool = True
    github_seed_enabled: bool = False
    """The older spelling of SEED=github."""
    cache_ttl_seconds: Annotated[int, Field(ge=0)] = 60
    image_github_repo: ImageGithubRepoSettings = ImageGithubRepoSettings()
    text_github_repo: TextGithubRepoSettings = TextGithubRepoSettings()

    pending_queue: PendingQueueSettings = PendingQueueSettings()
    audit: AuditSettings = AuditSettings()
    licensing: LicensingSettings = LicensingSettings()

    cors_allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    http_max_age_seconds: Annotated[int, Field(ge=0)] = 60
    """How long a cache may serve a read without asking again."""
    http_stale_while_revalidate_seconds: Annotated[int, Field(ge=0)] = 600
    """How much longer it may serve it while it asks."""
    watch_interval_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    """How often a worker looks for changes that another process made."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = "auto"
    """auto is console on a terminal, else JSON."""

    ai_horde_url: Annotated[
        str, Field(validation_alias=AliasChoices("HORDE_URL", "AI_HORDE_URL", "ai_horde_url"))
    ] = "https://aihorde.net/api/"
    aiworker_cache_home: Annotated[
        Path | None, Field(validation_alias=AliasChoices("AIWORKER_CACHE_HOME", "aiworker_cache_home"))
    ] = None
    github_proxy_url_base: Annotated[
        str | None, Field(validation_alias=AliasChoices("GITHUB_PROXY_URL_BASE", "github_proxy_url_base"))
    ] = None
    """Put before every GitHub address."""

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
            return self.data_dir.expanduser()
        if self.aiworker_cache_home is not None:
            return self.aiworker_cache_home.expanduser() / FOLDER_NAME
        return platformdirs.user_data_path(FOLDER_NAME, appauthor=False)

    @property
    def store_url(self) -> str:
        """Return the SQLAlchemy URL of the store."""
        return self.database_url or f"sqlite:///{self.data_folder / DATABASE_FILE_NAME}"

    @property
    def effective_seed(self) -> Seed:
        """Return what an empty store is filled from, the older spelling included."""
        return Seed.github if self.github_seed_enabled and "seed" not in self.model_fields_set else self.seed

    def github_url(self, source: Literal["image", "text"], file_name: str) -> str:
        """Return the address of a file in one of the legacy repositories."""
        repo = self.image_github_repo if source == "image" else self.text_github_repo
        return f"{self.github_proxy_url_base or ''}{repo.raw_url(file_name)}"


def load_settings(**overrides: Any) -> Settings:
    """Read the environment, with some values given; raise SettingsError naming the variable at fault."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        place = "__".join(str(part) for part in first["loc"]).upper()
        name = (
            place
            if not place or place in {"HORDE_URL", "AI_HORDE_URL", "AIWORKER_CACHE_HOME"}
            else PREFIX + place
        )
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {message}" if name else message) from error
    except ValueError as error:  # a list or object in the environment that is not JSON
        raise SettingsError(f"{error}") from error


def _stripped(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(stripped for value in values if (stripped := value.strip()))
