"""Other records, and others that are proposed, with a name like that of a record or with the same files."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.checksums import canonical_sha256, is_sha256
from horde_model_reference.review.check_shapes import Check, Checked, Outcome, Snapshots
from horde_model_reference.review.declared_files import DeclaredFile, declared_files
from horde_model_reference.review.ports import OpenProposal, OpenProposals

_MOST_TWINS: Final = 5
_MOST_FILES: Final = 30
"""Of so many files of a record others are looked for."""
_PUNCTUATION: Final = re.compile(r"[\W_]+")


class _NoProposals:
    """A queue without open changes."""

    def open_creations(self) -> Sequence[OpenProposal]:
        """Return nothing."""
        return ()

    def open_saying(self, texts: Collection[str], *, limit: int) -> Sequence[OpenProposal]:
        """Return nothing."""
        return ()


class _Likeness(NamedTuple):
    what: str
    texts: set[str]
    """The spellings of what is alike; none: it is not known."""


NO_PROPOSALS: Final[OpenProposals] = _NoProposals()


def twins_by_name(checked: Checked, snapshots: Snapshots, proposals: OpenProposals) -> Iterator[Check]:
    """Tell which names are the same but for case and punctuation, in any category."""
    folded = _folded(checked.name)
    twins = [
        (category, name)
        for category in Category
        for name in snapshots(category) or ()
        if _folded(name) == folded and (category, name) != (checked.category, checked.name)
    ]
    proposed = [other for other in proposals.open_creations() if _folded(other.name) == folded]
    others = _others(checked, proposed)
    if twins:
        is_problem = any(category is checked.category for category, _ in twins)
        yield Check(
            subject="Name",
            outcome=Outcome.problem if is_problem else Outcome.note,
            text=f"Much like the name of {_listed(twins)}.",
        )
    if others:
        yield _proposed("Name", "A name much like it is proposed in", others)
    if not twins and not others:
        yield Check(subject="Name", outcome=Outcome.good, text="No other model has a name like it.")


def twins_by_file(
    checked: Checked, document: Document, snapshots: Snapshots, proposals: OpenProposals
) -> Iterator[Check]:
    """Tell for each file where else it is: by its sum, or where nothing has that by its address."""
    for file in [*declared_files(document)][:_MOST_FILES]:
        known_sum = canonical_sha256(file.sha256) if is_sha256(file.sha256) else ""
        by_sum = _Likeness("file", {known_sum, known_sum.upper()} - {""})
        by_address = _Likeness("address", {file.url} - {""})
        found = [*_twins_of(checked, file, by_sum, snapshots, proposals)]
        yield from found or _twins_of(checked, file, by_address, snapshots, proposals)


def _twins_of(
    checked: Checked, file: DeclaredFile, like: _Likeness, snapshots: Snapshots, proposals: OpenProposals
) -> Iterator[Check]:
    itself = (checked.category, checked.name)
    twins = [twin for twin in _models_with(like.texts, snapshots) if twin != itself]
    if twins:
        text = f"The same {like.what} is in {_listed(twins)}."
        yield Check(subject="Duplicate", outcome=Outcome.note, text=text, about=file.name)
    told = {(str(category), name) for category, name in twins}
    saying = proposals.open_saying(like.texts, limit=_MOST_TWINS + 1) if like.texts else ()
    others = [other for other in _others(checked, saying) if (other.category, other.name) not in told]
    if others:
        yield _proposed("Duplicate", f"The same {like.what} is proposed in", others, about=file.name)


def _others(checked: Checked, proposals: Sequence[OpenProposal]) -> list[OpenProposal]:
    """Return those for other records: what competes for the same one is told elsewhere."""
    itself = (str(checked.category), checked.name)
    return [
        other
        for other in proposals
        if (other.category, other.name) != itself and other.change_id != checked.change_id
    ]


def _proposed(subject: str, told: str, others: Sequence[OpenProposal], *, about: str | None = None) -> Check:
    shown = others[:_MOST_TWINS]
    named = ", ".join(f"change {other.change_id} for {other.name} ({other.category})" for other in shown)
    more = " and others" if len(others) > len(shown) else ""
    return Check(
        subject=subject,
        outcome=Outcome.note,
        text=f"{told} {named}{more}.",
        about=about,
        change_ids=tuple(other.change_id for other in shown),
    )


def _models_with(texts: set[str], snapshots: Snapshots) -> Iterator[tuple[Category, str]]:
    # The bytes are searched before any record is read: as good as always, there is nothing to find.
    needles = [json.dumps(text, ensure_ascii=False).encode() for text in texts]
    for category in Category:
        snapshot = snapshots(category)
        if snapshot is None or not any(needle in snapshot.v2.content for needle in needles):
            continue
        for name in snapshot:
            content = snapshot.record(name) or b""
            if any(needle in content for needle in needles):
                yield category, name


def _folded(name: str) -> str:
    return _PUNCTUATION.sub("", name.casefold())


def _listed(models: list[tuple[Category, str]]) -> str:
    named = ", ".join(f"{name} ({category})" for category, name in models[:_MOST_TWINS])
    more = len(models) - _MOST_TWINS
    return f"{named} and {more} more" if more > 0 else named
