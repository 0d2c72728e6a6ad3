"""The deletion risk of a category as asked for: grouped, selected, cut into pages (spec 13)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from horde_model_reference.catalog.deletion_risk import (
    PRESETS,
    CategoryDeletionRisk,
    DatedDeletionRisk,
    DeletionRiskFlags,
    DeletionRiskSummary,
    ModelDeletionRisk,
    RiskAssessor,
    RiskPolicy,
    UsageTrend,
    by_usage,
    month_usage,
    summarise,
)
from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.catalog.reference_models import ReferenceModel
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.text_aliases import NO_ALIASES, GroupAliases
from horde_model_reference.formats.text_names import suggested_group


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSelection:
    """Which models to list; ``preset`` is a name in `PRESETS` or None."""

    grouped: bool = False
    """One entry for each group of text models; of no effect on others."""
    with_variations: bool = False
    """Tell the backends apart; of text models that aren't grouped only."""
    preset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPage:
    """What to show of a list."""

    limit: int | None = None
    offset: int = 0
    with_history: bool = False
    """Say since when a model has not been used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskList:
    """The selected models of a category, the most used first."""

    category: Category
    category_month: int
    model_count: int
    """All models of the category."""
    entries: Sequence[ModelDeletionRisk]
    members: Mapping[str, Sequence[str]]
    """By group the names of its models; empty where nothing is grouped."""
    summary: DeletionRiskSummary


def list_risks(
    category: Category,
    models: Sequence[ReferenceModel],
    joined: Mapping[str, ModelLiveStatistics],
    selection: RiskSelection,
    policy: RiskPolicy,
    *,
    aliases: GroupAliases = NO_ALIASES,
) -> RiskList:
    """Return the models that are selected; ``aliases`` say which groups are one under several names.

    Raises:
        KeyError: There is no such preset.
    """
    month = month_usage(joined.values())
    assessor = RiskAssessor(category, policy, month_of_category=month)
    entries = by_usage(assessor.assess(model, joined[model.name]) for model in models)
    members: dict[str, list[str]] = {}
    if selection.grouped and category is Category.text_generation:
        for model in models:
            group = aliases.resolve(suggested_group(model.name))
            members.setdefault(group, []).append(model.name)
        entries = by_usage(_grouped(entries, members, assessor))
    if selection.preset is not None:
        entries = list(filter(PRESETS[selection.preset], entries))
    return RiskList(
        category=category,
        category_month=month,
        model_count=len(models),
        entries=entries,
        members=members,
        summary=summarise(entries),
    )


def risk_page(
    risks: RiskList, page: RiskPage, *, unused_since: Mapping[str, date | None] | None = None
) -> CategoryDeletionRisk:
    """Return a page of a list.

    ``unused_since`` says by model what the usage history has; without it nothing is said of that.
    """
    end = None if page.limit is None else page.offset + page.limit
    shown: list[DatedDeletionRisk | ModelDeletionRisk] = [*risks.entries[page.offset : end]]
    if unused_since is not None:
        shown = [_dated(entry, risks.members.get(entry.name, (entry.name,)), unused_since) for entry in shown]
    is_paged = page.limit is not None or page.offset > 0
    return CategoryDeletionRisk(
        category=risks.category,
        category_total_month_usage=risks.category_month,
        total_count=len(risks.entries) if is_paged else risks.model_count,
        returned_count=len(shown),
        offset=page.offset,
        limit=page.limit,
        models=shown,
        summary=risks.summary,
    )


def _grouped(
    entries: Iterable[ModelDeletionRisk], members: Mapping[str, Sequence[str]], assessor: RiskAssessor
) -> list[ModelDeletionRisk]:
    """Return one entry for each group, in the storage order of the first members."""
    by_name = {entry.name: entry for entry in entries}
    return [
        _merged(group, [by_name[name] for name in names], assessor=assessor)
        for group, names in members.items()
    ]


def _merged(group: str, members: Sequence[ModelDeletionRisk], *, assessor: RiskAssessor) -> ModelDeletionRisk:
    first = members[0]
    if len(members) == 1:
        return replace(first, name=group)
    flags = _any_flag([member.deletion_risk_flags for member in members])
    month = sum(member.usage_month for member in members)
    workers = max(member.worker_count for member in members)
    sizes = [member.size_gb for member in members if member.size_gb is not None]
    size = sum(sizes) / len(sizes) if sizes else None
    return replace(
        first,
        name=group,
        deletion_risk_flags=flags,
        at_risk=flags.score > 0,
        risk_score=flags.score,
        worker_count=workers,
        usage_day=sum(member.usage_day for member in members),
        usage_month=month,
        usage_total=sum(member.usage_total for member in members),
        # From the sum: rounded shares of the members may add up to more than 100.
        usage_percentage_of_category=assessor.share(month),
        usage_trend=UsageTrend(
            day_to_month_ratio=_weighted([(each.usage_trend.day_to_month_ratio, each) for each in members]),
            month_to_total_ratio=_weighted(
                [(each.usage_trend.month_to_total_ratio, each) for each in members]
            ),
        ),
        cost_benefit_score=round(month / size, 2) if size else None,
        size_gb=None if size is None else round(size, 2),
        has_description=all(member.has_description for member in members),
        download_count=sum(member.download_count for member in members),
        download_hosts=list(dict.fromkeys(host for member in members for host in member.download_hosts)),
        backend_variations=None,
        is_critical=assessor.is_critical(flags, usage_month=month, worker_count=workers),
        has_warning=flags.has_host_issue,
    )


def _dated(
    entry: ModelDeletionRisk, members: Iterable[str], unused_since: Mapping[str, date | None]
) -> DatedDeletionRisk:
    """Say since when none of the members has been used; those without a history don't count."""
    known = [unused_since[name] for name in members if name in unused_since]
    dates = [each for each in known if each is not None]
    values = {field.name: getattr(entry, field.name) for field in fields(ModelDeletionRisk)}
    return DatedDeletionRisk(
        **values, unused_since=max(dates) if dates and len(dates) == len(known) else None
    )


def _any_flag(flags: Sequence[DeletionRiskFlags]) -> DeletionRiskFlags:
    names = [field.name for field in fields(DeletionRiskFlags)]
    return DeletionRiskFlags(**{name: any(getattr(each, name) for each in flags) for name in names})


def _weighted(ratios: Sequence[tuple[float | None, ModelDeletionRisk]]) -> float | None:
    """Return the mean ratio, weighted by the month's usage of all; ratios of zero add nothing (spec 13)."""
    weight = sum(member.usage_month for _, member in ratios)
    known = [(ratio, member.usage_month) for ratio, member in ratios if ratio]
    return sum(ratio * month for ratio, month in known) / weight if known and weight else None
