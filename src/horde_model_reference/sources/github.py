"""The two legacy repositories on GitHub, as files on disk (spec 01 §1)."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from horde_model_reference.domain.errors import SourceUnavailableError

_RETRIED = frozenset({408, 429, 500, 502, 503, 504})


def download_files(
    urls: Mapping[Path, str],
    folder: Path,
    *,
    timeout_seconds: float = 20,
    attempts: int = 3,
    pause_seconds: float = 2,
    progress: Callable[[str], None] = lambda _url: None,
) -> None:
    """Fetch each address into its place below the folder.

    Raises:
        SourceUnavailableError: One of them can't be fetched; it names the address and why.
    """
    with httpx.Client(timeout=timeout_seconds, follow_redirects=True) as client:
        for place, url in urls.items():
            progress(url)
            content = _fetch(client, url, attempts, pause_seconds)
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _fetch(client: httpx.Client, url: str, attempts: int, pause_seconds: float) -> bytes:
    reason = ""
    for attempt in range(attempts):
        if attempt:
            time.sleep(pause_seconds)
        try:
            response = client.get(url)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            continue
        except (httpx.InvalidURL, UnicodeError) as error:
            reason = str(error)
            break
        if response.is_success:
            return response.content
        reason = f"status {response.status_code}"
        if response.status_code not in _RETRIED:
            break
    raise SourceUnavailableError(f"{url} can't be fetched: {reason}")
