"""References to fields, to write conditions and orders with: ``ImageFields.nsfw == false()`` (spec 30 §5)."""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from horde_model_reference.catalog.predicates import (
    ComparesField,
    FieldEquals,
    FieldIsIn,
    FieldPredicate,
    Predicate,
)


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """An order by one field; it wins over a direction given beside it."""

    field_name: str
    descending: bool = False


class FieldRef:
    """A field of a record by its name. The name is not checked: a record that lacks it has None there."""

    __slots__ = ("field_name",)

    def __init__(self, field_name: str) -> None:
        self.field_name = field_name

    def __repr__(self) -> str:
        return f"FieldRef({self.field_name!r})"

    def __hash__(self) -> int:
        return hash(self.field_name)

    def __eq__(self, other: object) -> Predicate:  # type: ignore[override]  # writes a condition instead
        if isinstance(other, FieldRef):
            return self._compared_with(other, operator.eq)
        return FieldEquals(self.field_name, other)

    def __ne__(self, other: object) -> Predicate:  # type: ignore[override]  # writes a condition instead
        if isinstance(other, FieldRef):
            return self._compared_with(other, operator.ne)
        return FieldPredicate(self.field_name, lambda found: bool(found != other))

    def __lt__(self, other: object) -> Predicate:
        return self._ordered(other, operator.lt)

    def __le__(self, other: object) -> Predicate:
        return self._ordered(other, operator.le)

    def __gt__(self, other: object) -> Predicate:
        return self._ordered(other, operator.gt)

    def __ge__(self, other: object) -> Predicate:
        return self._ordered(other, operator.ge)

    def contains(self, item: object) -> Predicate:
        """Ask that a text has this part, or a list this item; None has neither."""
        return ComparesField(self.field_name, lambda found: found is not None and item in found)

    def is_in(self, values: Iterable[object]) -> Predicate:
        """Ask for one of these values."""
        return FieldIsIn(self.field_name, values)

    def is_none(self) -> Predicate:
        """Ask that there is no value."""
        return FieldPredicate(self.field_name, lambda found: found is None)

    def is_not_none(self) -> Predicate:
        """Ask that there is a value."""
        return FieldPredicate(self.field_name, lambda found: found is not None)

    def is_true(self) -> Predicate:
        """Ask for True itself."""
        return FieldPredicate(self.field_name, lambda found: found is True)

    def is_false(self) -> Predicate:
        """Ask for False itself; None is not."""
        return FieldPredicate(self.field_name, lambda found: found is False)

    def asc(self) -> OrderSpec:
        """Return the order from the least value to the greatest."""
        return OrderSpec(self.field_name)

    def desc(self) -> OrderSpec:
        """Return the order from the greatest value to the least."""
        return OrderSpec(self.field_name, descending=True)

    def _ordered(self, other: object, compare: Callable[[Any, Any], bool]) -> Predicate:
        if isinstance(other, FieldRef):
            return self._compared_with(other, _where_both_are(compare))
        return ComparesField(self.field_name, lambda found: found is not None and bool(compare(found, other)))

    def _compared_with(self, other: "FieldRef", compare: Callable[[Any, Any], bool]) -> Predicate:
        one, two = self.field_name, other.field_name
        return Predicate(lambda record: compare(getattr(record, one, None), getattr(record, two, None)))


def _where_both_are(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda one, two: one is not None and two is not None and bool(compare(one, two))


def true() -> bool:
    """Return what ``ImageFields.nsfw == …`` is compared with, where linters mind the bare literal."""
    return True


def false() -> bool:
    """Return the opposite of `true`."""
    return False


class GenericFields:
    """The fields of every record."""

    record_type = FieldRef("record_type")
    name = FieldRef("name")
    description = FieldRef("description")
    version = FieldRef("version")
    finetune_series = FieldRef("finetune_series")
    metadata = FieldRef("metadata")
    config = FieldRef("config")
    model_classification = FieldRef("model_classification")
    size_on_disk_bytes = FieldRef("size_on_disk_bytes")
    licensing = FieldRef("licensing")


class ImageFields(GenericFields):
    """The fields of image generation records."""

    inpainting = FieldRef("inpainting")
    baseline = FieldRef("baseline")
    optimization = FieldRef("optimization")
    tags = FieldRef("tags")
    showcases = FieldRef("showcases")
    min_bridge_version = FieldRef("min_bridge_version")
    trigger = FieldRef("trigger")
    homepage = FieldRef("homepage")
    nsfw = FieldRef("nsfw")
    style = FieldRef("style")
    requirements = FieldRef("requirements")


class TextFields(GenericFields):
    """The fields of text generation records."""

    baseline = FieldRef("baseline")
    parameters_count = FieldRef("parameters_count")
    nsfw = FieldRef("nsfw")
    style = FieldRef("style")
    display_name = FieldRef("display_name")
    url = FieldRef("url")
    tags = FieldRef("tags")
    instruct_format = FieldRef("instruct_format")
    settings = FieldRef("settings")
    text_model_group = FieldRef("text_model_group")
    name_schema_exception = FieldRef("name_schema_exception")
    context_window = FieldRef("context_window")
    interaction_modes = FieldRef("interaction_modes")
    capabilities = FieldRef("capabilities")
    guidance = FieldRef("guidance")


class ControlNetFields(GenericFields):
    """The fields of controlnet records."""

    controlnet_style = FieldRef("controlnet_style")


class ClipFields(GenericFields):
    """The fields of clip records."""

    pretrained_name = FieldRef("pretrained_name")


class BlipFields(GenericFields):
    """The fields of blip records."""


class CodeformerFields(GenericFields):
    """The fields of codeformer records."""


class EsrganFields(GenericFields):
    """The fields of esrgan records."""


class GfpganFields(GenericFields):
    """The fields of gfpgan records."""


class SafetyCheckerFields(GenericFields):
    """The fields of safety checker records."""


class VideoFields(GenericFields):
    """The fields of video generation records."""

    baseline = FieldRef("baseline")
    nsfw = FieldRef("nsfw")
    tags = FieldRef("tags")


class AudioFields(GenericFields):
    """The fields of audio generation records."""

    baseline = FieldRef("baseline")
    nsfw = FieldRef("nsfw")
    tags = FieldRef("tags")


class MiscellaneousFields(GenericFields):
    """The fields of miscellaneous records."""
