"""What the addresses of a form's files tell of them, filled in where it was left open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from horde_model_reference.domain.checksums import UNKNOWN_SHA256
from horde_model_reference.review.file_findings import AddressFinding
from horde_model_reference.service.web.propose.field_values import normal_line
from horde_model_reference.service.web.propose.submitted import Submitted

_FILES: Final = "config.download"
_LONGEST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A form after its addresses were asked."""

    submitted: Submitted
    told: tuple[str, ...]
    """A sentence for each file."""


def addresses_in(submitted: Submitted) -> dict[str, str]:
    """Return the addresses of the files in a form, by the name of their row."""
    rows = [f"{_FILES}.{number}" for number in submitted.rows(_FILES)]
    found = {row: normal_line(submitted.text(f"{row}.file_url")) for row in rows}
    return {row: url for row, url in found.items() if url}


def with_answers(submitted: Submitted, findings: Mapping[str, AddressFinding]) -> Answered:
    """Return a form with names, sizes and sums that were left open; what stands there stays."""
    texts: dict[str, str] = {}
    told: list[str] = []
    for row, url in addresses_in(submitted).items():
        finding = findings.get(url)
        found = dict(_found(row, url, finding))
        open_ones = {name: text for name, text in found.items() if _is_open(submitted.text(name))}
        texts |= open_ones
        told.append(f"{_short(url)}: {_sentence(finding, found, open_ones)}")
    return Answered(submitted=submitted.with_texts(texts), told=tuple(told))


def _found(row: str, url: str, finding: AddressFinding | None) -> Iterator[tuple[str, str]]:
    if finding is None or not finding.is_reachable:
        return
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    if PurePosixPath(name).suffix:
        yield f"{row}.file_name", name
    if finding.sha256 is not None:
        yield f"{row}.sha256sum", finding.sha256
    if finding.size_bytes is not None:
        yield f"{row}.size_bytes", str(finding.size_bytes)


def _is_open(text: str) -> bool:
    return normal_line(text).upper() in {"", UNKNOWN_SHA256}


def _sentence(finding: AddressFinding | None, found: Mapping[str, str], open_ones: Mapping[str, str]) -> str:
    if finding is None:
        return "no answer yet; ask again in a moment."
    if not finding.is_reachable:
        return f"{finding.trouble or f'it answers {finding.status}'}."
    if open_ones:
        return f"filled in {', '.join(map(_label, open_ones))}."
    return "it is there" + (", but its host tells nothing more." if not found else "; nothing was left open.")


def _label(name: str) -> str:
    labels = {"file_name": "the file name", "sha256sum": "the sum", "size_bytes": "the size"}
    return labels[name.rpartition(".")[2]]


def _short(url: str) -> str:
    return url if len(url) <= _LONGEST_SHOWN else f"{url[:_LONGEST_SHOWN]}…"
