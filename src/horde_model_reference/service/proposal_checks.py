"""The checks on a proposal, with all that this deployment knows."""

from typing import Final

from horde_model_reference.catalog.text_directory import text_directory
from horde_model_reference.domain.changes import Change
from horde_model_reference.review.address_checks import address_checks
from horde_model_reference.review.check_shapes import Check
from horde_model_reference.review.checks import proposed_record, record_checks
from horde_model_reference.review.declared_files import addresses
from horde_model_reference.service.review_desk import ReviewDesk

_MOST_ADDRESSES: Final = 30
_PATIENCE_SECONDS: Final = 12


def checks_on(desk: ReviewDesk, change: Change, *, ask: bool) -> list[Check]:
    """Return what can be said of a proposal; an empty list for deletions and change sets.

    ``ask`` has the addresses asked of which nothing is known yet, which takes seconds: call it in a thread.
    """
    registry = desk.registry
    rules = registry.review_rules()
    checked = proposed_record(change, rules)
    if checked is None:
        return []
    directory = text_directory(registry.catalog.resources)
    with desk.store.review_view() as view:
        checks = record_checks(checked, rules, registry.catalog.snapshot, directory, view.changes)
    document, prober = checked.document, registry.prober
    if document is None or prober is None:
        return checks
    urls = addresses(document)[:_MOST_ADDRESSES]
    findings = prober.find(urls, wait_seconds=_PATIENCE_SECONDS) if ask else prober.known(urls)
    return [*checks, *address_checks(document, findings)]
