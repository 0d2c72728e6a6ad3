"""The text models of a category by group (spec 23)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar, cast

import orjson

from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.formats.text_name_parser import ParsedName, parse_text_name
from horde_model_reference.formats.text_names import has_backend_prefix, split_author

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMember:
    """As much of a text record as the figures of its group need."""

    name: str
    """The key of the record."""
    author: str | None
    parsed: ParsedName
    """The name without backend and author, taken apart."""
    spelling: str
    """How it writes the name of its group; empty where it names none."""
    folded_group: str
    """That name, as it is compared."""
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
    _made: dict[Callable[..., Any], Any] = field(
        default_factory=dict[Callable[..., Any], Any], repr=False, compare=False
    )

    @property
    def canonical(self) -> list[TextMember]:
        """The members that are no duplicates."""
        return [member for member in self.members if not member.is_duplicate]

    def made(self, make: Callable[["TextGroup"], T]) -> T:
        """Return what a function makes of the group alone; it is called once while the group is the same."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(T, self._made[make])


class TextGroups:
    """The groups of one revision, in the order of their names."""

    def __init__(self, members: Mapping[bytes, TextMember], *, before: "TextGroups | None" = None) -> None:
        """Put text models together, given by the hashes of their records in storage order.

        Groups that are the same ``before`` are taken over, with what was made of them.
        """
        self.members = members
        found: defaultdict[str, list[TextMember]] = defaultdict(list)
        for member in members.values():
            found[member.folded_group].append(member)
        self.ungrouped = tuple(found.pop("", ()))
        """The models that name no group."""
        known: Mapping[str, TextGroup] = {} if before is None else before._groups
        groups = ((folded, _group(tuple(each), known.get(folded))) for folded, each in found.items())
        self._groups: dict[str, TextGroup] = dict(sorted(groups, key=lambda item: item[1].name))

    def __iter__(self) -> Iterator[TextGroup]:
        return iter(self._groups.values())

    def __len__(self) -> int:
        return len(self._groups)

    def find(self, name: str, aliases: GroupAliases) -> TextGroup | None:
        """Return a group by any spelling of its name or an alias; None where there is none."""
        names = (name, aliases.resolve(name))
        return next((self._groups[key] for each in names if (key := each.casefold()) in self._groups), None)


def read_text_groups(snapshot: CategorySnapshot | None, *, before: TextGroups | None = None) -> TextGroups:
    """Return the groups of the text records.

    Of those that were read ``before``, whatever is the same is taken over: after a change of a few records
    that takes a tenth of the time.
    """
    if snapshot is None:
        return TextGroups({})
    known: Mapping[bytes, TextMember] = {} if before is None else before.members
    members = {digest: known.get(digest) or _member(snapshot, name) for name, digest in snapshot.digests()}
    return TextGroups(members, before=before)


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
    names = (*(group.name for group in groups), *(each.parsed.base_name for each in groups.ungrouped))
    return list(dict.fromkeys(map(aliases.resolve, names)))


def _group(members: tuple[TextMember, ...], known: TextGroup | None) -> TextGroup:
    if known is not None and known.members == members:
        return known
    spellings = Counter(member.spelling for member in members)
    name = min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
    return TextGroup(name=name, spellings=tuple(sorted(spellings)), members=members)


def _member(snapshot: CategorySnapshot, name: str) -> TextMember:
    document = orjson.loads(snapshot.record(name) or b"{}")
    record: Mapping[str, Any] = document if is_document(document) else {}
    group, baseline, nsfw = (record.get(key) for key in ("text_model_group", "baseline", "nsfw"))
    spelling = group if isinstance(group, str) else ""
    author, model = split_author(name)
    return TextMember(
        name=name,
        author=author,
        parsed=parse_text_name(model),
        spelling=spelling,
        folded_group=spelling.casefold(),
        baseline=baseline.strip() if isinstance(baseline, str) else "",
        nsfw=nsfw if isinstance(nsfw, bool) else None,
        has_description=bool(record.get("description")),
    )
