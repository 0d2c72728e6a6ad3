"""In which order a form asks: what matters most comes first, what few people need is folded away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from horde_model_reference.service.web.propose.form_fields import Field, Group, Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a form under a heading of its own."""

    key: str
    title: str
    about: str
    members: tuple[tuple[str, Node], ...]
    """Each with the name of its input or group."""
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    key: str
    title: str
    about: str
    names: tuple[str, ...]


_PLANS: Final = (
    _Plan(
        "model",
        "The model",
        "What it is called and what it is.",
        (
            "name",
            "description",
            "baseline",
            "parameters",
            "nsfw",
            "style",
            "controlnet_style",
            "control_types",
            "preprocessors",
            "pretrained_name",
            "inpainting",
            "version",
            "display_name",
            "url",
            "homepage",
        ),
    ),
    _Plan("files", "Files", "What workers download.", ("config.download",)),
    _Plan(
        "licence",
        "Licence",
        "What people may do with the model. Leave all of it empty if you could not find out.",
        ("licensing",),
    ),
    _Plan("finding", "Finding and showing it", "", ("tags", "trigger", "showcases")),
    _Plan(
        "using",
        "Using it",
        "",
        (
            "requirements",
            "instruct_format",
            "settings",
            "context_window",
            "interaction_modes",
            "capabilities",
        ),
    ),
)
_OTHERS: Final = _Plan(
    "more", "Rarely needed", "", ("text_model_group", "name_schema_exception", "finetune_series")
)

MINOR_NAMES: Final = frozenset(
    {
        # of a file
        "content_hash",
        "file_purpose",
        "known_slow_download",
        # of a licence
        "license_ids",
        "attribution",
        "reviewed_by",
        "reviewed_at",
        "notes",
        "files",
        # of a claim
        "sources",
        "qualification",
    }
)
"""Members of groups that are folded away within their group."""


def sections_of(form: Group) -> tuple[Section, ...]:
    """Return all fields of a form in sections; those that no section names are in the last one."""
    waiting = dict(_pieces(form))
    sections = [
        _section(plan, {name: waiting.pop(name) for name in plan.names if name in waiting}) for plan in _PLANS
    ]
    first = {name: waiting.pop(name) for name in _OTHERS.names if name in waiting}
    sections.append(_section(_OTHERS, first | waiting, is_folded=True))
    return tuple(section for section in sections if section.members)


def _pieces(form: Group) -> Iterator[tuple[str, Node]]:
    # The files are for everybody, what else stands beside them for few.
    for member in form.members:
        if isinstance(member, Group) and member.name == "config":
            yield from ((f"config.{part.name}", part) for part in member.members)
        else:
            yield member.name, member


def _section(plan: _Plan, members: dict[str, Node], *, is_folded: bool = False) -> Section:
    title, about = plan.title, plan.about
    only = next(iter(members.values())) if len(members) == 1 else None
    if only is not None and not isinstance(only, Field) and not about:
        title, about = only.label, only.help
    return Section(
        key=plan.key, title=title, about=about, members=tuple(members.items()), is_folded=is_folded
    )
