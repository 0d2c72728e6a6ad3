"""The text models of a category by group (spec 23)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from horde_model_reference.catalog.reference_models import read_documents
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.formats.text_names import has_backend_prefix, suggested_group


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMember:
    """As much of a text record as the figures of its group need."""

    name: str
    """The key of the record."""
    baseline: str
    """Stripped; empty where there is none."""
    nsfw: bool | None
    has_description: bool

    @property
    def is_duplicate(self) -> bool:
        """Whether this is another record under the name of a backend."""
        return has_backend_prefix(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextGroup:
    """The text models that say that they are of one group; the case of the name doesn't count."""

    name: str
    """As most of its members write it."""
    spellings: tuple[str, ...]
    """All ways in which its members write it, sorted."""
    members: tuple[TextMember, ...]
    """In storage order."""

    @property
    def canonical(self) -> list[TextMember]:
        """The members that are no duplicates."""
        return [member for member in self.members if not member.is_duplicate]


class TextGroups:
    """The groups of one revision, in the order of their names."""

    def __init__(self, groups: Iterable[TextGroup], ungrouped: Iterable[TextMember] = ()) -> None:
        self.ungrouped = tuple(ungrouped)
        """The models that name no group."""
        self._groups = {group.name: group for group in sorted(groups, key=lambda group: group.name)}
        self._names = {group.name.casefold(): group.name for group in self._groups.values()}

    def __iter__(self) -> Iterator[TextGroup]:
        return iter(self._groups.values())

    def __len__(self) -> int:
        return len(self._groups)

    def find(self, name: str, aliases: GroupAliases) -> TextGroup | None:
        """Return a group by any spelling of its name or an alias; None where there is none."""
        for each in (name, aliases.resolve(name)):
            if (known := self._names.get(each.casefold())) is not None:
                return self._groups[known]
        return None


def read_text_groups(snapshot: CategorySnapshot | None) -> TextGroups:
    """Return the groups of the text records."""
    members: dict[str, list[TextMember]] = {}
    spellings: dict[str, Counter[str]] = {}
    for key, document in () if snapshot is None else read_documents(snapshot):
        record: Mapping[str, Any] = document if is_document(document) else {}
        group = record.get("text_model_group")
        spelling = group if isinstance(group, str) else ""
        members.setdefault(spelling.casefold(), []).append(_member(key, record))
        spellings.setdefault(spelling.casefold(), Counter())[spelling] += 1
    ungrouped = members.pop("", ())
    return TextGroups((_group(spellings[folded], found) for folded, found in members.items()), ungrouped)


def read_member_documents(
    snapshot: CategorySnapshot, group: TextGroup
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the records of a group as reads show them, with their keys, in storage order."""
    found = ((member.name, snapshot.record(member.name)) for member in group.members)
    return [(name, orjson.loads(content)) for name, content in found if content is not None]


def distinct_baselines(groups: TextGroups) -> list[str]:
    """Return the baselines that text models have, sorted."""
    members = chain(groups.ungrouped, *(group.members for group in groups))
    return sorted({member.baseline for member in members if member.baseline})


def resolved_group_names(groups: TextGroups, aliases: GroupAliases) -> list[str]:
    """Return the names of all groups without their aliases; models that name no group count by their name."""
    names = (*(group.name for group in groups), *(suggested_group(each.name) for each in groups.ungrouped))
    return list(dict.fromkeys(map(aliases.resolve, names)))


def _group(spellings: Counter[str], members: list[TextMember]) -> TextGroup:
    name = min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
    return TextGroup(name=name, spellings=tuple(sorted(spellings)), members=tuple(members))


def _member(name: str, document: Mapping[str, Any]) -> TextMember:
    baseline, nsfw = document.get("baseline"), document.get("nsfw")
    return TextMember(
        name=name,
        baseline=baseline.strip() if isinstance(baseline, str) else "",
        nsfw=nsfw if isinstance(nsfw, bool) else None,
        has_description=bool(document.get("description")),
    )
