"""Managers of folders and backends, as programs make them."""

from pathlib import Path
from typing import Any

from horde_model_reference import MODEL_REFERENCE_CATEGORY, ModelReferenceManager
from horde_model_reference.backends import GitHubBackend, HTTPBackend

BLIP = MODEL_REFERENCE_CATEGORY.blip


def offline(folder: Path, **options: Any) -> ModelReferenceManager:
    return ModelReferenceManager(base_path=folder, offline=True, **options)


def http_backend(url: str, folder: Path, **options: Any) -> HTTPBackend:
    github = GitHubBackend(base_path=folder)
    return HTTPBackend(
        primary_api_url=f"{url}/api", github_backend=github, enable_github_fallback=False, **options
    )
