"""Backends that copy from a PRIMARY or from GitHub (spec 30 §7)."""

import logging
from abc import abstractmethod
from pathlib import Path
from typing import Any, cast

import orjson

from horde_model_reference.client.backend import Documents, ModelReferenceBackend
from horde_model_reference.client.local_backends import legacy_json_text
from horde_model_reference.client.paths import legacy_urls
from horde_model_reference.client.shared_settings import shared_settings
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.settings import ReplicateMode
from horde_model_reference.sources.chain import CategoryStatus, ChainTimes, CopySource, ReplicaChain
from horde_model_reference.sources.copies import CategoryCopy, Origin
from horde_model_reference.sources.copy_folder import CopyFolder
from horde_model_reference.sources.http import PrimarySource, has_legacy_form
from horde_model_reference.sources.legacy_files import GitHubSource

_log = logging.getLogger(__name__)


class ReplicaBackendBase(ModelReferenceBackend):
    """Reads through a chain of sources that ends in the folder of last good copies."""

    def __init__(self, chain: ReplicaChain, mode: ReplicateMode = ReplicateMode.REPLICA) -> None:
        super().__init__(mode)
        self._chain = chain

    @property
    def base_path(self) -> Path:
        """The folder of copies."""
        return self._chain.folder.folder

    def fetch_category(self, category: str, *, force_refresh: bool = False) -> Documents | None:
        """Return the documents of a category from the best source; None where nobody has any."""
        copy = self.category_copy(category, force_refresh=force_refresh)
        return None if copy is None else copy.parsed()

    def category_copy(self, category: str, *, force_refresh: bool = False) -> CategoryCopy | None:
        """Return the copy to use now."""
        try:
            return self._chain.refresh(category) if force_refresh else self._chain.copy(category)
        except KeyError:  # a category that nobody registered
            return None

    def needs_refresh(self, category: str) -> bool:
        """Tell whether a fetch would do more than return what is at hand."""
        return self._chain.is_due(category)

    def mark_stale(self, category: str) -> None:
        """Let the next fetch ask again."""
        self._chain.mark_due(category)
        super().mark_stale(category)

    def status(self, category: str) -> CategoryStatus:
        """Return where the records of a category come from."""
        return self._chain.status(category)

    def get_category_file_path(self, category: str) -> Path | None:
        """Return where the copy of a category lies."""
        return self._chain.folder.path(category)

    def supports_cache_warming(self) -> bool:
        """Yes."""
        return True

    def close(self) -> None:
        """Close the connections to the sources."""
        super().close()
        self._chain.close()

    def warm_cache(self) -> None:
        """Fetch everything that is not at hand."""
        for category in Category:
            self.category_copy(category)

    def supports_statistics(self) -> bool:
        """Yes."""
        return True

    def get_statistics(self) -> dict[str, Any]:
        """Return how many categories came from where."""
        sources = [self.status(category).source for category in Category]
        return {
            "primary_hits": sum(source in {Origin.primary_v2, Origin.primary_v1} for source in sources),
            "github_fallbacks": sum(source == Origin.github for source in sources),
            "cache_size": sum(source is not None for source in sources),
        }

    def get_legacy_json_string(self, category: str, redownload: bool = False) -> str | None:
        """Return the legacy records of a category as JSON; None without any."""
        if not has_legacy_form(category):
            return None
        if not redownload:
            text = legacy_json_text(self._chain.folder, category)
            if text is not None:
                return text
        return self._fetch_legacy(category)

    @abstractmethod
    def _fetch_legacy(self, category: str) -> str | None: ...


class GitHubBackend(ReplicaBackendBase):
    """Copies from the two legacy repositories."""

    def __init__(
        self,
        *,
        base_path: str | Path | None = None,
        cache_ttl_seconds: int = 60,
        retry_max_attempts: int = 3,
        retry_backoff_seconds: float = 2,
        replicate_mode: ReplicateMode = ReplicateMode.REPLICA,
    ) -> None:
        """Fetch nothing yet.

        A source that fails is asked again after a pause, not at once, so the retries have no effect.
        """
        del retry_max_attempts, retry_backoff_seconds
        settings = shared_settings()
        folder = CopyFolder(Path(base_path) if base_path is not None else settings.library_folder)
        urls = {**legacy_urls(settings, "image"), **legacy_urls(settings, "text")}
        self.source = GitHubSource(urls, folder, timeout_seconds=settings.primary_api_timeout)
        super().__init__(
            ReplicaChain(
                [("GitHub", self.source)], folder, times=ChainTimes(fresh_seconds=cache_ttl_seconds)
            ),
            replicate_mode,
        )

    def _fetch_legacy(self, category: str) -> str | None:
        try:
            self.source.fetch_copy(category, None)
        except SourceUnavailableError as error:
            _log.warning("the legacy records of %s can't be fetched: %s", category, error)
        return legacy_json_text(self._chain.folder, category)


class HTTPBackend(ReplicaBackendBase):
    """Copies from a PRIMARY; from GitHub where that can't be asked."""

    def __init__(  # noqa: PLR0913 - public; the names are the contract (spec 30 §7)
        self,
        *,
        primary_api_url: str,
        github_backend: GitHubBackend,
        cache_ttl_seconds: int = 60,
        timeout_seconds: float = 10,
        retry_max_attempts: int = 3,
        retry_backoff_seconds: float = 1.0,
        enable_github_fallback: bool = True,
    ) -> None:
        """Fetch nothing yet.

        A source that fails is asked again after a pause, not at once, so the retries have no effect.

        Raises:
            ValueError: The GitHub backend is not one of a REPLICA.
        """
        del retry_max_attempts, retry_backoff_seconds
        if github_backend.replicate_mode is not ReplicateMode.REPLICA:
            raise ValueError("a REPLICA falls back to the GitHub backend of a REPLICA")
        self._primary = PrimarySource(primary_api_url, timeout_seconds=timeout_seconds)
        sources: list[tuple[str, CopySource]] = [("PRIMARY", self._primary)]
        if enable_github_fallback:
            sources.append(("GitHub", github_backend.source))
        folder = CopyFolder(github_backend.base_path)
        super().__init__(ReplicaChain(sources, folder, times=ChainTimes(fresh_seconds=cache_ttl_seconds)))
        self._github = github_backend if enable_github_fallback else None

    @property
    def primary_api_url(self) -> str:
        """The address of the PRIMARY."""
        return self._primary.url

    def supports_health_checks(self) -> bool:
        """Yes."""
        return True

    def health_check(self) -> bool:
        """Tell whether the PRIMARY answers."""
        try:
            self._primary.get("/heartbeat")
        except SourceUnavailableError:
            return False
        return True

    def fetch_export(self, path: str) -> dict[str, Any] | None:
        """Return one of the PRIMARY's exports, such as ``/licensing/export``; None where it can't be had."""
        try:
            found: object = orjson.loads(self._primary.get(f"/model_references/v2{path}"))
        except (SourceUnavailableError, orjson.JSONDecodeError) as error:
            _log.warning("%s can't be fetched: %s", path, error)
            return None
        return cast("dict[str, Any]", found) if isinstance(found, dict) else None

    def get_legacy_json_string(self, category: str, redownload: bool = False) -> str | None:
        """Return the legacy records of the PRIMARY as they are now; else those at hand, else GitHub's."""
        if not has_legacy_form(category):
            return None
        try:
            content = self._primary.get(f"/model_references/v1/{category}")
            orjson.loads(content)
        except (SourceUnavailableError, orjson.JSONDecodeError) as error:
            _log.warning("the legacy records of %s can't be fetched: %s", category, error)
            return super().get_legacy_json_string(category, redownload)
        return content.decode()

    def _fetch_legacy(self, category: str) -> str | None:
        return (
            None if self._github is None else self._github.get_legacy_json_string(category, redownload=True)
        )
