"""Live data joined to records (spec 13)."""

from collections.abc import Mapping

import pytest

from horde_model_reference.catalog.live import (
    LiveModels,
    ModelStatus,
    StatusTable,
    Usage,
    UsageTable,
    WorkerListing,
    WorkerSummary,
    WorkerTable,
    WorkKind,
)
from horde_model_reference.catalog.live_join import ModelLiveStatistics, WithStatsQuery, join, with_stats
from horde_model_reference.catalog.live_names import usage_key, without_quantisation
from horde_model_reference.catalog.reference_models import reference_model
from horde_model_reference.domain.categories import Category

TEXT, IMAGE = Category.text_generation, Category.image_generation


def a_status(name: str, count: int = 1, **fields: int) -> ModelStatus:
    figures = {"queued": 0, "queued_jobs": 0, "eta": 0} | fields
    return ModelStatus(name=name, worker_count=count, performance=1.5, **figures)


def a_listing(worker_id: str, *models: str) -> WorkerListing:
    summary = WorkerSummary(
        id=worker_id,
        name=worker_id,
        performance="fast",
        online=False,
        trusted=True,
        uptime=1,
        max_length=None,
        max_context_length=None,
        bridge_agent="a",
        nsfw=False,
    )
    return WorkerListing(summary=summary, models=models)


def live_of(
    kind: WorkKind,
    *status: ModelStatus,
    month: Mapping[str, int] | None = None,
    workers: tuple[WorkerListing, ...] | None = None,
) -> LiveModels:
    usage = {name: Usage(month=count) for name, count in (month or {}).items()}
    return LiveModels(
        kind=kind,
        status=StatusTable(status),
        usage=UsageTable(kind, usage),
        workers=None if workers is None else WorkerTable(workers),
        fetched_at=1_700_000_000,
    )


def joined(
    category: Category, names: tuple[str, ...], live: LiveModels, *, with_variations: bool = False
) -> dict[str, ModelLiveStatistics]:
    models = [reference_model(category, name, {}) for name in names]
    return join(models, live, with_variations=with_variations)


def month_of(statistics: ModelLiveStatistics) -> int | None:
    return None if statistics.usage_stats is None else statistics.usage_stats.month


def test_letter_case_does_not_count() -> None:
    live = live_of(WorkKind.image, a_status("dreamshaper", 5), month={"DREAMSHAPER": 7})

    found = joined(IMAGE, ("Dreamshaper",), live)["Dreamshaper"]

    assert (found.worker_count, month_of(found)) == (5, 7)


def test_the_status_is_that_of_the_busiest_backend_and_no_sum() -> None:
    live = live_of(WorkKind.text, a_status("aphrodite/a/Tutu-24B", 6), a_status("koboldcpp/Tutu-24B", 4))

    found = joined(TEXT, ("a/Tutu-24B",), live)["a/Tutu-24B"]

    assert found.worker_count == 6


def test_usage_is_summed_over_backends_and_quantised_spellings() -> None:
    months = {
        "koboldcpp/Comet-8B": 1,
        "koboldcpp/Comet-8B-Q4_K_M": 2,
        "aphrodite/a/Comet-8B": 4,
        "a/Comet-8B": 8,
    }

    found = joined(TEXT, ("a/Comet-8B",), live_of(WorkKind.text, month=months))["a/Comet-8B"]

    assert month_of(found) == 15


def test_members_of_a_family_have_their_own_usage() -> None:
    live = live_of(WorkKind.text, month={"koboldcpp/Comet-8B": 10, "koboldcpp/Comet-70B": 3})

    found = joined(TEXT, ("a/Comet-8B", "a/Comet-70B", "a/Comet-1B"), live)

    assert [month_of(model) for model in found.values()] == [10, 3, None]


def test_unrelated_image_models_do_not_share_their_usage() -> None:
    live = live_of(WorkKind.image, month={"Anything v3": 3, "Anything v5": 5, "Anything v3-fp16": 9})

    found = joined(IMAGE, ("Anything v3", "Anything v5"), live)

    assert [month_of(model) for model in found.values()] == [3, 5]


def test_usage_under_the_full_name_of_one_model_is_not_given_to_another_of_that_last_segment() -> None:
    live = live_of(
        WorkKind.text, month={"aphrodite/acme/Comet-8B": 10, "aphrodite/uploader/Comet-8B-GPTQ": 1}
    )

    found = joined(TEXT, ("acme/Comet-8B", "cedar/Comet-8B"), live)

    assert [month_of(model) for model in found.values()] == [11, 1]


def test_a_model_that_nobody_used_has_no_usage() -> None:
    live = live_of(WorkKind.image, a_status("Idle", 0), month={"Idle": 0})

    found = joined(IMAGE, ("Idle",), live)["Idle"]

    assert found.usage_stats is None
    assert found.queued == 0


def test_a_model_that_the_ai_horde_does_not_list_has_no_figures() -> None:
    found = joined(IMAGE, ("Unknown",), live_of(WorkKind.image))["Unknown"]

    assert (found.queued_jobs, found.performance, found.eta, found.queued) == (None,) * 4
    assert found.worker_count == 0
    assert found.observed_at == 1_700_000_000


def test_workers_count_where_any_lists_the_model_also_under_a_backend_name() -> None:
    live = live_of(
        WorkKind.text,
        a_status("koboldcpp/Comet-8B", 9),
        workers=(a_listing("w1", "KOBOLDCPP/comet-8b"), a_listing("w2", "a/Comet-8B"), a_listing("w3", "b")),
    )

    found = joined(TEXT, ("a/Comet-8B",), live)["a/Comet-8B"]

    assert found.worker_summaries is not None
    assert list(found.worker_summaries) == ["w2", "w1"]
    assert found.worker_count == 2


def test_without_a_listing_worker_the_count_is_that_of_the_status() -> None:
    live = live_of(WorkKind.image, a_status("Lonely", 4), workers=())

    found = joined(IMAGE, ("Lonely",), live)["Lonely"]

    assert (found.worker_summaries, found.worker_count) == (None, 4)


def test_variations_tell_the_backends_apart() -> None:
    live = live_of(
        WorkKind.text,
        a_status("koboldcpp/comet-8b", 2, queued=5, queued_jobs=1, eta=9),
        month={"koboldcpp/Comet-8B-Q8_0": 7, "aphrodite/a/Comet-8B": 3},
    )

    found = joined(TEXT, ("a/Comet-8B",), live, with_variations=True)["a/Comet-8B"]

    assert found.backend_variations is not None
    assert list(found.backend_variations) == ["aphrodite", "koboldcpp"]
    by_aphrodite, by_koboldcpp = found.backend_variations.values()
    assert (by_koboldcpp.variant_name, by_koboldcpp.usage_month) == ("koboldcpp/comet-8b", 7)
    assert (by_koboldcpp.worker_count, by_koboldcpp.queued, by_koboldcpp.eta) == (2, 5, 9)
    assert (by_aphrodite.variant_name, by_aphrodite.queued) == ("aphrodite/a/Comet-8B", None)


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("X-Q4_K_M", "X"),
        ("X_q8_0", "X"),
        ("X-Q6", "X"),
        ("X-GGUF-Q4_K_M", "X"),
        ("X-Q4_K_M-GGUF", "X-Q4_K_M"),
        ("X-fp16", "X"),
        ("XQ4_0", "XQ4_0"),
        ("X-Q9_0", "X-Q9_0"),
    ],
)
def test_quantisation_suffixes_are_tried_once_each_in_their_order(name: str, rest: str) -> None:
    assert without_quantisation(name) == rest


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a/Comet-8B", (None, "comet-8b")),
        ("aphrodite/a/Comet-8B-AWQ", ("aphrodite/", "comet-8b")),
        ("KoboldCPP/Comet-8B", ("koboldcpp/", "comet-8b")),
        ("gpt2-xl", (None, "gpt2-xl")),
    ],
)
def test_usage_goes_by_backend_and_last_segment(name: str, key: tuple[str | None, str]) -> None:
    assert usage_key(name) == key


def test_sorting_is_stable_and_largest_first_by_default() -> None:
    live = live_of(WorkKind.image, a_status("b", 2), a_status("c", 2), a_status("d", 5))
    found = joined(IMAGE, ("a", "b", "c", "d"), live)

    ordered = with_stats(found, WithStatsQuery(sort_by="worker_count"))

    assert list(ordered) == ["d", "b", "c", "a"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (WithStatsQuery(), ["B", "a", "C"]),
        (WithStatsQuery(sort_by="bogus"), ["B", "a", "C"]),
        (WithStatsQuery(sort_by="usage_day"), ["B", "a", "C"]),
        (WithStatsQuery(sort_by="name", descending=False), ["a", "B", "C"]),
        (WithStatsQuery(sort_by="usage_month"), ["a", "B", "C"]),
        (WithStatsQuery(min_worker_count=1), ["B", "C"]),
        (WithStatsQuery(min_worker_count=1, sort_by="worker_count", descending=False), ["B", "C"]),
    ],
)
def test_a_query_selects_and_orders(query: WithStatsQuery, names: list[str]) -> None:
    live = live_of(WorkKind.image, a_status("B", 1), a_status("C", 2), month={"a": 3})
    found = joined(IMAGE, ("B", "a", "C"), live)

    assert list(with_stats(found, query)) == names
