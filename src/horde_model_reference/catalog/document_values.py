"""The typed values of single fields, out of documents: much quicker than whole typed records."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.licensing import UNKNOWN_LICENSING
from horde_model_reference.domain.record_types import get_record_type_for_category


def value_reader(category: Category, field: str) -> Callable[[Mapping[str, Any]], Any]:
    """Return a function from a document, as reads show it, to the value that the typed record has.

    It gives None for values that the type does not allow, and for fields that it has not. A reader is for one
    pass: it remembers the values that it met.
    """
    declared = get_record_type_for_category(category).model_fields.get(field)
    if declared is None:
        return lambda _document: None
    if field == "guidance":
        return lambda _document: None  # added by reads, and no part of a record
    adapter = _adapter(declared)
    key = declared.alias or field
    default = (
        None if declared.is_required() else declared.get_default(call_default_factory=True, validated_data={})
    )
    known: dict[Any, Any] = {}

    def read(document: Mapping[str, Any]) -> Any:
        value: object = document.get(key, document.get(field, PydanticUndefined))
        if value is PydanticUndefined or (field == "licensing" and value == UNKNOWN_LICENSING):
            return default
        key_of_value = _hashable_form(value)
        try:
            # Many records have few values between them; equal ones share their memory then, too.
            return known[key_of_value]
        except KeyError:
            known[key_of_value] = typed = _validated(adapter, value)
            return typed
        except TypeError:
            return _validated(adapter, value)

    return read


def _hashable_form(value: object) -> Any:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def _validated(adapter: TypeAdapter[Any], value: object) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


def _adapter(declared: FieldInfo) -> TypeAdapter[Any]:
    annotated: Any = Annotated
    annotation: Any = declared.annotation
    return TypeAdapter(annotated[(annotation, *declared.metadata)] if declared.metadata else annotation)
