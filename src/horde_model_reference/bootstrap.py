"""The composition root: settings in, working parts out."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.baseline_catalog import ImageBaselineRecord
from horde_model_reference.domain.changes import RecordForm
from horde_model_reference.domain.errors import NotPermittedError, RegistryError
from horde_model_reference.domain.registries import shared_registries
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review.change_set_kinds import CHANGE_SETS
from horde_model_reference.review.policy import ReviewRules, baselines_of, licenses_of
from horde_model_reference.review.shapers import SHAPERS
from horde_model_reference.settings import ReplicateMode, Settings
from horde_model_reference.sources.disk import DiskSource

_DISTRIBUTION = "horde-model-reference"

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from horde_model_reference.catalog.usage_history import UsageHistory
    from horde_model_reference.sources.address_prober import AddressProber
    from horde_model_reference.sources.ai_horde import AIHordeClient
    from horde_model_reference.sources.ai_horde_http import AIHordeHttp
    from horde_model_reference.sources.ai_horde_refresh import LiveRefresher
    from horde_model_reference.sources.ai_horde_users import UserDirectory
    from horde_model_reference.sources.chain import ReplicaChain
    from horde_model_reference.sources.replica_catalogs import ReplicaCatalogs
    from horde_model_reference.sources.usage_recorder import UsageRecorder
    from horde_model_reference.store.store import Store
    from horde_model_reference.store.watch import StoreWatcher


@dataclass(slots=True, kw_only=True)
class Registry:
    """The parts of one running registry; close it when the program ends."""

    settings: Settings
    catalog: Catalog
    store: "Store | None" = None
    """The database of a PRIMARY; a REPLICA has none."""
    watcher: "StoreWatcher | None" = None
    replica: "Replica | None" = None
    """What a REPLICA copies with; None for a PRIMARY, and offline."""
    usage: "UsageRecords | None" = None
    """What is recorded of the use of models; None on a REPLICA, and where nothing shall be."""
    ai_horde: "AIHorde | None" = None
    """Who asks for live data and identities; None where nobody may."""
    prober: "AddressProber | None" = None
    """Who asks whether proposed files are there; None on a REPLICA, and where nobody may."""

    def review_rules(self) -> ReviewRules:
        """Return what this deployment decides about changes."""
        settings = self.settings
        return ReviewRules(
            allow_self_approval=settings.pending_queue.allow_self_approval,
            require_explicit_licensing=settings.licensing.require_explicit_model_assignments,
            max_record_bytes=settings.max_body_bytes,
            follows_catalogs=True,
            baselines=baselines_of(self.catalog.resources),
            licenses=licenses_of(self.catalog.resources),
            queue_form=RecordForm(settings.canonical_format),
            shapers=SHAPERS,
            change_sets=CHANGE_SETS,
        )

    def close(self) -> None:
        """Stop watching and close the connections and the database."""
        if self.usage is not None:
            self.usage.recorder.stop()
        if self.ai_horde is not None:
            self.ai_horde.close()
        if self.prober is not None:
            self.prober.close()
        if self.replica is not None:
            self.replica.close()
        if self.watcher is not None:
            self.watcher.stop()
        if self.store is not None:
            self.store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """The parts that keep the copies of a REPLICA current."""

    chain: "ReplicaChain"
    refresher: "LiveRefresher"
    catalogs: "ReplicaCatalogs"

    def close(self) -> None:
        """Stop refreshing and close the connections."""
        self.chain.close()  # ends the wait for what is under way
        self.refresher.stop()
        self.chain.close()
        self.catalogs.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecords:
    """The usage of models day by day, and who writes it down."""

    history: "UsageHistory"
    recorder: "UsageRecorder"


@dataclass(frozen=True, slots=True, kw_only=True)
class AIHorde:
    """The parts that talk to the AI-Horde, over connections that they share."""

    http: "AIHordeHttp"
    live: "AIHordeClient"
    users: "UserDirectory"
    refresher: "LiveRefresher | None"
    """None where live data is fetched only when somebody asks for it."""

    def close(self) -> None:
        """Stop refreshing and close the connections."""
        if self.refresher is not None:
            self.refresher.stop()
        self.http.close()


def open_ai_horde(settings: Settings, *, on_change: Callable[[], None] = lambda: None) -> AIHorde:
    """Return the AI-Horde's clients; nothing is asked before somebody wants to know.

    ``on_change`` is called, on any thread, when its calls begin to fail or to succeed again.
    """
    from horde_model_reference.sources.ai_horde import AIHordeClient, LiveTimes
    from horde_model_reference.sources.ai_horde_breaker import CircuitBreaker
    from horde_model_reference.sources.ai_horde_http import AIHordeHttp, RetryingGet
    from horde_model_reference.sources.ai_horde_refresh import LiveRefresher
    from horde_model_reference.sources.ai_horde_users import IdentityTimes, UserDirectory

    is_kept_warm = settings.cache_hydration_enabled and not settings.offline
    stale_seconds = (
        settings.cache_hydration_stale_ttl_seconds
        if is_kept_warm
        else settings.http_stale_while_revalidate_seconds
    )
    agent = f"{_DISTRIBUTION}:{version(_DISTRIBUTION)}:https://models.aihorde.net"
    http = AIHordeHttp(settings.ai_horde_url, client_agent=agent)
    breaker = CircuitBreaker()
    breaker.on_change(on_change)
    live = AIHordeClient(
        RetryingGet(http, timeout_seconds=settings.horde_api_timeout),
        breaker,
        times=LiveTimes(fresh_seconds=settings.horde_api_cache_ttl, stale_seconds=stale_seconds),
    )
    users = UserDirectory(http, times=IdentityTimes(known_seconds=settings.identity_cache_seconds))
    refresher = None
    if is_kept_warm:
        refresher = LiveRefresher(
            live.refresh_all,
            interval_seconds=settings.cache_hydration_interval_seconds,
            first_after_seconds=settings.cache_hydration_startup_delay_seconds,
        )
        refresher.start()
    return AIHorde(http=http, live=live, users=users, refresher=refresher)


def open_prober(settings: Settings) -> "AddressProber | None":
    """Return who asks whether proposed files are there; None where the settings don't want that."""
    from horde_model_reference.sources.address_prober import AddressProber, ProbeRules

    checks = settings.address_checks
    if settings.offline or not checks.enabled:
        return None
    return AddressProber(
        ProbeRules(
            timeout_seconds=checks.timeout_seconds,
            known_seconds=checks.known_seconds,
            allow_private=checks.allow_private,
        )
    )


def open_usage(settings: Settings, store: "Store", live: "AIHordeClient", catalog: Catalog) -> UsageRecords:
    """Begin to write down the usage of models whenever there is news of it."""
    from horde_model_reference.sources.usage_recorder import UsageRecorder
    from horde_model_reference.store.usage_history import StoredUsageHistory

    history = StoredUsageHistory(store.engine, retention_days=settings.usage_history_days)
    recorder = UsageRecorder(
        history, live, catalog.snapshot, pause_seconds=settings.usage_history_pause_seconds
    )
    live.on_fetch(recorder.notice)
    recorder.start()
    return UsageRecords(history=history, recorder=recorder)


@contextmanager
def service_extra() -> Generator[None]:
    """Say what to install where an import in the block fails for want of the service extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(f"{__name__.partition('.')[0]}."):
            raise
        raise RegistryError(
            f"this needs {error.name}, which is not installed: pip install 'horde-model-reference[service]'"
        ) from error


def open_store(settings: Settings, *, must_exist: bool = False) -> "Store":
    """Open the database of a PRIMARY, creating or upgrading its tables.

    Raises:
        StoreError: It can't be opened, was written by a newer release, is damaged, or isn't there and
            ``must_exist``: who only looks would find an empty one.
        NotPermittedError: This is a REPLICA, which has no database.
        RegistryError: The service extra is not installed.
    """
    if settings.replicate_mode is ReplicateMode.REPLICA:
        raise NotPermittedError("a REPLICA has no database; set HORDE_MODEL_REFERENCE_REPLICATE_MODE=PRIMARY")
    with service_extra():
        from horde_model_reference.store.store import Store
    return Store.open(settings.store_place, must_exist=must_exist)


def open_chain(settings: Settings) -> "ReplicaChain":
    """Return the copies of a REPLICA; nothing is asked yet."""
    from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, legacy_file_name
    from horde_model_reference.sources.chain import ChainTimes, CopySource, ReplicaChain
    from horde_model_reference.sources.copy_folder import CopyFolder
    from horde_model_reference.sources.http import PrimarySource
    from horde_model_reference.sources.legacy_files import GitHubSource

    folder = CopyFolder(settings.data_folder)
    timeout = settings.primary_api_timeout
    sources: list[tuple[str, CopySource]] = []
    if settings.primary_api_url is not None:
        sources.append(("PRIMARY", PrimarySource(settings.primary_api_url, timeout_seconds=timeout)))
    if settings.enable_github_fallback:
        urls = {
            category: settings.github_url(descriptor.github_source, legacy_file_name(category) or "")
            for category, descriptor in BUILT_IN_CATEGORIES.items()
            if descriptor.github_source is not None
        }
        sources.append(("GitHub", GitHubSource(urls, folder, timeout_seconds=timeout)))
    return ReplicaChain(sources, folder, times=ChainTimes(fresh_seconds=settings.cache_ttl_seconds))


def _open_replica(settings: Settings) -> tuple[Catalog, Replica | None]:
    from horde_model_reference.sources.replica_catalogs import ReplicaCatalogs

    files = _export_files(settings)
    if settings.offline:
        kept = ReplicaCatalogs(DiskSource(settings.data_folder), files, url=None)
        return Catalog(kept, at_one_moment=lambda: nullcontext(kept)), None
    from horde_model_reference.sources.ai_horde_refresh import LiveRefresher
    from horde_model_reference.sources.replica_source import ReplicaSource

    chain = open_chain(settings)
    source = ReplicaCatalogs(
        ReplicaSource(chain),
        files,
        url=settings.primary_api_url,
        timeout_seconds=settings.primary_api_timeout,
    )
    catalog = Catalog(source, at_one_moment=lambda: nullcontext(source))
    pause = max(settings.cache_ttl_seconds, 1)
    refresher = LiveRefresher(
        lambda: _refresh_quietly(catalog), interval_seconds=pause, first_after_seconds=pause
    )
    return catalog, Replica(chain=chain, refresher=refresher, catalogs=source)


def _export_files(settings: Settings) -> dict[CatalogName, Path]:
    """Return where the exports of a PRIMARY are kept, for this program and for the library."""
    groups = {
        CatalogName.licensing: settings.licensing,
        CatalogName.text_guidance: settings.text_guidance,
        CatalogName.image_baselines: settings.image_baselines,
    }
    folders = {
        name: group.root_path_override or settings.data_folder / group.relative_subdir
        for name, group in groups.items()
    }
    return {name: folder / "export.json" for name, folder in folders.items()}


def _refresh_quietly(catalog: Catalog) -> None:
    try:
        catalog.refresh()
    except Exception:  # noqa: BLE001 - the outermost loop of a thread that must go on
        _log.exception("the copies can't be renewed; what is served stays as it is")


def recognise_baselines(catalog: ResourceCatalog) -> None:
    """Let readers of records know the baselines of a catalogue, under all their names."""
    if catalog.name is not CatalogName.image_baselines:
        return
    found = catalog.all(ResourceType.image_baseline).values()
    records = (ImageBaselineRecord.model_validate(resource.document) for resource in found)
    shared_registries().baselines.follow({record.name: record.descriptor() for record in records})


def open_registry(
    settings: Settings, *, on_change: Callable[[], None] = lambda: None, must_exist: bool = False
) -> Registry:
    """Return a registry with its data loaded; a PRIMARY also watches for changes by other processes.

    ``on_change`` is called, on any thread, whenever answers given before may not hold any more;
    ``must_exist`` is as for `open_store`.

    Raises:
        StoreError: The database can't be used.
    """
    if settings.replicate_mode is ReplicateMode.REPLICA:
        catalog, replica = _open_replica(settings)
        registry = Registry(settings=settings, catalog=catalog, replica=replica)
    else:
        store = open_store(settings, must_exist=must_exist)
        catalog = Catalog(store, at_one_moment=store.at_one_moment)
        registry = Registry(settings=settings, catalog=catalog, store=store, prober=open_prober(settings))
    registry.ai_horde = open_ai_horde(settings, on_change=on_change)
    catalog.on_swap(lambda _snapshot: on_change())
    catalog.on_resources(lambda _resources: on_change())
    catalog.before_records(recognise_baselines)
    try:
        catalog.refresh()
    except Exception:
        registry.close()
        raise
    if registry.replica is not None:
        registry.replica.refresher.start()
    if registry.store is not None:
        from horde_model_reference.store.watch import StoreWatcher

        registry.watcher = StoreWatcher(
            registry.store,
            catalog,
            interval_seconds=settings.watch_interval_seconds,
            on_trouble=on_change,
        )
        registry.watcher.start()
        if settings.usage_history_days:
            registry.usage = open_usage(settings, registry.store, registry.ai_horde.live, catalog)
    return registry
