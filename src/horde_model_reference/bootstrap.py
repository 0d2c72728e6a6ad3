"""The composition root: settings in, working parts out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.settings import ReplicateMode, Settings
from horde_model_reference.sources.disk import DiskSource

if TYPE_CHECKING:
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

    def close(self) -> None:
        """Stop watching and close the database."""
        if self.watcher is not None:
            self.watcher.stop()
        if self.store is not None:
            self.store.close()


@contextmanager
def service_extra() -> Iterator[None]:
    """Say what to install where an import in the block fails for want of the service extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(__package__):
            raise
        raise RegistryError(
            f"this needs {error.name}, which is not installed: pip install 'horde-model-reference[service]'"
        ) from error


def open_store(settings: Settings) -> "Store":
    """Open the database of a PRIMARY, creating or upgrading its tables.

    Raises:
        StoreError: It can't be opened, was written by a newer release, or is damaged.
        RegistryError: The service extra is not installed.
    """
    with service_extra():
        from horde_model_reference.store.store import Store
    return Store.open(settings.store_url)


def open_registry(settings: Settings, *, on_change: Callable[[], None] = lambda: None) -> Registry:
    """Return a registry with its data loaded; a PRIMARY also watches for changes by other processes.

    ``on_change`` is called, on any thread, whenever answers given before may not hold any more.

    Raises:
        StoreError: The database can't be used.
    """
    if settings.replicate_mode is ReplicateMode.REPLICA:
        catalog = Catalog(DiskSource(settings.data_folder))
        registry = Registry(settings=settings, catalog=catalog)
    else:
        store = open_store(settings)
        catalog = Catalog(store)
        registry = Registry(settings=settings, catalog=catalog, store=store)
    catalog.on_swap(lambda _snapshot: on_change())
    try:
        catalog.refresh()
    except Exception:
        registry.close()
        raise
    if registry.store is not None:
        from horde_model_reference.store.watch import StoreWatcher

        registry.watcher = StoreWatcher(
            registry.store,
            catalog,
            interval_seconds=settings.watch_interval_seconds,
            on_trouble=on_change,
        )
        registry.watcher.start()
    return registry
