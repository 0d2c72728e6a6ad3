"""What may be said of groups of text models: names, and how the names of their models are built (spec 23)."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field

from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.formats.text_compose import KNOWN_PARTS

MAX_NAME_LENGTH: Final = 200
MAX_NAMES: Final = 1000
_EXTRA_KINDS: Final = ("DATE", "LEADING_VERSION", "DESCRIPTOR", "UNKNOWN")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def _group_name(text: str) -> str:
    if not text.strip() or text != text.strip():
        raise ValueError("must not be blank, nor begin or end with a space")
    if not text.isprintable() or "\\" in text:
        raise ValueError("must not hold a backslash or a character that can't be seen")
    return text


def _addressable(name: str) -> str:
    if name == "detect":
        raise ValueError("must not be 'detect', since its address answers with suggestions")
    return name


def _known_part(text: str) -> str:
    if text not in KNOWN_PARTS:
        raise ValueError(f"must be one of {', '.join(KNOWN_PARTS)}")
    return text


def _known_extra(text: str) -> str:
    if text not in _EXTRA_KINDS:
        raise ValueError(f"must be one of {', '.join(_EXTRA_KINDS)}")
    return text


def _separator(text: str) -> str:
    if "/" in text or not text.isprintable():
        raise ValueError("must not hold a slash or a character that can't be seen")
    return text


def _template(text: str) -> str:
    unknown = [part for part in _PLACEHOLDER.findall(text) if part not in (*KNOWN_PARTS, "author")]
    if unknown or not text.isprintable():
        raise ValueError(f"must be made of {{author}}, {', '.join(f'{{{part}}}' for part in KNOWN_PARTS)}")
    return text


GroupName = Annotated[str, Field(max_length=MAX_NAME_LENGTH), AfterValidator(_group_name)]
GroupNames = Annotated[list[GroupName], Field(max_length=MAX_NAMES)]
NewFamilyName = Annotated[GroupName, AfterValidator(_addressable)]


class GroupNameSchemaUpdateRequest(BaseModel):
    """What is to change in the name schema of a group; null changes nothing."""

    separator: Annotated[str, Field(min_length=1, max_length=8), AfterValidator(_separator)] | None = None
    part_order: (
        Annotated[list[Annotated[str, AfterValidator(_known_part)]], Field(min_length=1, max_length=16)]
        | None
    ) = None
    author_included: bool | None = None
    common_author: GroupName | None = None
    template: Annotated[str, Field(max_length=MAX_NAME_LENGTH), AfterValidator(_template)] | None = None
    extra_parts: (
        Annotated[list[Annotated[str, AfterValidator(_known_extra)]], Field(max_length=16)] | None
    ) = None

    def applied_to(self, schema: TextModelGroupNameSchema) -> TextModelGroupNameSchema:
        """Return the schema with the changes."""
        return schema.model_copy(update=self.model_dump(exclude_none=True))
