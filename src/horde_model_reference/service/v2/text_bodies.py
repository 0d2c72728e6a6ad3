"""Wire forms of the text-model toolkit (spec 23; contract: openapi-facts.json)."""

from typing import Any

from pydantic import BaseModel, Field

from horde_model_reference.domain.records import Tags
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.formats.text_group_fields import GroupName, GroupNames


class ExtraPartInfo(BaseModel):
    """A part of a name without a field of its own."""

    value: str
    position: int
    inferred_type: str


class ParsedNameResponse(BaseModel):
    """A name taken apart, and the group that it belongs to."""

    original_name: str
    base_name: str
    size: str | None
    variant: str | None
    quant: str | None
    version: str | None
    suggested_group: str
    extras: list[ExtraPartInfo] = []


class ComposeNameRequest(BaseModel):
    """The parts of a name."""

    author: str | None = None
    base_name: str
    size: str
    variant: str | None = None
    version: str | None = None
    quant: str | None = None
    extras: dict[str, str] | None = Field(
        None, description="Values of `extra:DATE` and `extra:LEADING_VERSION` in `part_order`, by kind."
    )
    separator: str | None = None
    part_order: list[str] | None = None

    def parts(self) -> dict[str, str]:
        """Return the parts that have a value, by the names that orders use."""
        extras = {f"extra:{kind}": value for kind, value in (self.extras or {}).items()}
        named = {"variant": self.variant, "version": self.version, "quant": self.quant, **extras}
        return {
            "base": self.base_name,
            "size": self.size,
            **{part: value for part, value in named.items() if value},
        }


class ComposeNameResponse(BaseModel):
    """A name, whether a model has it, and the group that it belongs to."""

    composed_name: str
    already_exists: bool
    suggested_group: str


class GroupListResponse(BaseModel):
    """The names of all groups, sorted."""

    groups: list[str]


class DistinctBaselinesResponse(BaseModel):
    """The baselines that text models have, sorted."""

    baselines: list[str]


class GroupNameSchemaResponse(BaseModel):
    """The name schema of a group; ``is_custom`` says whether somebody saved it."""

    group_name: str
    name_schema: TextModelGroupNameSchema
    is_custom: bool


class CommonFieldsUpdateRequest(BaseModel):
    """What is to be the same in all models of a group; null changes nothing."""

    baseline: str | None = None
    description: str | None = None
    url: str | None = None
    nsfw: bool | None = None
    tags: Tags | None = None
    style: str | None = None
    instruct_format: str | None = None

    def fields(self) -> dict[str, Any]:
        """Return the fields that are to be set."""
        return self.model_dump(exclude_none=True)


class RenameGroupRequest(BaseModel):
    """The new name of a group."""

    new_name: GroupName


class BatchUpdateResponse(BaseModel):
    """Changes that were proposed together; ``batch_id`` is in their metadata, and no batch of the queue."""

    updated_count: int
    batch_id: str
    pending_change_ids: list[int]


class NameExceptionRequest(BaseModel):
    """Why the name of a model may differ from the format of its group; null takes that back."""

    reason: str | None


class NameExceptionResponse(BaseModel):
    """The number of the change that was proposed."""

    pending_change_id: int


class GroupAliasResponse(BaseModel):
    """The other names of a group."""

    canonical: str
    aliases: list[str]


class GroupAliasListResponse(BaseModel):
    """The other names of all groups, sorted by the canonical ones."""

    entries: list[GroupAliasResponse]


class SetAliasesRequest(BaseModel):
    """All other names of a group, in the order in which they are to be shown."""

    aliases: GroupNames


class AddAliasRequest(BaseModel):
    """One more name of a group."""

    alias: GroupName


class RemoveAliasRequest(BaseModel):
    """A name that a group is not to have any more."""

    alias: str


class GroupFamilyResponse(BaseModel):
    """A family of groups, sorted."""

    family_name: str
    members: list[str]


class GroupFamilyListResponse(BaseModel):
    """All families, sorted."""

    families: list[GroupFamilyResponse]


class SetFamilyRequest(BaseModel):
    """All groups of a family."""

    members: GroupNames


class AddFamilyMemberRequest(BaseModel):
    """One more group of a family."""

    group_name: GroupName


class RemoveFamilyMemberRequest(BaseModel):
    """A group that is not to be in a family any more."""

    group_name: str
