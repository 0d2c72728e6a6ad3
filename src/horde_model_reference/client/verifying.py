"""Whether the files on disk are those that the records declare."""

from collections.abc import Callable
from enum import StrEnum

from horde_model_reference.client.checksum_files import watched_sha256
from horde_model_reference.client.download_plan import PlannedFile, Presence
from horde_model_reference.client.transfer import is_known_sum
from horde_model_reference.domain.checksums import same_sha256


class Verdict(StrEnum):
    """What a file on disk is worth."""

    right = "right"
    """It has the declared sum."""
    unchecked = "unchecked"
    """It is there, and nobody declared a sum."""
    wrong = "wrong"
    """It has another sum, or another size."""
    unreadable = "unreadable"
    """It is there but can't be read."""
    missing = "missing"
    """It isn't there, or only a part of it is."""

    @property
    def is_good(self) -> bool:
        """Whether the file can be used, as far as anybody knows."""
        return self in {Verdict.right, Verdict.unchecked}


def verify_file(
    file: PlannedFile, *, anew: bool = False, watch: Callable[[int], None] = lambda _bytes: None
) -> Verdict:
    """Return what a file is worth.

    Args:
        file: The file as it was planned.
        anew: Read it whole, even where a side file that is newer tells its sum.
        watch: Called with the number of bytes after each piece that was read.
    """
    if file.presence in {Presence.missing, Presence.partial}:
        return Verdict.missing
    if file.presence is Presence.damaged:
        return Verdict.wrong
    if not is_known_sum(file.declared.sha256sum):
        return Verdict.unchecked
    try:
        found = watched_sha256(file.path, watch, anew=anew)
    except FileNotFoundError:
        return Verdict.missing
    except OSError:
        return Verdict.unreadable
    return Verdict.right if same_sha256(file.declared.sha256sum, found) else Verdict.wrong
