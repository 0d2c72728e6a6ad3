"""Which models might be dropped, and why, as a chart and a table."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

from horde_model_reference.catalog.deletion_risk import DeletionRiskFlags, ModelDeletionRisk
from horde_model_reference.catalog.deletion_risk_report import RiskList
from horde_model_reference.service.web.charts.bars import BarChart, Count, bar_chart

PRESET_LABELS: Final[dict[str, str]] = {
    "": "All models",
    "deletion_candidates": "Deletion candidates",
    "critical": "Critical: hardly anything would be lost",
    "zero_usage": "Not used this month, or not counted",
    "no_workers": "Without a worker",
    "low_usage": "Little used",
    "host_issues": "Trouble with file hosts",
    "missing_data": "Description or baseline missing",
}
FLAG_LABELS: Final[dict[str, str]] = {
    "zero_usage_day": "not used today",
    "zero_usage_month": "not used this month",
    "zero_usage_total": "never used",
    "no_active_workers": "no worker",
    "has_multiple_hosts": "several hosts",
    "has_non_preferred_host": "unusual host",
    "has_unknown_host": "unreadable address",
    "no_download_urls": "no address",
    "missing_description": "no description",
    "missing_baseline": "no baseline",
    "low_usage": "little used",
}
PAGE_LENGTH: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRow:
    """One model with what speaks against it."""

    name: str
    score: int
    reasons: tuple[str, ...]
    is_critical: bool
    worker_count: int
    used_in_month: int | None
    """None where nobody counted."""


def reasons_chart(risks: RiskList) -> BarChart | None:
    """Return how many models have each thing against them, the most frequent first."""
    counts = [
        Count(
            label=label,
            count=sum(getattr(each.deletion_risk_flags, flag) for each in risks.entries),
            kind="warn",
        )
        for flag, label in FLAG_LABELS.items()
    ]
    ordered = sorted((each for each in counts if each.count), key=lambda each: -each.count)
    return bar_chart(ordered, total=len(risks.entries))


def scores_chart(risks: RiskList) -> BarChart | None:
    """Return how many models have how many things against them."""
    scores = [each.risk_score for each in risks.entries]
    counts = [
        Count(label=_score_label(score), count=scores.count(score), kind=_score_kind(score))
        for score in range(max(scores, default=0) + 1)
    ]
    return bar_chart(counts, total=len(scores))


def risk_rows(entries: Sequence[ModelDeletionRisk]) -> list[RiskRow]:
    """Return models with the most against them first, the least used of equals first."""
    ordered = sorted(entries, key=lambda each: (-each.risk_score, each.usage_month))
    return [
        RiskRow(
            name=each.name,
            score=each.risk_score,
            reasons=_reasons(each.deletion_risk_flags),
            is_critical=each.is_critical,
            worker_count=each.worker_count,
            used_in_month=_used_in_month(each),
        )
        for each in ordered
    ]


def _used_in_month(risk: ModelDeletionRisk) -> int | None:
    """Return the uses of a month; what is not known to be 0 is no reason against a model."""
    is_known = risk.usage_month > 0 or risk.deletion_risk_flags.zero_usage_month
    return risk.usage_month if is_known else None


def _reasons(flags: DeletionRiskFlags) -> tuple[str, ...]:
    return tuple(FLAG_LABELS[field.name] for field in fields(flags) if getattr(flags, field.name))


def _score_label(score: int) -> str:
    return "nothing against it" if score == 0 else "one thing" if score == 1 else f"{score} things"


def _score_kind(score: int) -> str:
    return "good" if score == 0 else "warn" if score < 4 else "bad"
