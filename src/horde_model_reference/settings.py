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
    HttpUrl,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "HORDE_MODEL_REFERENCE_"
FOLDER_NAME = "horde_model_reference"
DATABASE_FILE_NAME = "registry.sqlite3"
PUBLIC_API_URL = "https://models.aihorde.net/api"
"""The API of the public registry."""
_WITHOUT_PREFIX = frozenset(
    {
        "HORDE_URL",
        "AI_HORDE_URL",
        "AIWORKER_CACHE_HOME",
        "GITHUB_PROXY_URL_BASE",
        "LOGS_FOLDER",
        "AI_HORDE_TESTING",
        "TESTS_ONGOING",
        "HORDELIB_CI_ONGOING",
        "HORDE_SDK_TESTING",
    }
)


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


class SideStoreSettings(_Group):
    """Where a side store lies."""

    relative_subdir: str = ""
    """Its folder within the data folder."""
    root_path_override: Path | None = None
    """Folder for its files, in place of the one within the data folder."""


class GithubProxySettings(_Group):
    """A proxy that takes whole addresses."""

    github_proxy_url_base: str | None = None
    """Put before the address of a file."""


class GithubRepoSettings(_Group):
    """One of the two legacy repositories."""

    owner: str = "Haidra-Org"
    """Organisation or user on GitHub."""
    name: str
    """Repository."""
    branch: str = "main"
    """Branch."""
    proxy_settings: GithubProxySettings | None = None
    """JSON object: a proxy for this repository only."""

    def raw_url(self, file_name: str) -> str:
        """Return the address of a file's content."""
        proxy = self.proxy_settings.github_proxy_url_base if self.proxy_settings is not None else None
        return (
            f"{proxy or ''}https://raw.githubusercontent.com/"
            f"{self.owner}/{self.name}/refs/heads/{self.branch}/{file_name}"
        )


class ImageGithubRepoSettings(GithubRepoSettings):
    """Where the image categories come from."""

    name: str = "AI-Horde-image-model-reference"
    """Repository."""


class TextGithubRepoSettings(GithubRepoSettings):
    """Where text_generation comes from."""

    name: str = "AI-Horde-text-model-reference"
    """Repository."""


class PendingQueueSettings(SideStoreSettings):
    """Who may propose and who may approve; an empty list means nobody."""

    relative_subdir: str = "pending_queue"
    """Folder of queue files that other releases write."""
    max_segment_bytes: int = 5_242_880
    """Size of their segments; nothing here reads it."""

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


class AuditSettings(SideStoreSettings):
    """Whether the audit views are served; events are recorded in any case."""

    relative_subdir: str = "audit"
    """Folder of audit files that other releases write."""
    max_segment_bytes: int = 5_242_880
    """Size of their segments; nothing here reads it."""

    enabled: bool = True
    """Whether the audit views are served."""


class LicensingSettings(SideStoreSettings):
    """Who edits licence definitions, and whether new models must carry a conclusion."""

    relative_subdir: str = "licensing"
    """Folder of the licence files."""

    editor_ids: tuple[str, ...] = ()
    """User ids of those who may edit licence definitions."""
    require_explicit_model_assignments: bool = False
    """Whether a new model must come with a licence conclusion."""

    @field_validator("editor_ids")
    @classmethod
    def _without_blanks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _stripped(value)


class TextGuidanceSettings(SideStoreSettings):
    """Where the guidance for text models lies."""

    relative_subdir: str = "text_guidance"
    """Folder of the guidance files."""


class ImageBaselineSettings(SideStoreSettings):
    """Where the catalog of image baselines lies."""

    relative_subdir: str = "baselines"
    """Folder of the catalog."""


class RedisSettings(_Group):
    """What other releases take to share copies through Redis; accepted, and without effect here."""

    use_redis: bool = False
    """No effect: processes learn of changes from the store or the folder."""
    url: str = "redis://localhost:6379/0"
    """No effect."""
    pool_size: int = 10
    """No effect."""
    socket_timeout: int = 5
    """No effect."""
    socket_connect_timeout: int = 5
    """No effect."""
    retry_max_attempts: int = 3
    """No effect."""
    retry_backoff_seconds: float = 0.5
    """No effect."""
    key_prefix: str = "horde:model_ref"
    """No effect."""
    ttl_seconds: int | None = None
    """No effect."""
    use_pubsub: bool = True
    """No effect."""


class R2Settings(_Group):
    """The mirror of model files."""

    gateway_url: str | None = None
    """Address of the mirror; None: there is none."""
    manifest_ttl_seconds: int = 300
    """How long the list of mirrored files is used again."""
    upload_bucket: str | None = None
    """For the maintainers' upload tool."""
    upload_endpoint_url: str | None = None
    """For the maintainers' upload tool."""
    upload_access_key_id: str | None = None
    """For the maintainers' upload tool."""
    upload_secret_access_key: str | None = None
    """For the maintainers' upload tool."""
    upload_region: str = "auto"
    """For the maintainers' upload tool."""


class SessionSettings(_Group):
    """How people stay signed in at the pages."""

    idle_seconds: Annotated[int, Field(ge=60)] = 43_200
    """Who does nothing for so long is signed out."""
    absolute_seconds: Annotated[int, Field(ge=60)] = 604_800
    """Everybody is signed out so long after signing in."""
    secret: Annotated[str, Field(min_length=32)] | None = None
    """Signs the cookies, 32 characters at least; none: one is made and kept in the store."""
    secure_cookie: bool | None = None
    """Whether browsers send the cookie over https only; none: where sign-in or public address are https."""
    failed_tries_per_minute: Annotated[int, Field(ge=0)] = 20
    """How many keys that are nobody's an address may try to sign in with, at all workers; 0: any number."""


class AddressCheckSettings(_Group):
    """How the addresses in proposals are looked at for reviewers."""

    enabled: bool = True
    """Whether reviewers may have the files and pages of a proposal asked for; never while offline."""
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 8
    """For one address, all redirects included."""
    known_seconds: Annotated[float, Field(ge=0)] = 600
    """How long an answer is shown again before the address is asked anew."""
    allow_private: bool = False
    """Whether addresses within your own network are asked, too; anybody who may propose can name some."""


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

    primary_api_url: str | None = PUBLIC_API_URL
    """The PRIMARY that a REPLICA copies from, with its /api; empty: none."""
    primary_api_timeout: Annotated[float, Field(gt=0)] = 10
    """Seconds for one request to it."""
    enable_github_fallback: bool = True
    """Whether a REPLICA asks GitHub when the PRIMARY can't be asked."""
    github_seed_enabled: bool = False
    """The older spelling of SEED=github."""
    cache_ttl_seconds: Annotated[int, Field(ge=0)] = 60
    """How long a copy is used without asking whether it is still current."""
    make_folders: bool = False
    """Whether the library creates its folders before it needs them."""
    legacy_download_retry_max_attempts: Annotated[int, Field(ge=1)] = 3
    """How often a legacy file is asked for before giving up, where an import fetches it."""
    legacy_download_retry_backoff_seconds: Annotated[float, Field(ge=0)] = 2
    """Pause between two attempts, in seconds."""
    image_github_repo: ImageGithubRepoSettings = ImageGithubRepoSettings()
    text_github_repo: TextGithubRepoSettings = TextGithubRepoSettings()

    pending_queue: PendingQueueSettings = PendingQueueSettings()
    audit: AuditSettings = AuditSettings()
    licensing: LicensingSettings = LicensingSettings()
    text_guidance: TextGuidanceSettings = TextGuidanceSettings()
    image_baselines: ImageBaselineSettings = ImageBaselineSettings()
    redis: RedisSettings = RedisSettings()
    r2: R2Settings = R2Settings()
    sessions: SessionSettings = SessionSettings()
    address_checks: AddressCheckSettings = AddressCheckSettings()

    public_url: str | None = None
    """Where people find this registry, such as https://models.example; all its whole addresses begin so.
    None: they begin with what the request names as Host."""
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
    max_body_bytes: Annotated[int, Field(ge=1024)] = 1024 * 1024
    """Larger request bodies are refused, and so are larger records."""
    statistics_cache_ttl: Annotated[int, Field(ge=0)] = 300
    """No effect: statistics follow the data at once."""
    deletion_risk_cache_ttl: Annotated[int, Field(ge=0)] = 300
    """No effect: deletion risk follows the data at once."""
    enable_statistics_precompute: bool = False
    """No effect, as ever."""
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
    usage_history_days: Annotated[int, Field(ge=0, le=36_500)] = 400
    """Days for which a PRIMARY keeps the usage of each model; 0: it records none."""
    usage_history_pause_seconds: Annotated[float, Field(gt=0)] = 900
    """The figures of the present day are renewed at most this often."""
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
    logs_folder: Annotated[Path, Field(validation_alias=AliasChoices("LOGS_FOLDER", "logs_folder"))] = Path(
        "logs"
    )
    """Where programs around the library put their logs; nothing here writes there."""
    ai_horde_testing: Annotated[
        bool, Field(validation_alias=AliasChoices("AI_HORDE_TESTING", "ai_horde_testing"))
    ] = False
    """Whether records are refused for fields they don't know, instead of losing them."""
    tests_ongoing: Annotated[bool, Field(validation_alias=AliasChoices("TESTS_ONGOING", "tests_ongoing"))] = (
        False
    )
    """Whether the tests of some program of the AI-Horde run; nothing here depends on it."""
    hordelib_ci_ongoing: Annotated[
        bool, Field(validation_alias=AliasChoices("HORDELIB_CI_ONGOING", "hordelib_ci_ongoing"))
    ] = False
    """The same for the worker engine."""
    horde_sdk_testing: Annotated[
        bool, Field(validation_alias=AliasChoices("HORDE_SDK_TESTING", "horde_sdk_testing"))
    ] = False
    """The same for the SDK."""

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

    @field_validator("public_url")
    @classmethod
    def _origin_alone(cls, value: str | None) -> str | None:
        return _origin(value) if value else None

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
    def library_folder(self) -> Path:
        """Return where the library keeps its copies; unlike `data_folder`, without settings in ``models``."""
        if self.data_dir is not None:
            return self.data_dir
        return (self.aiworker_cache_home or Path("models")) / FOLDER_NAME

    @property
    def store_place(self) -> str | Path:
        """Return the SQLAlchemy URL of the store, or the path of its SQLite file."""
        return self.database_url or self.data_folder / DATABASE_FILE_NAME

    @property
    def effective_seed(self) -> Seed:
        """Return what an empty store is filled from, the older spelling included."""
        return Seed.github if self.github_seed_enabled and "seed" not in self.model_fields_set else self.seed

    def get_repo_by_category(self, category: str) -> GithubRepoSettings:
        """Return the legacy repository of a category."""
        return self.text_github_repo if category == "text_generation" else self.image_github_repo

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


def _origin(address: str) -> str:
    """Return an address of scheme, host and port alone, as browsers write it in the header ``Origin``."""
    try:
        url = HttpUrl(address)
    except ValidationError:
        url = None
    if url is None or url.path != "/" or url.username or url.password or not str(url).endswith("/"):
        raise ValueError("give scheme and host alone, such as https://models.example")
    return str(url).removesuffix("/")
