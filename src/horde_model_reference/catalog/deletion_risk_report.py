"""The deletion risk of a category as asked for: grouped, selected, cut into pages (spec 13)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial

from horde_model_reference.catalog.deletion_risk import (
    PRESETS,
    CategoryDeletionRisk,
    DatedDeletionRisk,
    DeletionRiskFlags,
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
from horde_model_reference.formats.text_names import suggested_group


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionRiskQuery:
    """Which models to list, and how; ``preset`` is a name in `PRESETS` or None."""

    grouped: bool = False
    """One entry for each group of text models; of no effect on others."""
    with_variations: bool = False
    """Tell the backends apart; of text models that aren't grouped only."""
    preset: str | None = None
    limit: int | None = None
    offset: int = 0
    with_history: bool = False
    """Say since when a model has not been used."""


def deletion_risk_report(
    category: Category,
    models: Sequence[ReferenceModel],
    joined: Mapping[str, ModelLiveStatistics],
    query: DeletionRiskQuery,
    policy: RiskPolicy,
    *,
    unused_since: Mapping[str, date | None] | None = None,
) -> CategoryDeletionRisk:
    """Return the models that a query asks for, the most used first.

    ``unused_since`` says by model what the usage history has; without it nothing is said of that.

    Raises:
        KeyError: There is no such preset.
    """
    month = month_usage(joined.values())
    assessor = RiskAssessor(category, policy, month_of_category=month)
    entries = by_usage(assessor.assess(model, joined[model.name]) for model in models)
    is_grouped = query.grouped and category is Category.text_generation
    if is_grouped:
        entries = by_usage(_grouped(entries, [model.name for model in models], assessor))
    if query.preset is not None:
        entries = list(filter(PRESETS[query.preset], entries))
    end = None if query.limit is None else query.offset + query.limit
    page: list[DatedDeletionRisk | ModelDeletionRisk] = [*entries[query.offset : end]]
    if unused_since is not None:
        dates = _dates_of_groups(models, unused_since) if is_grouped else unused_since
        page = [_dated(entry, dates.get(entry.name)) for entry in page]
    is_paged = query.limit is not None or query.offset > 0
    return CategoryDeletionRisk(
        category=category,
        category_total_month_usage=month,
        total_count=len(entries) if is_paged else len(models),
        returned_count=len(page),
        offset=query.offset,
        limit=query.limit,
        models=page,
        summary=summarise(entries),
    )


def _grouped(
    entries: Iterable[ModelDeletionRisk], storage_order: Iterable[str], assessor: RiskAssessor
) -> list[ModelDeletionRisk]:
    """Return one entry for each group, in the storage order of the first members."""
    by_name = {entry.name: entry for entry in entries}
    groups: dict[str, list[ModelDeletionRisk]] = {}
    for name in storage_order:
        groups.setdefault(suggested_group(name), []).append(by_name[name])
    merge = partial(_merged, assessor=assessor)
    return [merge(group, members) for group, members in groups.items()]


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


def _dates_of_groups(
    models: Iterable[ReferenceModel], unused_since: Mapping[str, date | None]
) -> dict[str, date | None]:
    """Return since when no member of a group has been used; members without a history don't count."""
    dates: dict[str, date | None] = {}
    for model in models:
        if model.name in unused_since:
            group, since = suggested_group(model.name), unused_since[model.name]
            known = dates.setdefault(group, since)
            dates[group] = max(known, since) if known is not None and since is not None else None
    return dates


def _dated(entry: ModelDeletionRisk, unused_since: date | None) -> DatedDeletionRisk:
    values = {field.name: getattr(entry, field.name) for field in fields(ModelDeletionRisk)}
    return DatedDeletionRisk(**values, unused_since=unused_since)


def _any_flag(flags: Sequence[DeletionRiskFlags]) -> DeletionRiskFlags:
    names = [field.name for field in fields(DeletionRiskFlags)]
    return DeletionRiskFlags(**{name: any(getattr(each, name) for each in flags) for name in names})


def _weighted(ratios: Sequence[tuple[float | None, ModelDeletionRisk]]) -> float | None:
    """Return the mean ratio, weighted by the month's usage of all; ratios of zero add nothing (spec 13)."""
    weight = sum(member.usage_month for _, member in ratios)
    known = [(ratio, member.usage_month) for ratio, member in ratios if ratio]
    return sum(ratio * month for ratio, month in known) / weight if known and weight else None
