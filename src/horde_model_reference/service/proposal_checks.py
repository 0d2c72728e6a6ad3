"""The checks on a proposal, with all that this deployment knows."""

from starlette.concurrency import run_in_threadpool

from horde_model_reference.catalog.text_directory import text_directory
from horde_model_reference.domain.changes import Change
from horde_model_reference.review.address_checks import address_checks
from horde_model_reference.review.check_shapes import Check, Checked
from horde_model_reference.review.checks import proposed_record, record_checks
from horde_model_reference.review.declared_files import addresses
from horde_model_reference.service.asking_addresses import ask_addresses
from horde_model_reference.service.review_desk import ReviewDesk


async def checks_on(desk: ReviewDesk, change: Change, *, ask: bool) -> list[Check]:
    """Return what can be said of a proposal; an empty list for deletions and change sets.

    ``ask`` has the addresses asked of which nothing is known yet, which takes seconds.
    """
    registry = desk.registry
    checked = await run_in_threadpool(proposed_record, change, registry.review_rules())
    if checked is None:
        return []
    if ask and checked.document is not None and registry.prober is not None:
        await ask_addresses(registry.prober, addresses(checked.document))
    return await run_in_threadpool(_checks, desk, checked)


def _checks(desk: ReviewDesk, checked: Checked) -> list[Check]:
    registry = desk.registry
    rules, directory = registry.review_rules(), text_directory(registry.catalog.resources)
    with desk.store.review_view() as view:
        checks = record_checks(checked, rules, registry.catalog.snapshot, directory, view.changes)
    document, prober = checked.document, registry.prober
    if document is None or prober is None:
        return checks
    return [*checks, *address_checks(document, prober.known(addresses(document)))]
