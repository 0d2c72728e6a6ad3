"""What a change costs in a large registry and in a long queue.

Everything that a worker does is measured: the steps of the review, their transactions, and making the new
state readable.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from benchmarks.synthetic import model_name, write_image_models
from benchmarks.table import Row, limited
from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import ChangeFilter, Operation
from horde_model_reference.formats.reference_files import find_reference_files
from horde_model_reference.review.applying import apply_one, new_job
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.steps import Decision, decide, propose
from horde_model_reference.store.importing import import_files
from horde_model_reference.store.store import Store

_FEW, _MANY = 161, 100_000
_LONG_QUEUE = 10_000
_CHANGES = 40
_CATEGORY = Category.image_generation
_AUTHOR = Actor(user_id="1", username="Author#1", roles=frozenset({Role.requestor}))
_APPROVER = Actor(user_id="2", username="Approver#2", roles=frozenset({Role.approver}))
_RULES = ReviewRules()


def applying(folder: Path) -> Row:
    """Compare what applying a change takes with many records and with as many as there are today."""
    few = _costs_of_applying(folder / "apply-few", count=_FEW)
    many = _costs_of_applying(folder / "apply-many", count=_MANY)
    more = (_p95(many) - _p95(few)) * 1000
    what = f"apply one of {_MANY:,} records: p95 more than of {_FEW} ({_p95(few) * 1000:.1f} ms)"
    return limited("apply", what, value=more, unit="ms", most=50)


def proposing(folder: Path) -> Row:
    """Compare what proposing a change takes behind a long queue and in an empty one."""
    short, long = _costs_of_proposing(folder / "propose")
    growth = max(median(long) - median(short), 0) * 1000
    alone = f"{median(short) * 1000:.1f} ms"
    what = f"propose behind {_LONG_QUEUE:,} changes: median more than in an empty queue ({alone})"
    return limited("propose", what, value=growth, unit="ms", most=5)


def _costs_of_applying(folder: Path, *, count: int) -> list[float]:
    write_image_models(folder, count=count)
    store = Store.open(folder / "registry.sqlite")
    import_files(store, find_reference_files(folder), author="benchmark")
    catalog = Catalog(store, at_one_moment=store.at_one_moment)
    catalog.refresh()
    costs = [
        _cost_of_one(store, catalog, model_name(number * count // _CHANGES)) for number in range(_CHANGES)
    ]
    store.close()
    return costs


def _cost_of_one(store: Store, catalog: Catalog, name: str) -> float:
    uow = store.unit_of_work()
    with uow:
        head = uow.records.head(_CATEGORY, name)
    assert head is not None
    proposal = Proposal(
        category=_CATEGORY,
        model_name=name,
        operation=Operation.update,
        payload={**head.document, "description": "Changed by a benchmark."},
    )
    change = propose(uow, proposal, actor=_AUTHOR, now=1, rules=_RULES)
    decision = Decision(batch_title="benchmark", approved_ids=(change.change_id,))
    decide(uow, decision, actor=_APPROVER, now=2, rules=_RULES)

    def apply() -> None:
        job = new_job(None, token="0" * 32)
        apply_one(uow, change.change_id, actor=_APPROVER, now=3, job=job, rules=_RULES)
        catalog.refresh([_CATEGORY])

    return _seconds(apply)


def _costs_of_proposing(folder: Path) -> tuple[list[float], list[float]]:
    store = Store.open(folder / "registry.sqlite")
    uow = store.unit_of_work()

    def enqueue() -> None:
        name = f"New {time.monotonic_ns()}"
        proposal = Proposal(
            category=_CATEGORY,
            model_name=name,
            operation=Operation.create,
            payload={"name": name, "nsfw": False},
        )
        propose(uow, proposal, actor=_AUTHOR, now=1, rules=_RULES)
        with store.review_view() as view:
            view.changes.find(ChangeFilter(), limit=50)

    short = [_seconds(enqueue) for _ in range(_CHANGES)]
    for _ in range(_LONG_QUEUE):
        enqueue()
    long = [_seconds(enqueue) for _ in range(_CHANGES)]
    store.close()
    return short, long


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _p95(costs: list[float]) -> float:
    return quantiles(costs, n=20)[-1]
