"""Which backend a manager reads from where none is given (spec 30 §7)."""

import logging
from pathlib import Path

from horde_model_reference.client.backend import ModelReferenceBackend
from horde_model_reference.client.local_backends import FileSystemBackend, LocalReadOnlyBackend
from horde_model_reference.client.replica_backends import GitHubBackend, HTTPBackend
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.settings import DATABASE_FILE_NAME, ReplicateMode, Seed, Settings
from horde_model_reference.sources.copy_folder import CopyFolder
from horde_model_reference.sources.http import SourceUnreachableError
from horde_model_reference.sources.legacy_files import GitHubSource

_log = logging.getLogger(__name__)


def choose_backend(
    settings: Settings, *, base_path: Path, mode: ReplicateMode, offline: bool
) -> ModelReferenceBackend:
    """Return the backend that the settings ask for.

    It has done nothing yet, but that a PRIMARY told to start from GitHub has fetched what its folder lacks.
    """
    if offline:
        return LocalReadOnlyBackend(base_path=base_path, cache_ttl_seconds=settings.cache_ttl_seconds)
    if mode is ReplicateMode.PRIMARY:
        if settings.effective_seed is Seed.github:
            seed_missing(CopyFolder(base_path), GitHubBackend(base_path=base_path).source)
        if (base_path / DATABASE_FILE_NAME).exists():
            _log.warning(
                "%s holds the database of a service, which the library neither reads nor writes: "
                "read from that service as a REPLICA",
                base_path,
            )
        return FileSystemBackend(base_path=base_path, cache_ttl_seconds=settings.cache_ttl_seconds)
    github = GitHubBackend(base_path=base_path, cache_ttl_seconds=settings.cache_ttl_seconds)
    if settings.primary_api_url is None:
        return github
    return HTTPBackend(
        primary_api_url=settings.primary_api_url,
        github_backend=github,
        cache_ttl_seconds=settings.cache_ttl_seconds,
        timeout_seconds=settings.primary_api_timeout,
        enable_github_fallback=settings.enable_github_fallback,
    )


def seed_missing(folder: CopyFolder, source: GitHubSource) -> None:
    """Fetch the categories that have no file in a folder; what can't be fetched stays missing."""
    for category in Category:
        if folder.signature(category) is not None:
            continue
        try:
            found = source.fetch_copy(category, None)
        except SourceUnreachableError as error:
            _log.warning("the folder is not filled from GitHub: %s", error)
            return
        except SourceUnavailableError as error:
            _log.warning("%s is not filled from GitHub: %s", category, error)
            continue
        if found is not None:
            folder.write(found)
