"""What is odd about a group of text models (spec 03 §9)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from horde_model_reference.catalog.text_groups import TextGroup, TextGroups

Severity = Literal["info", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHealthIssue:
    """One thing that is odd; the message is for people."""

    group_name: str
    issue_type: str
    message: str
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHealth:
    """The issues of all groups, in the order of the groups."""

    issues: list[GroupHealthIssue]
    total_groups_checked: int
    groups_with_issues: int
    issue_counts_by_type: dict[str, int]


def groups_health(groups: TextGroups) -> GroupHealth:
    """Return everything that is odd about the groups."""
    issues = [issue for group in groups for issue in group.made(group_issues)]
    return GroupHealth(
        issues=issues,
        total_groups_checked=len(groups),
        groups_with_issues=len({issue.group_name for issue in issues}),
        issue_counts_by_type=dict(Counter(issue.issue_type for issue in issues)),
    )


def group_issues(group: TextGroup) -> list[GroupHealthIssue]:
    """Return what is odd about the models of a group; duplicates under backend names don't count."""
    return [
        GroupHealthIssue(group_name=group.name, issue_type=issue_type, message=message, severity=severity)
        for issue_type, severity, message in _issues(group)
    ]


def _issues(group: TextGroup) -> Iterator[tuple[str, Severity, str]]:
    members = group.canonical
    baselines = {member.baseline for member in members if member.baseline}
    if len(members) == 1:
        yield "singleton_group", "info", "Group currently contains one canonical model"
    if len(baselines) > 1:
        told = ", ".join(sorted(baselines))
        yield "inconsistent_baseline", "warning", f"Members have different baselines: {told}"
    if {True, False} <= {member.nsfw for member in members}:
        yield "inconsistent_nsfw", "warning", "Some members are NSFW, others are not"
    if missing := sum(not member.baseline for member in members):
        yield "missing_baseline", "warning", f"{missing} member(s) missing baseline"
    if missing := sum(not member.has_description for member in members):
        yield "missing_description", "info", f"{missing} member(s) missing description"
