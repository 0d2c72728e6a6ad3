"""Where the name of a text model is not built as the saved schema of its group says."""

from collections.abc import Iterator

from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.formats.text_compose import EXTRA_PREFIX
from horde_model_reference.formats.text_groups import infer_name_format
from horde_model_reference.formats.text_names import split_author, strip_backend_prefix

_TOLD_APART = "-_"
"""Separators that are told apart in names which have others within their parts, too."""


def name_departures(name: str, schema: TextModelGroupNameSchema) -> list[str]:
    """Return in what a name departs from a schema, a few words each; case and extra words don't count."""
    return list(_departures(strip_backend_prefix(name), schema))


def _departures(name: str, schema: TextModelGroupNameSchema) -> Iterator[str]:
    author, model = split_author(name)
    own = infer_name_format([model])
    if schema.author_included and author is None:
        yield "it has no author"
    elif not schema.author_included and author is not None:
        yield "it has an author"
    elif schema.common_author and author is not None and author.casefold() != schema.common_author.casefold():
        yield f"the author is {author}, not {schema.common_author}"
    if len(own.part_order) > 1 and not _is_separated(model, own.separator, schema.separator):
        yield f"its parts are not separated by “{schema.separator}”"
    strangers = [part for part in own.part_order if part not in schema.part_order]
    if strangers:
        yield f"it has a {' and a '.join(map(_part, strangers))}"
    elif [part for part in schema.part_order if part in own.part_order] != list(own.part_order):
        yield "its parts stand in another order"


def _is_separated(model: str, own: str, wanted: str) -> bool:
    return own == wanted if wanted in _TOLD_APART else wanted in model


def _part(part: str) -> str:
    return part.removeprefix(EXTRA_PREFIX).lower().replace("_", " ")
