"""What speaks against a model, alone and in its group (spec 13)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from horde_model_reference.catalog.deletion_risk import (
    PRESETS,
    CategoryDeletionRisk,
    DatedDeletionRisk,
    RiskPolicy,
)
from horde_model_reference.catalog.deletion_risk_report import RiskPage, RiskSelection, list_risks, risk_page
from horde_model_reference.catalog.live import Usage
from horde_model_reference.catalog.live_join import BackendVariation, ModelLiveStatistics
from horde_model_reference.catalog.reference_models import reference_model
from horde_model_reference.domain.categories import Category

TEXT, IMAGE = Category.text_generation, Category.image_generation
GIB = 1024**3
GOOD_URL = "https://huggingface.co/f"


def live(workers: int = 0, *, usage: Usage | None = None) -> ModelLiveStatistics:
    return ModelLiveStatistics(
        queued_jobs=None,
        performance=None,
        eta=None,
        queued=None,
        usage_stats=usage,
        worker_summaries=None,
        backend_variations=None,
        observed_at=1,
        worker_count=workers,
    )


def used(month: int, *, day: int = 1, total: int | None = None) -> Usage:
    return Usage(day=day, month=month, total=month if total is None else total)


def a_record(*urls: str, **fields: Any) -> dict[str, Any]:
    files = [{"file_name": "f", "file_url": url} for url in urls or (GOOD_URL,)]
    return {"description": "d", "baseline": "b", "nsfw": False, "config": {"download": files}} | fields


def report(
    category: Category,
    found: Mapping[str, tuple[dict[str, Any], ModelLiveStatistics]],
    policy: RiskPolicy | None = None,
    **query: Any,
) -> CategoryDeletionRisk:
    models = [reference_model(category, name, record) for name, (record, _) in found.items()]
    joined = {name: statistics for name, (_, statistics) in found.items()}
    page = {name: query.pop(name) for name in ("limit", "offset") if name in query}
    risks = list_risks(category, models, joined, RiskSelection(**query), policy or RiskPolicy())
    return risk_page(risks, RiskPage(**page))


def flags_of(record: dict[str, Any], statistics: ModelLiveStatistics, category: Category = IMAGE) -> set[str]:
    (model,) = report(category, {"a": (record, statistics)}).models
    flags = model.deletion_risk_flags
    return {name for name in flags.__dataclass_fields__ if getattr(flags, name)}


def test_a_used_and_well_kept_model_has_no_flag() -> None:
    assert flags_of(a_record(), live(1, usage=used(5))) == set()


def test_unknown_usage_is_not_the_same_as_none() -> None:
    assert flags_of(a_record(), live(1)) == set()
    assert flags_of(a_record(), live(1, usage=Usage(total=9))) == {"zero_usage_day", "zero_usage_month"}


@pytest.mark.parametrize(
    ("urls", "flag"),
    [
        (("no address",), "no_download_urls"),
        (("//host.only/f",), "no_download_urls"),
        ((GOOD_URL, "https://cdn.huggingface.co/g"), "has_multiple_hosts"),
        (("https://elsewhere.example/f",), "has_non_preferred_host"),
        ((GOOD_URL, "http://[broken"), "has_unknown_host"),
    ],
)
def test_where_the_files_lie_is_looked_at_for_images_only(urls: tuple[str, ...], flag: str) -> None:
    assert flags_of(a_record(*urls), live(1)) == {flag}
    assert flags_of(a_record(*urls), live(1), TEXT) == set()


def test_hosts_of_text_models_count_when_the_policy_says_so() -> None:
    found = {"a": (a_record("https://elsewhere.example/f"), live(1))}

    (model,) = report(TEXT, found, RiskPolicy(text_ignores_hosts=False)).models

    assert model.has_warning


@pytest.mark.parametrize("description", [None, "", "  ", 5])
def test_a_blank_description_is_missing(description: object) -> None:
    assert flags_of(a_record(description=description), live(1)) == {"missing_description"}


def test_low_usage_is_a_share_of_the_category() -> None:
    found = {
        "big": (a_record(), live(1, usage=used(1_000_000))),
        "small": (a_record(), live(1, usage=used(64))),
        "enough": (a_record(), live(1, usage=used(66))),
    }

    models = {model.name: model.deletion_risk_flags.low_usage for model in report(IMAGE, found).models}

    assert models == {"big": False, "enough": False, "small": True}


def test_figures_are_rounded_as_recorded() -> None:
    found = {
        "a": (a_record(size_on_disk_bytes=3 * GIB), live(2, usage=used(100, day=33, total=300))),
        "b": (a_record(), live(1, usage=used(200))),
    }

    model = report(IMAGE, found).models[1]

    assert (model.size_gb, model.cost_benefit_score) == (3.0, 33.33)
    assert model.usage_percentage_of_category == 33.3333
    assert model.usage_trend.month_to_total_ratio == 100 / 300


def test_models_come_most_used_first_and_equals_in_storage_order() -> None:
    found = {name: (a_record(), live(usage=used(month))) for name, month in (("a", 1), ("b", 2), ("c", 1))}

    assert [model.name for model in report(IMAGE, found).models] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("category", "usage", "workers", "is_critical"),
    [
        (IMAGE, Usage(total=1), 0, True),
        (IMAGE, None, 0, False),
        (IMAGE, Usage(total=1), 1, False),
        (TEXT, None, 0, True),
        (TEXT, Usage(month=9), 0, True),
        (TEXT, Usage(month=10), 0, False),
        (TEXT, Usage(month=9), 1, False),
    ],
)
def test_what_is_critical_depends_on_the_category(
    category: Category, usage: Usage | None, workers: int, is_critical: bool
) -> None:
    (model,) = report(category, {"a": (a_record(), live(workers, usage=usage))}).models

    assert model.is_critical is is_critical


def test_the_summary_describes_all_pages() -> None:
    found = {str(number): (a_record(), live(usage=used(number + 1))) for number in range(5)}

    page = report(IMAGE, found, limit=2, offset=1)

    assert [model.name for model in page.models] == ["3", "2"]
    assert (page.total_count, page.returned_count, page.offset, page.limit) == (5, 2, 1, 2)
    assert page.summary.total_models == 5
    assert page.summary.category_total_month_usage == page.category_total_month_usage == 15


def test_without_a_page_the_total_is_that_of_the_category_also_with_a_preset() -> None:
    found = {"a": (a_record(), live(1)), "b": (a_record(), live(0))}

    assert report(IMAGE, found, preset="no_workers").total_count == 2
    assert report(IMAGE, found, preset="no_workers", limit=9).total_count == 1


@pytest.mark.parametrize(
    ("preset", "names"),
    [
        ("deletion_candidates", ["bare", "away", "idle"]),
        ("zero_usage", ["away", "idle"]),
        ("no_workers", ["idle"]),
        ("missing_data", ["bare"]),
        ("host_issues", ["away"]),
        ("critical", ["idle"]),
        ("low_usage", ["idle"]),
    ],
)
def test_a_preset_keeps_what_its_name_says(preset: str, names: list[str]) -> None:
    found = {
        "fine": (a_record(), live(1, usage=used(50))),
        "bare": (a_record(description=""), live(1, usage=used(40))),
        "away": (a_record("https://elsewhere.example/f"), live(1)),
        "idle": (a_record(), live(0, usage=Usage(total=5))),
    }

    assert [model.name for model in report(IMAGE, found, preset=preset).models] == names
    assert preset in PRESETS


def test_an_unknown_preset_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        report(IMAGE, {"a": (a_record(), live())}, preset="bogus")


def test_a_group_of_one_is_that_model_under_the_groups_name() -> None:
    found = {"a/Comet-8B": (a_record(), live(3, usage=used(5)))}

    (alone,), (grouped,) = report(TEXT, found).models, report(TEXT, found, grouped=True).models

    assert grouped == replace(alone, name="Comet")


def test_a_group_adds_usage_and_takes_the_most_workers() -> None:
    found = {
        "a/Comet-8B": (a_record(), live(3, usage=used(30, day=3, total=100))),
        "b/Comet-70B": (a_record(GOOD_URL, "https://x.example/f"), live(1, usage=used(10, day=5, total=10))),
    }

    (group,) = report(TEXT, found, grouped=True).models

    assert (group.name, group.worker_count, group.usage_month, group.usage_day) == ("Comet", 3, 40, 8)
    assert group.usage_percentage_of_category == 100.0
    assert group.usage_trend.day_to_month_ratio == pytest.approx((0.1 * 30 + 0.5 * 10) / 40)
    assert group.download_hosts == ["huggingface.co", "x.example"]
    assert group.download_count == 3


def test_a_group_has_every_flag_of_its_members_but_needs_all_their_descriptions() -> None:
    found = {
        "Comet-8B": (a_record(description=""), live(1, usage=used(5))),
        "Comet-70B": (a_record(baseline=None), live(0, usage=used(6))),
    }

    (group,) = report(TEXT, found, grouped=True).models

    flags = group.deletion_risk_flags
    assert (flags.missing_description, flags.missing_baseline, flags.no_active_workers) == (True, True, True)
    assert (group.risk_score, group.has_description, group.is_critical) == (3, False, False)
    assert group.baseline == "b"


def test_shares_of_a_group_never_exceed_the_whole() -> None:
    found = {f"Comet-{size}B": (a_record(), live(1, usage=used(7))) for size in range(1, 15)}

    (group,) = report(TEXT, found, grouped=True).models

    assert group.usage_percentage_of_category == 100.0


def test_groups_come_most_used_first() -> None:
    found = {
        "Alone-8B": (a_record(), live(1, usage=used(50))),
        "Comet-8B": (a_record(), live(1, usage=used(40))),
        "Comet-70B": (a_record(), live(1, usage=used(30))),
    }

    grouped = report(TEXT, found, grouped=True)

    assert [model.name for model in grouped.models] == ["Comet", "Alone"]
    assert grouped.total_count == 3
    assert grouped.summary.average_risk_score == 0.0


EARLY, LATE = date(2026, 1, 2), date(2026, 3, 4)


@pytest.mark.parametrize(
    ("since", "of_group"),
    [
        ((EARLY, LATE), LATE),
        ((LATE, EARLY), LATE),
        ((EARLY, None), None),
        ((None, EARLY), None),
        ((EARLY,), EARLY),
        ((), None),
    ],
    ids=["early first", "late first", "second used", "first used", "no history of one", "no history"],
)
def test_a_group_is_unused_since_its_last_member_was_used(
    since: tuple[date | None, ...], of_group: date | None
) -> None:
    names = ["a/Comet-8B", "b/Comet-70B"]
    models = [reference_model(TEXT, name, a_record()) for name in names]
    joined = {name: live(1, usage=used(5)) for name in names}
    history = dict(zip(names, since, strict=False))

    risks = list_risks(TEXT, models, joined, RiskSelection(grouped=True), RiskPolicy())
    (group,) = risk_page(risks, RiskPage(), unused_since=history).models

    assert isinstance(group, DatedDeletionRisk)
    assert (group.name, group.unused_since) == ("Comet", of_group)


def test_images_are_never_grouped() -> None:
    found = {"Comet-8B": (a_record(), live()), "Comet-70B": (a_record(), live())}

    assert report(IMAGE, found, grouped=True) == report(IMAGE, found)


def test_backends_are_told_apart_where_they_are_known() -> None:
    variation = BackendVariation(
        backend="koboldcpp",
        variant_name="koboldcpp/a",
        worker_count=1,
        performance=2.0,
        queued=3,
        queued_jobs=4,
        eta=5,
        usage_day=6,
        usage_month=7,
        usage_total=8,
    )
    statistics = replace(live(), backend_variations={"koboldcpp": variation})

    (model,) = report(TEXT, {"a": (a_record(), statistics)}).models

    assert model.backend_variations is not None
    assert [(each.backend, each.usage_month) for each in model.backend_variations] == [("koboldcpp", 7)]
