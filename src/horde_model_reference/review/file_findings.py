"""What asking for the files and pages that a record names finds out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFinding:
    """The answer of one address to somebody who wanted to know whether it is there."""

    url: str
    status: int | None = None
    """HTTP status at the end of all redirects; None: no answer came."""
    size_bytes: int | None = None
    """None where the answer doesn't say."""
    sha256: str | None = None
    """Sum of the file in lower case, where its host tells it."""
    trouble: str | None = None
    """One clause on why it was not asked, or did not answer; None: it did."""
    found_at: int
    """Unix seconds."""

    @property
    def is_reachable(self) -> bool:
        """Whether there is something at the address."""
        return self.status is not None and 200 <= self.status < 300
