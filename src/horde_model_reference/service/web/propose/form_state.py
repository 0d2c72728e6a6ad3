"""A form on its way between the browser and here; nothing of it is kept on this side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Operation
from horde_model_reference.service.web.propose.about import ACTION, NOTE, PASTED, About
from horde_model_reference.service.web.propose.form_fields import Field, Group, form_of
from horde_model_reference.service.web.propose.form_values import Reading, fill_form, read_form
from horde_model_reference.service.web.propose.submitted import Submitted

_NAME_STAYS: Final = "A name stays: under another one it would be another model."
_NOT_CARRIED: Final = frozenset({ACTION, NOTE, PASTED, "csrf_token"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """What a form of one category shows, and what it is for."""

    category: Category
    about: About
    submitted: Submitted

    @classmethod
    def sent(cls, category: Category, submitted: Submitted) -> "FormState":
        """Return a form as it was sent; raise InvalidRequestError where no page of ours made it."""
        return cls(category=category, about=About.read(submitted), submitted=submitted)

    @classmethod
    def of(cls, category: Category, about: About, document: Mapping[str, Any]) -> "FormState":
        """Return a form that shows a document."""
        return cls(category=category, about=about, submitted=fill_form(form_of(category), document))

    @property
    def form(self) -> Group:
        """Return what is asked for; the name of a record that is there can't be changed."""
        form = form_of(self.category)
        if self.about.operation is Operation.create:
            return form
        return replace(form, members=tuple(map(_with_fixed_name, form.members)))

    def reading(self) -> Reading:
        """Return the document that the form means."""
        return read_form(self.form, self.submitted)

    def showing(self, document: Mapping[str, Any]) -> "FormState":
        """Return the form filled with another document; its note stays."""
        note = [(NOTE, self.submitted.text(NOTE))]
        filled = fill_form(self.form, document)
        return replace(self, submitted=Submitted([*filled.pairs(), *note]))

    def carried(self) -> Iterator[tuple[str, str]]:
        """Return all inputs that a page without the form has to carry, unseen."""
        yield from self.about.inputs()
        known = {name for name, _ in self.about.inputs()}
        for name, text in self.submitted.pairs():
            if text and name not in known and name not in _NOT_CARRIED:
                yield name, text


def _with_fixed_name(member: Any) -> Any:
    if isinstance(member, Field) and member.name == "name":
        return replace(member, is_fixed=True, is_required=False, help=_NAME_STAYS)
    return member
