"""Text models by family and by group: the same model in several sizes and versions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from horde_model_reference.catalog.document_values import value_reader
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.text_groups import TextGroups, TextMember
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.formats.text_names import size_sort_key

_TRAITS = ("author", "size", "variant", "version", "quant")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """One text model of a group, as the table of the group shows it."""

    name: str
    author: str | None
    size: str | None
    variant: str | None
    version: str | None
    quant: str | None
    parameters: int | None
    is_nsfw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextGroup:
    """Models whose names differ only in author, size, version and the like."""

    name: str
    family: str
    """What people said, else the baseline that most members have; empty where there is neither."""
    members: tuple[TextMember, ...]

    @property
    def sizes(self) -> tuple[str, ...]:
        """Return the sizes that there are, the smallest first."""
        sizes = {member.parsed.size for member in self.members}
        return tuple(sorted(filter(None, sizes), key=size_sort_key))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFamily:
    """The groups that belong together."""

    name: str
    groups: tuple[TextGroup, ...]

    @property
    def model_count(self) -> int:
        """Return how many models there are in all groups."""
        return sum(len(group.members) for group in self.groups)


def text_groups(known: TextGroups, aliases: GroupAliases, families: GroupFamilies) -> dict[str, TextGroup]:
    """Return the groups that the names of models show, by name, in the order of their first models.

    What people said of groups counts: which are one under several names, and which belong together.
    """
    found: dict[str, list[TextMember]] = {}
    for member in known.members.values():
        found.setdefault(aliases.resolve(member.parsed.base_name), []).append(member)
    return {group: _group(group, members, families) for group, members in found.items()}


def text_group(
    known: TextGroups, name: str, aliases: GroupAliases, families: GroupFamilies
) -> TextGroup | None:
    """Return one of these groups by its name or an alias; None where there is none."""
    wanted = aliases.resolve(name)
    members = [each for each in known.members.values() if aliases.resolve(each.parsed.base_name) == wanted]
    return _group(wanted, members, families) if members else None


def group_members(snapshot: CategorySnapshot, group: TextGroup) -> tuple[GroupMember, ...]:
    """Return the rows of a group's table, the models with the fewest parameters first."""
    parameters, nsfw = (value_reader(snapshot.category, field) for field in ("parameters_count", "nsfw"))
    rows: list[GroupMember] = []
    for member in group.members:
        document: dict[str, Any] = orjson.loads(snapshot.record(member.name) or b"{}")
        rows.append(_row(member, parameters(document), is_nsfw=bool(nsfw(document))))
    return tuple(sorted(rows, key=lambda row: row.parameters or 0))


def group_traits(members: Iterable[GroupMember]) -> tuple[str, ...]:
    """Return the parts of names that any of the models has: what a table needs columns for."""
    rows = tuple(members)
    return tuple(trait for trait in _TRAITS if any(getattr(row, trait) is not None for row in rows))


def text_families(groups: Iterable[TextGroup]) -> list[TextFamily]:
    """Return groups by family, the largest family first, those without one last."""
    families: dict[str, list[TextGroup]] = {}
    for group in groups:
        families.setdefault(group.family, []).append(group)
    found = [
        TextFamily(name=name, groups=tuple(sorted(those, key=lambda group: group.name.lower())))
        for name, those in families.items()
    ]
    return sorted(found, key=lambda family: (not family.name, -family.model_count, family.name))


def by_initial(groups: Iterable[TextGroup]) -> list[tuple[str, list[TextGroup]]]:
    """Return groups, given in the order of their names, by their first letters; others under #."""
    found: dict[str, list[TextGroup]] = {}
    for group in groups:
        first = group.name[:1].upper()
        found.setdefault(first if first.isascii() and first.isalpha() else "#", []).append(group)
    return sorted(found.items())


def _group(name: str, members: Sequence[TextMember], families: GroupFamilies) -> TextGroup:
    return TextGroup(
        name=name,
        family=families.family_of(name) or _most_frequent(member.baseline for member in members),
        members=tuple(members),
    )


def _row(member: TextMember, parameters: int | None, *, is_nsfw: bool) -> GroupMember:
    parsed = member.parsed
    return GroupMember(
        name=member.name,
        author=member.author,
        size=parsed.size,
        variant=parsed.variant,
        version=parsed.version,
        quant=parsed.quant,
        parameters=parameters,
        is_nsfw=is_nsfw,
    )


def _most_frequent(families: Iterable[str]) -> str:
    found = [family for family in families if family]
    return max(dict.fromkeys(found), key=found.count, default="")
