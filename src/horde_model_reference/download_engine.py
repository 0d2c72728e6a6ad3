"""Bringing files to disk: by address, by sum from a mirror, and for whole records (spec 30 §10)."""

from horde_model_reference.client.checksum_files import md5_of, sha256_of
from horde_model_reference.client.downloads import (
    UNKNOWN_SHA256_SENTINEL,
    download_addressed_file,
    download_file,
    download_record_files,
)
from horde_model_reference.client.mirror import R2_BY_HASH_PREFIX, gateway_accepts_key, gateway_url_for
from horde_model_reference.client.segmented import segmented_download as _segmented_download
from horde_model_reference.client.transfer import DownloadAborted, DownloadOutcome, ProgressCallback

__all__ = [
    "R2_BY_HASH_PREFIX",
    "UNKNOWN_SHA256_SENTINEL",
    "DownloadAborted",
    "DownloadOutcome",
    "ProgressCallback",
    "_segmented_download",
    "download_addressed_file",
    "download_file",
    "download_record_files",
    "gateway_accepts_key",
    "gateway_url_for",
    "md5_of",
    "sha256_of",
]
