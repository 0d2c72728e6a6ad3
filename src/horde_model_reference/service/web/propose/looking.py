"""Looking at a form before it is sent: its faults, what it would change, and what reviewers would be told."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from horde_model_reference.domain.changes import OPEN_STATUSES, Change, ChangeFilter
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review.address_checks import address_checks
from horde_model_reference.review.check_shapes import Check, Checked, Outcome
from horde_model_reference.review.checks import record_checks
from horde_model_reference.review.declared_files import addresses
from horde_model_reference.review.policy import ReviewRules, check_text, rules_now
from horde_model_reference.review.ports import OpenProposals, UnitOfWork
from horde_model_reference.service.review_desk import ReviewDesk
from horde_model_reference.service.web.propose.about import MAX_NOTE_LENGTH, NOTE
from horde_model_reference.service.web.propose.assessing import Assessment, assess
from horde_model_reference.service.web.propose.form_state import FormState
from horde_model_reference.service.web.propose.known import directory_of
from horde_model_reference.service.web.propose.page_models import errors_by_name
from horde_model_reference.service.web.propose.starting import Licenses, complete
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

_SAID_EARLY: Final[Mapping[str, type]] = {
    "text_model_group": str,
    "name_schema_exception": str,
    "parameters": int,
}
"""What checks on names take into account, also while the record is not done yet."""
_REMARKED: Final = {"Name": "name", "Parameters": "parameters"}
"""The checks that are told beside an input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is known of a form once it was checked."""

    assessment: Assessment
    errors: Mapping[str, list[str]]
    """By the name of their input."""
    waiting: tuple[Change, ...]
    """Changes to the same record that have not come to an end."""
    checks: tuple[Check, ...]
    """What reviewers would be told; of an unfinished record, only what is said of its name counts."""

    remarks: Mapping[str, list[str]]
    """What is odd, but not wrong, by the name of its input."""


async def look(desk: ReviewDesk, state: FormState) -> Looked:
    """Check a form by the rules that the API has."""
    reading = await run_in_threadpool(state.reading)
    given = reading.document.get("name")
    name = given if isinstance(given, str) else ""
    notes = _note(state)
    intent = state.about.intent(state.category, desk.registry.settings, name=name, notes=notes)

    def looking(view: SqlUnitOfWork) -> Looked:
        rules = rules_now(view, desk.registry.review_rules())
        assessment = assess(view, intent, complete(reading.document, licenses_now(view)), rules)
        problems = [*reading.problems, *assessment.problems]
        checked = Checked(
            category=state.category,
            name=intent.name,
            operation=intent.operation,
            change_id=state.about.again,
            document=assessment.after or _said_of_name(reading.document),
        )
        checks = tuple(_checks(desk, checked, rules, view.changes)) if name else ()
        return Looked(
            assessment=assessment,
            errors=errors_by_name(problems, reading),
            waiting=open_changes(view, state, intent.name),
            checks=checks,
            remarks=_remarks(checks),
        )

    return await desk.look(looking)


def _checks(
    desk: ReviewDesk, checked: Checked, rules: ReviewRules, proposals: OpenProposals
) -> Iterator[Check]:
    registry = desk.registry
    yield from record_checks(checked, rules, registry.catalog.snapshot, directory_of(registry), proposals)
    if registry.prober is not None and checked.document:
        yield from address_checks(checked.document, registry.prober.known(addresses(checked.document)))


def licenses_now(uow: UnitOfWork) -> Licenses:
    """Return the licence definitions of the catalogue."""
    definitions = uow.resources.catalog(CatalogName.licensing).all(ResourceType.license_definition)
    return {key: definition.document for key, definition in definitions.items()}


def open_changes(uow: UnitOfWork, state: FormState, name: str) -> tuple[Change, ...]:
    """Return the changes to a record that have not come to an end, without the one that is made anew."""
    if not name or "\0" in name:
        return ()
    wanted = ChangeFilter(statuses=OPEN_STATUSES, categories=[state.category.value], model_name=name)
    found = uow.changes.find(wanted).items
    return tuple(
        change for change in found if change.model_name == name and change.change_id != state.about.again
    )


def _said_of_name(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an unfinished record says of its name."""
    return {key: document[key] for key, kind in _SAID_EARLY.items() if isinstance(document.get(key), kind)}


def _remarks(checks: Iterable[Check]) -> dict[str, list[str]]:
    odd = [check for check in checks if check.outcome is not Outcome.good]
    return {
        name: [check.text for check in odd if check.subject == subject] for subject, name in _REMARKED.items()
    }


def _note(state: FormState) -> str | None:
    text = state.submitted.text(NOTE)
    return check_text(text, "note", max_length=MAX_NOTE_LENGTH) if text.strip() else None
