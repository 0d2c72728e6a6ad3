"""Which models of a category might be dropped, and why (spec 13, deletion-risk)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from horde_model_reference.catalog.live import Usage
from horde_model_reference.catalog.live_join import BackendVariation, ModelLiveStatistics
from horde_model_reference.catalog.reference_models import DownloadFacts, ReferenceModel
from horde_model_reference.domain.categories import Category

_GIB = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPolicy:
    """The numbers that decide what counts as risk."""

    preferred_hosts: tuple[str, ...] = ("huggingface.co",)
    """A host is preferred where it contains one of these."""
    low_usage_percent: float = 0.0065
    """Image models below this share of the category's month are little used."""
    text_low_usage_percent: float = 0.02
    text_ignores_hosts: bool = True
    text_critical_usage: int = 10
    """Text models with fewer requests a month, and fewer workers than the next number, are critical."""
    text_critical_workers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionRiskFlags:
    """What speaks against a model; each true flag is one point of risk."""

    zero_usage_day: bool = False
    zero_usage_month: bool = False
    zero_usage_total: bool = False
    no_active_workers: bool = False
    has_multiple_hosts: bool = False
    has_non_preferred_host: bool = False
    has_unknown_host: bool = False
    no_download_urls: bool = False
    missing_description: bool = False
    missing_baseline: bool = False
    low_usage: bool = False

    @property
    def score(self) -> int:
        """Return the number of true flags, 0 to 11."""
        return sum(getattr(self, field.name) for field in fields(self))

    @property
    def has_host_issue(self) -> bool:
        """Return whether anything is wrong with where the files lie."""
        return (
            self.no_download_urls
            or self.has_multiple_hosts
            or self.has_non_preferred_host
            or self.has_unknown_host
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTrend:
    """How recent usage compares with older usage; None where there is no older one."""

    day_to_month_ratio: float | None = None
    month_to_total_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendVariationStats:
    """The use of a model through one backend."""

    backend: str
    variant_name: str
    worker_count: int
    performance: float | None
    usage_day: int
    usage_month: int
    usage_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDeletionRisk:
    """What speaks for and against one model, or one group of text models."""

    name: str
    category: Category
    deletion_risk_flags: DeletionRiskFlags
    at_risk: bool
    risk_score: int
    worker_count: int
    usage_day: int
    usage_month: int
    usage_total: int
    usage_hour: None = None
    usage_minute: None = None
    usage_percentage_of_category: float
    usage_trend: UsageTrend
    cost_benefit_score: float | None
    """Requests of the month for each GiB."""
    size_gb: float | None
    """Size in GiB; None for text models and where it isn't known."""
    baseline: str | None
    nsfw: bool | None
    has_description: bool
    download_count: int
    download_hosts: list[str]
    backend_variations: list[BackendVariationStats] | None
    is_critical: bool
    has_warning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedDeletionRisk(ModelDeletionRisk):
    """The same with what the usage history says."""

    unused_since: date | None
    """First recorded day of the present time without use; None where used of late, or nothing is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionRiskSummary:
    """A list of models in figures."""

    total_models: int
    models_at_risk: int
    models_critical: int
    models_with_warnings: int
    models_with_zero_day_usage: int
    models_with_zero_month_usage: int
    models_with_zero_total_usage: int
    models_with_no_active_workers: int
    models_with_no_downloads: int
    models_with_non_preferred_hosts: int
    models_with_multiple_hosts: int
    models_with_low_usage: int
    average_risk_score: float
    category_total_month_usage: int
    """Of the models in the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryDeletionRisk:
    """One page of the models of a category, the most used first, and a summary of all pages."""

    category: Category
    category_total_month_usage: int
    total_count: int
    """All models of the category; where only a page was asked for, the models of all pages."""
    returned_count: int
    offset: int
    limit: int | None
    models: list[DatedDeletionRisk | ModelDeletionRisk]
    summary: DeletionRiskSummary


PRESETS: Mapping[str, Callable[[ModelDeletionRisk], bool]] = {
    "deletion_candidates": lambda model: (
        model.at_risk or model.usage_percentage_of_category < 0.01 or model.worker_count == 0
    ),
    "zero_usage": lambda model: model.usage_month == 0,
    "no_workers": lambda model: model.worker_count == 0,
    "missing_data": lambda model: (
        model.deletion_risk_flags.missing_description or model.deletion_risk_flags.missing_baseline
    ),
    "host_issues": lambda model: model.deletion_risk_flags.has_host_issue,
    "critical": lambda model: model.is_critical,
    "low_usage": lambda model: model.deletion_risk_flags.low_usage,
}
"""The ready-made selections by name."""


class RiskAssessor:
    """Weighs the models of one category against the usage of the whole of it."""

    def __init__(self, category: Category, policy: RiskPolicy, *, month_of_category: int) -> None:
        self._category = category
        self._policy = policy
        self._is_text = category is Category.text_generation
        self._month_of_category = month_of_category

    def assess(self, model: ReferenceModel, live: ModelLiveStatistics) -> ModelDeletionRisk:
        """Return the entry of one record."""
        usage = live.usage_stats or Usage()
        size = None if self._is_text or model.size_bytes is None else model.size_bytes / _GIB
        flags = self._flags(model, live)
        return ModelDeletionRisk(
            name=model.name,
            category=self._category,
            deletion_risk_flags=flags,
            at_risk=flags.score > 0,
            risk_score=flags.score,
            worker_count=live.worker_count,
            usage_day=usage.day,
            usage_month=usage.month,
            usage_total=usage.total,
            usage_percentage_of_category=self.share(usage.month),
            usage_trend=UsageTrend(
                day_to_month_ratio=usage.day / usage.month if usage.month else None,
                month_to_total_ratio=usage.month / usage.total if usage.total else None,
            ),
            cost_benefit_score=round(usage.month / size, 2) if size else None,
            size_gb=round(size, 2) if size else None,
            baseline=model.baseline,
            nsfw=model.nsfw,
            has_description=model.has_description,
            download_count=model.downloads.entries,
            download_hosts=list(model.downloads.hosts),
            backend_variations=_variations(live.backend_variations),
            is_critical=self.is_critical(flags, usage_month=usage.month, worker_count=live.worker_count),
            has_warning=flags.has_host_issue,
        )

    def share(self, month: int) -> float:
        """Return a month's usage as percentage of the category's, four decimals."""
        return round(month / self._month_of_category * 100, 4) if self._month_of_category else 0.0

    def is_critical(self, flags: DeletionRiskFlags, *, usage_month: int, worker_count: int) -> bool:
        """Tell whether hardly anything is lost with a model of these figures."""
        if self._is_text:
            return (
                usage_month < self._policy.text_critical_usage
                and worker_count < self._policy.text_critical_workers
            )
        return flags.zero_usage_month and flags.no_active_workers

    def _flags(self, model: ReferenceModel, live: ModelLiveStatistics) -> DeletionRiskFlags:
        usage = live.usage_stats
        files = model.downloads
        checks_hosts = not (self._is_text and self._policy.text_ignores_hosts)
        return DeletionRiskFlags(
            # Without any figures nothing is known of the usage, which is not the same as none (spec 13).
            zero_usage_day=usage is not None and usage.day == 0,
            zero_usage_month=usage is not None and usage.month == 0,
            zero_usage_total=usage is not None and usage.total == 0,
            no_active_workers=live.worker_count == 0,
            has_multiple_hosts=checks_hosts and len(files.hosts) > 1,
            has_non_preferred_host=checks_hosts and self._lies_elsewhere(files),
            has_unknown_host=checks_hosts and files.has_broken_url,
            no_download_urls=checks_hosts and not files.has_valid_url,
            missing_description=not model.has_description,
            missing_baseline=not model.baseline,
            low_usage=usage is not None and self._is_low(usage.month),
        )

    def _lies_elsewhere(self, files: DownloadFacts) -> bool:
        preferred = self._policy.preferred_hosts
        return files.has_valid_url and not any(name in host for host in files.hosts for name in preferred)

    def _is_low(self, month: int) -> bool:
        policy = self._policy
        threshold = policy.text_low_usage_percent if self._is_text else policy.low_usage_percent
        return self._month_of_category > 0 and month / self._month_of_category * 100 < threshold


def month_usage(joined: Iterable[ModelLiveStatistics]) -> int:
    """Return the requests of the month to all models together."""
    return sum(live.usage_stats.month for live in joined if live.usage_stats is not None)


def by_usage(models: Iterable[ModelDeletionRisk]) -> list[ModelDeletionRisk]:
    """Return models by the usage of the month, most first; equals keep their order."""
    return sorted(models, key=lambda model: model.usage_month, reverse=True)


def summarise(models: Sequence[ModelDeletionRisk]) -> DeletionRiskSummary:
    """Return a list of models in figures."""

    def flagged(flag: str) -> int:
        return sum(getattr(model.deletion_risk_flags, flag) for model in models)

    scores = sum(model.risk_score for model in models)
    return DeletionRiskSummary(
        total_models=len(models),
        models_at_risk=sum(model.at_risk for model in models),
        models_critical=sum(model.is_critical for model in models),
        models_with_warnings=sum(model.has_warning for model in models),
        models_with_zero_day_usage=flagged("zero_usage_day"),
        models_with_zero_month_usage=flagged("zero_usage_month"),
        models_with_zero_total_usage=flagged("zero_usage_total"),
        models_with_no_active_workers=flagged("no_active_workers"),
        models_with_no_downloads=flagged("no_download_urls"),
        models_with_non_preferred_hosts=flagged("has_non_preferred_host"),
        models_with_multiple_hosts=flagged("has_multiple_hosts"),
        models_with_low_usage=flagged("low_usage"),
        average_risk_score=round(scores / len(models), 2) if models else 0.0,
        category_total_month_usage=sum(model.usage_month for model in models),
    )


def _variations(
    variations: Mapping[str, BackendVariation] | None,
) -> list[BackendVariationStats] | None:
    if variations is None:
        return None
    return [
        BackendVariationStats(
            backend=each.backend,
            variant_name=each.variant_name,
            worker_count=each.worker_count,
            performance=each.performance,
            usage_day=each.usage_day,
            usage_month=each.usage_month,
            usage_total=each.usage_total,
        )
        for each in variations.values()
    ]
