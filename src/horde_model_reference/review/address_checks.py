"""What the addresses in a proposed record answered, set against what the record says of them."""

from collections.abc import Iterator, Mapping

from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.checksums import canonical_sha256, is_sha256
from horde_model_reference.review.check_shapes import Check, Outcome
from horde_model_reference.review.declared_files import PAGE_FIELDS, DeclaredFile, declared_files
from horde_model_reference.review.file_findings import AddressFinding


def address_checks(document: Document, findings: Mapping[str, AddressFinding]) -> list[Check]:
    """Return what the addresses of a record answered; those that nobody asked yet are unknown."""
    checks = [
        check
        for file in declared_files(document)
        if file.url
        for check in _file_answer(file, findings.get(file.url))
    ]
    for key in PAGE_FIELDS:
        url = document.get(key)
        if isinstance(url, str) and url:
            checks.append(_page_answer(key, findings.get(url)))
    return checks


def _file_answer(file: DeclaredFile, finding: AddressFinding | None) -> Iterator[Check]:
    if finding is None:
        text = "Nobody has asked for it yet."
        yield Check(subject="Reachable", outcome=Outcome.unknown, text=text, about=file.name)
        return
    yield _reachable(finding, file.name)
    if not finding.is_reachable:
        return
    if finding.size_bytes is not None and file.size_bytes is not None:
        is_same = finding.size_bytes == file.size_bytes
        yield Check(
            subject="Size",
            outcome=Outcome.good if is_same else Outcome.problem,
            text=f"{finding.size_bytes:,} bytes"
            + (", as the record says." if is_same else f"; the record says {file.size_bytes:,}."),
            about=file.name,
        )
    if finding.sha256 is not None and is_sha256(file.sha256):
        is_same = finding.sha256 == canonical_sha256(file.sha256)
        yield Check(
            subject="Sum",
            outcome=Outcome.good if is_same else Outcome.problem,
            text="Its host tells the same sum." if is_same else f"Its host tells another: {finding.sha256}.",
            about=file.name,
        )


def _page_answer(key: str, finding: AddressFinding | None) -> Check:
    if finding is None:
        text = "Nobody has asked for it yet."
        return Check(subject="Reachable", outcome=Outcome.unknown, text=text, about=key)
    return _reachable(finding, key)


def _reachable(finding: AddressFinding, about: str) -> Check:
    if finding.is_reachable:
        size = "" if finding.size_bytes is None else f", {finding.size_bytes:,} bytes"
        return Check(subject="Reachable", outcome=Outcome.good, text=f"It is there{size}.", about=about)
    reason = f"It answers {finding.status}" if finding.trouble is None else f"Not found: {finding.trouble}"
    return Check(subject="Reachable", outcome=Outcome.problem, text=f"{reason}.", about=about)
