"""Small things that programs ask for."""

from horde_model_reference.client.checksum_files import (
    md5_of,
    sha256_of,
)
from horde_model_reference.domain.checksums import (
    canonical_sha256,
    is_sha256,
    same_sha256,
)

__all__ = [
    "canonical_sha256",
    "is_sha256",
    "md5_of",
    "same_sha256",
    "sha256_of",
]
