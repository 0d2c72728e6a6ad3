"""What a reviewer would look up by hand about a proposed record; pure, given what is known already."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final, cast
from urllib.parse import urlsplit

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change, Document, Operation, RecordForm, ResourceKind
from horde_model_reference.domain.checksums import UNKNOWN_SHA256, canonical_sha256, is_sha256
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.license_expressions import NOASSERTION
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.domain.text_directory import NO_DIRECTORY, TextDirectory
from horde_model_reference.domain.unseen_characters import UNSEEN
from horde_model_reference.domain.validation import check_for_write, validate_document
from horde_model_reference.formats.text_compose import schema_format
from horde_model_reference.formats.text_name_departures import name_departures
from horde_model_reference.formats.text_names import parameters_in_name, suggested_group
from horde_model_reference.review.check_shapes import Check, Checked, Outcome, Snapshots
from horde_model_reference.review.declared_files import DeclaredFile, declared_files
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import OpenProposals
from horde_model_reference.review.twins import NO_PROPOSALS, twins_by_file, twins_by_name

_LIKE_LETTERS: Final = frozenset({"LATIN", "CYRILLIC", "GREEK"})
"""Scripts whose letters may be taken for each other."""
_LONGEST_NAMED: Final = 60


def proposed_record(change: Change, rules: ReviewRules) -> Checked | None:
    """Return what a change proposes as a v2 record; None for a change set, which is no record."""
    if change.resource_kind is not ResourceKind.model_reference:
        return None
    document, trouble = None, None
    if change.operation is not Operation.delete and change.payload is not None:
        try:
            document = _as_v2(change, change.payload, rules)
        except InvalidRecordError as error:
            trouble = str(error)
    return Checked(
        change_id=change.change_id,
        category=Category(change.category),
        name=change.model_name,
        operation=change.operation,
        document=document,
        trouble=trouble,
    )


def record_checks(
    checked: Checked,
    rules: ReviewRules,
    snapshots: Snapshots,
    directory: TextDirectory = NO_DIRECTORY,
    proposals: OpenProposals = NO_PROPOSALS,
) -> list[Check]:
    """Return what can be said of a proposed record without asking anybody."""
    if checked.trouble is not None:
        return [Check(subject="Record", outcome=Outcome.problem, text=checked.trouble)]
    if checked.document is None:
        return []
    return [
        *_validity(checked, checked.document),
        *_baseline(checked, checked.document, rules),
        *_licence(checked.document, rules),
        *twins_by_name(checked, snapshots, proposals),
        *_scripts(checked),
        *_texts(checked.document),
        *_repetitions(checked.document),
        *_name_schema(checked, checked.document, directory),
        *_parameters(checked, checked.document),
        *_files(checked.category, checked.document),
        *twins_by_file(checked, checked.document, snapshots, proposals),
    ]


def _as_v2(change: Change, payload: Document, rules: ReviewRules) -> Document:
    if change.form is RecordForm.v2:
        return payload
    return rules.shapers[change.form](change.category, change.model_name, payload)[0]


def _validity(checked: Checked, document: Document) -> Iterator[Check]:
    try:
        check_for_write(checked.category, validate_document(checked.category, document))
    except InvalidRecordError as error:
        yield Check(subject="Record", outcome=Outcome.problem, text=str(error))
    else:
        yield Check(subject="Record", outcome=Outcome.good, text="It has all that its category asks for.")


def _baseline(checked: Checked, document: Document, rules: ReviewRules) -> Iterator[Check]:
    if checked.category is not Category.image_generation or rules.baselines is None:
        return
    baseline = document.get("baseline")
    is_known = baseline in rules.baselines
    yield Check(
        subject="Baseline",
        outcome=Outcome.good if is_known else Outcome.problem,
        text=f"{baseline} is {'' if is_known else 'not '}in the catalogue of baselines.",
    )


def _licence(document: Document, rules: ReviewRules) -> Iterator[Check]:
    licensing = document.get("licensing")
    expression = licensing.get("license_expression") if is_document(licensing) else None
    if not is_document(licensing) or expression in {None, NOASSERTION}:
        yield Check(
            subject="Licence", outcome=Outcome.note, text="Nobody has said which licence it is under."
        )
        return
    yield from _licence_ids(licensing, rules)
    use = str(licensing.get("commercial_use", "unknown")).replace("_", " ")
    yield Check(subject="Licence", outcome=Outcome.good, text=f"{expression}; commercial use: {use}.")


def _licence_ids(licensing: Document, rules: ReviewRules) -> Iterator[Check]:
    licenses = rules.licenses
    if licenses is None:
        return
    for license_id in licensing.get("license_ids") or ():
        if license_id not in licenses or licenses[license_id]:
            reason = "deprecated" if license_id in licenses else "not in the catalogue"
            yield Check(subject="Licence", outcome=Outcome.problem, text=f"{license_id} is {reason}.")


def _name_schema(checked: Checked, document: Document, directory: TextDirectory) -> Iterator[Check]:
    if checked.category is not Category.text_generation or checked.operation is not Operation.create:
        return
    group = document.get("text_model_group") or suggested_group(checked.name)
    schema = directory.schema_for(group)
    departures = [] if schema is None else name_departures(checked.name, schema)
    if schema is None or not departures:
        return
    told = f"Names of the group {group} are built as {schema_format(schema).template}, but "
    reason = document.get("name_schema_exception")
    because = f" The proposer says why: {reason}" if reason else ""
    yield Check(subject="Name", outcome=Outcome.note, text=f"{told}{' and '.join(departures)}.{because}")


def _parameters(checked: Checked, document: Document) -> Iterator[Check]:
    told = parameters_in_name(checked.name) if checked.category is Category.text_generation else None
    count = document.get("parameters")
    # Names are rounded: a quarter more or less is near enough.
    if told is None or (isinstance(count, int) and 3 * told <= 4 * count <= 5 * told):
        return
    text = f"Going by the name, it should be {told}."
    yield Check(subject="Parameters", outcome=Outcome.note, text=text)


def _scripts(checked: Checked) -> Iterator[Check]:
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in checked.name if letter.isalpha()}
    mixed = sorted(scripts & _LIKE_LETTERS)
    if len(mixed) > 1:
        named = " and ".join(script.capitalize() for script in mixed)
        text = f"It mixes letters of {named}, some of which look the same."
        yield Check(subject="Name", outcome=Outcome.problem, text=text)


def _texts(document: Document) -> Iterator[Check]:
    keys = [key for key, value in document.items() if UNSEEN.search(json.dumps(value, ensure_ascii=False))]
    if keys:
        text = "There are characters that nobody sees, or that turn the text around them."
        yield Check(subject="Text", outcome=Outcome.problem, text=text, about=", ".join(keys))


def _repetitions(document: Document) -> Iterator[Check]:
    for key, value in document.items():
        items = cast("list[object]", value) if isinstance(value, list) else []
        counts = Counter(item for item in items if isinstance(item, str))
        repeated = next((item for item, count in counts.items() if count > 1), None)
        if repeated is not None:
            named = repeated if len(repeated) <= _LONGEST_NAMED else f"{repeated[:_LONGEST_NAMED]}…"
            text = f"It holds “{named}” more than once."
            yield Check(subject="Repetition", outcome=Outcome.note, text=text, about=key)


def _files(category: Category, document: Document) -> Iterator[Check]:
    files = list(declared_files(document))
    if not files and category is not Category.text_generation:
        yield Check(subject="Files", outcome=Outcome.note, text="The record names no file.")
    names = Counter(file.name for file in files)
    for file in files:
        if names[file.name] > 1:
            text = "The record names another file like this."
            yield Check(subject="File name", outcome=Outcome.problem, text=text, about=file.name)
        yield from _address_form(file)
        yield from _sum_form(file)


def _address_form(file: DeclaredFile) -> Iterator[Check]:
    try:
        scheme = urlsplit(file.url).scheme
    except ValueError:
        scheme = ""
    if not file.url:
        yield Check(subject="Address", outcome=Outcome.note, text="It has none.", about=file.name)
    elif scheme != "https":
        outcome = Outcome.note if scheme == "http" else Outcome.problem
        text = "It is not an https address."
        yield Check(subject="Address", outcome=outcome, text=text, about=file.name)


def _sum_form(file: DeclaredFile) -> Iterator[Check]:
    outcome, text = Outcome.problem, "It is not a SHA-256 sum: 64 hexadecimal digits."
    if is_sha256(file.sha256):
        outcome, text = Outcome.good, "It has the form of a SHA-256 sum."
    elif canonical_sha256(file.sha256) == UNKNOWN_SHA256:
        outcome, text = Outcome.note, "Nobody has taken it, so downloads can't be verified."
    yield Check(subject="Sum", outcome=outcome, text=text, about=file.name)
