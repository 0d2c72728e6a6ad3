"""What goes along with every form besides the record: which change it will become."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.changes import InvalidRequestError, Operation, RecordForm
from horde_model_reference.service.web.propose.assessing import Intent
from horde_model_reference.service.web.propose.submitted import Submitted
from horde_model_reference.settings import CanonicalFormat, Settings

ACTION: Final = "_action"
NOTE: Final = "_note"
PASTED: Final = "_pasted"
MAX_NOTE_LENGTH: Final = 500
_LONGEST_NUMBER: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Where a form came from and what it is for."""

    operation: Operation
    record: str = ""
    """Key of the record to change or to delete; empty for a new one."""
    base: int | None = None
    """Serial of its version that the form was filled from."""
    again: int | None = None
    """Number of the change that is proposed once more."""
    came_from: str = ""
    """Address of the page where it began, under which the browser keeps the draft."""

    @classmethod
    def read(cls, submitted: Submitted) -> Self:
        """Return what came with a form; raise InvalidRequestError where no page of ours made it."""
        try:
            operation = Operation(submitted.text("_operation"))
        except ValueError as error:
            raise InvalidRequestError("The form doesn't say what it is for.") from error
        record, base = submitted.text("_record"), _number(submitted.text("_base"))
        if (operation is Operation.create) != (not record) or (record and base is None):
            raise InvalidRequestError("The form doesn't say which record it was made from.")
        return cls(
            operation=operation,
            record=record,
            base=base,
            again=_number(submitted.text("_again")),
            came_from=submitted.text("_from"),
        )

    def inputs(self) -> Iterator[tuple[str, str]]:
        """Return the hidden inputs that carry this."""
        yield "_operation", self.operation.value
        yield "_from", self.came_from
        if self.record:
            yield "_record", self.record
        for name, number in (("_base", self.base), ("_again", self.again)):
            if number is not None:
                yield name, str(number)

    def intent(
        self, category: Category, settings: Settings, *, name: str, notes: str | None = None
    ) -> Intent:
        """Return what the person is about to propose."""
        return Intent(
            category=category,
            operation=self.operation,
            name=self.record or name,
            form=form_of_changes(category, settings),
            base_serial=self.base,
            notes=notes,
        )


def form_of_changes(category: Category, settings: Settings) -> RecordForm:
    """Return in which form records of a category are changed here (spec 21, Canonical format gate)."""
    is_legacy = settings.canonical_format is CanonicalFormat.legacy
    return (
        RecordForm.legacy if is_legacy and BUILT_IN_CATEGORIES[category].has_legacy_format else RecordForm.v2
    )


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise InvalidRequestError("A number in the form is none.")
    return int(text)
