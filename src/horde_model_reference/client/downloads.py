"""Bringing files to disk: by address, by sum from a mirror, and for whole records (spec 30 §10)."""

import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit, urlunsplit

from horde_model_reference.client.checksum_files import forget_sums, remember_sha256, sha256_of
from horde_model_reference.client.layout import exists, file_paths_for, is_inside
from horde_model_reference.client.mirror import (
    configured_mirror,
    gateway_accepts_key,
    gateway_url_for,
    shared_gateway,
)
from horde_model_reference.client.pieces import PIECES_SUFFIX
from horde_model_reference.client.segmented import fetch_in_segments
from horde_model_reference.client.single_stream import fetch_in_one_stream
from horde_model_reference.client.transfer import (
    DownloadOutcome,
    FileState,
    ProgressCallback,
    Surroundings,
    Transfer,
    WatcherStoppedError,
    is_known_sum,
    reason_of,
)
from horde_model_reference.domain.categories import get_category_descriptor
from horde_model_reference.domain.checksums import UNKNOWN_SHA256, canonical_sha256, is_sha256, same_sha256

if TYPE_CHECKING:
    from horde_model_reference.domain.record_parts import DownloadRecord
    from horde_model_reference.domain.records import GenericModelRecord

_logger = logging.getLogger(__name__)

UNKNOWN_SHA256_SENTINEL: Final = UNKNOWN_SHA256
"""Stands for the sum of a file that nobody took."""


def download_file(  # noqa: PLR0913 - the signature is public (spec 30 §10)
    url: str,
    destination: str | os.PathLike[str],
    *,
    expected_sha256: str | None = None,
    progress_callback: ProgressCallback | None = None,
    auth_query_token: str | None = None,
    extra_headers: Mapping[str, str] | None = None,
    max_retries: int = 5,
    connections: int = 1,
    allow_redirects: bool = True,
) -> DownloadOutcome:
    """Bring a file to its destination, replacing what is there in one step; go on where the last try ended.

    Nothing that server or disk do is raised: the outcome tells success, the log tells why not. A file that
    has another sum than expected is put in place all the same, with an outcome that says so.

    Args:
        url: Where the file is.
        destination: Where it goes; missing folders are made.
        expected_sha256: Its sum in either case; None or ``FIXME``: unknown.
        progress_callback: Called with bytes on disk and in all, 0 for unknown; what it raises passes through.
        auth_query_token: Added to the address as ``token``.
        extra_headers: Sent along.
        max_retries: How many tries in a row may fail after the first, 2 seconds apart.
        connections: How many connections to use for a large file, at most 8.
        allow_redirects: Whether to follow the server to other addresses.
    """
    return run_transfer(
        Transfer(
            url=_with_token(url, auth_query_token),
            destination=Path(destination),
            expected_sha256=expected_sha256,
            headers=extra_headers or {},
            max_retries=max_retries,
            connections=connections,
            follow_redirects=allow_redirects,
            progress=progress_callback,
        )
    )


def run_transfer(transfer: Transfer, surroundings: Surroundings | None = None) -> DownloadOutcome:
    """Bring a file over as many connections as it allows, else over one."""
    around = surroundings or Surroundings()
    try:
        pieces = FileState.of(transfer.destination.with_name(transfer.destination.name + PIECES_SUFFIX))
        # Going on with what a single connection brought beats fetching it again over several.
        outcome = None if pieces is not None and pieces.size else fetch_in_segments(transfer, around)
        return outcome or fetch_in_one_stream(transfer, around)
    except WatcherStoppedError as stopped:
        raise stopped.reason from None


def _with_token(url: str, token: str | None) -> str:
    if not token:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all, which whoever sends it finds out
        return url
    query = f"{parts.query}&token={quote(token, safe='')}".removeprefix("&")
    return urlunsplit(parts._replace(query=query))


def download_addressed_file(  # noqa: PLR0913 - the signature is public (spec 30 §10)
    origin_url: str,
    destination: str | os.PathLike[str],
    *,
    sha256: str | None,
    gateway_base_url: str | None = None,
    apikey: str | None = None,
    auth_query_token: str | None = None,
    progress_callback: ProgressCallback | None = None,
    use_configured_gateway: bool = True,
    connections: int = 1,
) -> DownloadOutcome:
    """Bring a file from a mirror that has it by its sum, else from its origin.

    Args:
        origin_url: Where the file comes from.
        destination: Where it goes; missing folders are made.
        sha256: Its sum; without one no mirror is asked.
        gateway_base_url: The mirror; None is the configured one, if ``use_configured_gateway``.
        apikey: The key that the mirror asks for; without one no mirror is asked.
        auth_query_token: Added to the address of the origin as ``token``, never to that of the mirror.
        progress_callback: As for ``download_file``.
        use_configured_gateway: Whether the settings may name a mirror.
        connections: As for ``download_file``.
    """
    origin = Transfer(
        url=_with_token(origin_url, auth_query_token),
        destination=Path(destination),
        expected_sha256=sha256,
        progress=progress_callback,
        connections=connections,
    )
    configured = configured_mirror()
    base_url = gateway_base_url or (configured.gateway_url if use_configured_gateway else None)
    if base_url and apikey and sha256 and is_sha256(sha256):
        outcome = _fetch_from_mirror(origin, base_url, apikey, configured.manifest_ttl_seconds)
        if outcome is not None:
            return outcome
    return run_transfer(origin)


def _fetch_from_mirror(
    origin: Transfer, base_url: str, apikey: str, manifest_ttl_seconds: float
) -> DownloadOutcome | None:
    """Return the outcome of a success; None: the mirror is not to be trusted, has not got it, or failed."""
    sha256 = canonical_sha256(origin.expected_sha256 or "")
    if not gateway_accepts_key(base_url):
        _logger.warning("the mirror is not asked: its address must be https, without user, query or fragment")
        return None
    gateway = shared_gateway(base_url)
    if not gateway.holds(sha256, ttl_seconds=manifest_ttl_seconds):
        return None
    session = gateway.session(apikey)
    outcome = run_transfer(
        Transfer(
            url=gateway_url_for(base_url, sha256),
            destination=origin.destination,
            expected_sha256=sha256,
            headers=session.headers(),
            max_retries=0,
            connections=origin.connections,
            follow_redirects=False,
            progress=origin.progress,
            keeps_wrong_file=False,
            keeps_pieces=False,
        )
    )
    if outcome.success:
        return outcome
    session.forget()
    return None


def download_record_files(  # noqa: PLR0913 - the signature is public (spec 30 §10)
    record: "GenericModelRecord",
    root: str | os.PathLike[str],
    *,
    progress_callback: ProgressCallback | None = None,
    auth_query_token: str | None = None,
    gateway_base_url: str | None = None,
    apikey: str | None = None,
    use_configured_gateway: bool = True,
    connections: int = 1,
) -> bool:
    """Bring every declared file below the weights root; return whether all are there and right.

    A file that is there with the right or an unknown sum stays; one with a wrong sum is removed and fetched
    anew. Files of categories that other programs fetch are only looked at, as is what lies outside the root.

    Args:
        record: The model.
        root: The weights root.
        progress_callback: As for ``download_file``, called for one file after another.
        auth_query_token: As for ``download_addressed_file``.
        gateway_base_url: As for ``download_addressed_file``.
        apikey: As for ``download_addressed_file``.
        use_configured_gateway: As for ``download_addressed_file``.
        connections: As for ``download_file``.
    """
    fetch = partial(
        download_addressed_file,
        progress_callback=progress_callback,
        auth_query_token=auth_query_token,
        gateway_base_url=gateway_base_url,
        apikey=apikey,
        use_configured_gateway=use_configured_gateway,
        connections=connections,
    )
    paths = file_paths_for(record, root)
    is_ours = not paths or not get_category_descriptor(record.record_type).managed_download_elsewhere
    good = [
        bring_file(declared, path, fetch if is_ours else None)
        if is_inside(path, root)
        else _refuse_outside(path)
        for declared, path in zip(record.config.download, paths, strict=False)
    ]
    return bool(good) and all(good)


def _refuse_outside(path: Path) -> bool:
    _logger.error("%s lies outside the weights root, so it is not fetched", path)
    return False


def bring_file(declared: "DownloadRecord", path: Path, fetch: Callable[..., DownloadOutcome] | None) -> bool:
    """Return whether a declared file is on disk and right in the end.

    Args:
        declared: The file.
        path: Where it lies.
        fetch: Called as ``download_addressed_file`` where it doesn't; None: only look.
    """
    try:
        is_right = _is_right(path, declared.sha256sum)
        if is_right or fetch is None:
            return is_right
        forget_sums(path)
        path.unlink(missing_ok=True)
    except OSError as error:
        _logger.error("%s: %s", path.name, reason_of(error))
        return False
    outcome = fetch(declared.file_url, path, sha256=declared.sha256sum)
    if outcome.success and outcome.sha256 is not None:
        remember_sha256(path, outcome.sha256)
    return outcome.success


def _is_right(path: Path, expected_sha256: str) -> bool:
    if not exists(path):
        return False
    return not is_known_sum(expected_sha256) or same_sha256(expected_sha256, sha256_of(path))
