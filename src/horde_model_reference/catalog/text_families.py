"""Finding groups of text models that may be a family, by how their names begin (spec 03 §10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedFamily:
    """Groups whose names begin with the same words."""

    family_name: str
    members: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedFamilies:
    """All suggestions by name, and how many groups they leave out."""

    suggestions: list[SuggestedFamily]
    total_groups_analyzed: int
    groups_in_families: int
    standalone_groups: int


def suggest_families(
    groups: Iterable[str], *, min_prefix_length: int, min_family_size: int
) -> SuggestedFamilies:
    """Put groups together that begin with the same hyphenated words; each group is in one family at most.

    The longest beginning comes first. ``min_prefix_length`` counts characters.
    """
    names = list(dict.fromkeys(groups))
    candidates: dict[str, list[str]] = {}
    for name in names:
        for prefix in _prefixes(name):
            if len(prefix) >= min_prefix_length:
                candidates.setdefault(prefix, []).append(name)
    claimed: set[str] = set()
    found: list[SuggestedFamily] = []
    for prefix in sorted(candidates, key=len, reverse=True):
        members = [name for name in candidates[prefix] if name not in claimed]
        if len(members) >= min_family_size:
            claimed.update(members)
            found.append(SuggestedFamily(family_name=prefix, members=sorted(members)))
    return SuggestedFamilies(
        suggestions=sorted(found, key=lambda family: family.family_name),
        total_groups_analyzed=len(names),
        groups_in_families=len(claimed),
        standalone_groups=len(names) - len(claimed),
    )


def _prefixes(name: str) -> list[str]:
    """Return what a name begins with, hyphen by hyphen, without the name itself."""
    return list(accumulate(name.split("-"), lambda start, word: f"{start}-{word}"))[:-1]
