"""Which backend a manager reads from where none is given (spec 30 §7)."""

from pathlib import Path

from horde_model_reference.client.backend import ModelReferenceBackend
from horde_model_reference.client.local_backends import FileSystemBackend, LocalReadOnlyBackend
from horde_model_reference.client.replica_backends import GitHubBackend, HTTPBackend
from horde_model_reference.settings import ReplicateMode, Settings


def choose_backend(
    settings: Settings, *, base_path: Path, mode: ReplicateMode, offline: bool
) -> ModelReferenceBackend:
    """Return the backend that the settings ask for; it has done nothing yet."""
    if offline:
        return LocalReadOnlyBackend(base_path=base_path, cache_ttl_seconds=settings.cache_ttl_seconds)
    if mode is ReplicateMode.PRIMARY:
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
