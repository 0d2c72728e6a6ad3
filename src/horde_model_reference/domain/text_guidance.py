"""How to prompt text models: profiles, and which of them hold for which model (spec 24, Text guidance)."""

import re
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from horde_model_reference.domain.text_parts import GuidanceSource, TextCapability, TextInteractionMode

_TAG: Final = re.compile(r"<[a-zA-Z/!?][^<>]*>")

ProfileId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$")]
"""Lower-case letters and digits, in groups joined by one of ``.``, ``_`` and ``-``."""
MessageRole = Literal["system", "user", "assistant", "tool"]
SettingValue = int | float | str | bool | list[int] | list[float] | list[str]
GenerationSettings = dict[str, SettingValue]


def _without_tags(text: str) -> str:
    if found := _TAG.search(text):
        raise ValueError(f"must not hold HTML tags such as {found[0]!a}")
    return text


PlainText = Annotated[str, AfterValidator(_without_tags)]
"""A text that pages can show as it is."""


class _Strict(BaseModel):
    """Closed to fields it does not know."""

    model_config = ConfigDict(extra="forbid")


class GuidanceProfileKind(StrEnum):
    """What a profile tells: how a prompt is built, or what a model is good for."""

    prompt_contract = "prompt_contract"
    usage_recipe = "usage_recipe"


class TemplateSyntax(StrEnum):
    """The language that a template is written in."""

    jinja2 = "jinja2"
    handlebars = "handlebars"
    python_format = "python_format"
    literal = "literal"
    other = "other"


class GuidanceRecordMetadata(_Strict):
    """Who made a profile or an assignment, and when (Unix seconds); kept by the service."""

    revision: int = Field(default=1, ge=1)
    created_at: int | None = None
    created_by: str | None = None
    updated_at: int | None = None
    updated_by: str | None = None


class GuidanceAudienceContent(_Strict):
    """What one kind of reader should know."""

    overview: PlainText = ""
    use_cases: list[PlainText] = Field(default_factory=list[str])
    tips: list[PlainText] = Field(default_factory=list[str])
    caveats: list[PlainText] = Field(default_factory=list[str])


class PromptMessage(_Strict):
    """One turn of a conversation."""

    role: MessageRole
    content: str


class PromptExample(_Strict):
    """A conversation, and how it looks as a prompt."""

    title: str
    description: str | None = None
    messages: list[PromptMessage] = Field(min_length=1)
    rendered_prompt: str | None = None


class AIHordeRequestExample(_Strict):
    """A request to the AI-Horde that does what a profile says."""

    title: str
    prompt: str
    parameters: GenerationSettings = Field(default_factory=dict[str, SettingValue])
    notes: str | None = None


class TemplateVariable(_Strict):
    """What a template leaves open."""

    name: str = Field(min_length=1)
    description: str
    required: bool = True


class RawPromptTemplate(_Strict):
    """A template as its authors wrote it; nobody here runs it."""

    template_id: str = Field(min_length=1)
    name: str
    syntax: TemplateSyntax
    syntax_name: str | None = None
    template: str
    variables: list[TemplateVariable] = Field(default_factory=list[TemplateVariable])

    @model_validator(mode="after")
    def _names_its_syntax(self) -> Self:
        if self.syntax is TemplateSyntax.other and not self.syntax_name:
            raise ValueError("another syntax needs a syntax_name")
        return self


class TextUsageProfile(_Strict):
    """What both kinds of profiles have."""

    profile_id: ProfileId
    display_name: str
    aliases: list[str] = Field(default_factory=list)
    summary: PlainText
    user: GuidanceAudienceContent = Field(default_factory=GuidanceAudienceContent)
    developer: GuidanceAudienceContent = Field(default_factory=GuidanceAudienceContent)
    examples: list[PromptExample] = Field(default_factory=list[PromptExample])
    recommended_settings: GenerationSettings = Field(default_factory=dict[str, SettingValue])
    ai_horde_examples: list[AIHordeRequestExample] = Field(default_factory=list[AIHordeRequestExample])
    sources: list[GuidanceSource] = Field(default_factory=list[GuidanceSource])
    deprecated: bool = False
    metadata: GuidanceRecordMetadata = Field(default_factory=GuidanceRecordMetadata)

    def setting_names(self) -> set[str]:
        """Return the names of all generation settings that the profile speaks of."""
        examples = (name for example in self.ai_horde_examples for name in example.parameters)
        return {*self.recommended_settings, *examples}


class TextPromptContract(TextUsageProfile):
    """How a prompt has to be built."""

    kind: Literal["prompt_contract"] = "prompt_contract"
    interaction_modes: list[TextInteractionMode] = Field(min_length=1)
    accepted_roles: list[MessageRole] = Field(default_factory=list[MessageRole])
    role_markers: dict[str, str] = Field(default_factory=dict)
    stop_sequences: list[str] = Field(default_factory=list)
    templates: list[RawPromptTemplate] = Field(default_factory=list[RawPromptTemplate])


class TextUsageRecipe(TextUsageProfile):
    """What a model can be used for, and how."""

    kind: Literal["usage_recipe"] = "usage_recipe"
    capability: TextCapability | None = None
    scenario: str | None = None


TextProfile = Annotated[TextPromptContract | TextUsageRecipe, Field(discriminator="kind")]


class TextGuidanceAssignment(_Strict):
    """The profiles that hold for a model: one that says how to prompt it, and some that say what for."""

    model_name: str = Field(min_length=1)
    primary_profile_id: str
    supplemental_profile_ids: list[str] = Field(default_factory=list)
    metadata: GuidanceRecordMetadata = Field(default_factory=GuidanceRecordMetadata)

    @model_validator(mode="after")
    def _names_each_profile_once(self) -> Self:
        named = self.profile_ids()
        if len(set(named)) != len(named):
            raise ValueError("a profile is assigned twice")
        return self

    def profile_ids(self) -> tuple[str, ...]:
        """Return all profiles, the primary one first."""
        return (self.primary_profile_id, *self.supplemental_profile_ids)


class TextGuidanceCatalogMetadata(_Strict):
    """The state of the catalogue; every change raises the revision."""

    schema_version: int = 1
    revision: int = Field(default=1, ge=1)
    updated_at: int | None = None


class TextGuidanceCatalog(_Strict):
    """All profiles by id, and all assignments by model."""

    metadata: TextGuidanceCatalogMetadata = Field(default_factory=TextGuidanceCatalogMetadata)
    profiles: dict[str, TextProfile] = Field(default_factory=dict[str, TextProfile])
    assignments: dict[str, TextGuidanceAssignment] = Field(default_factory=dict[str, TextGuidanceAssignment])


class GuidanceProfileChange(_Strict):
    """One profile to write, or to take out of use."""

    operation: Literal["create", "update", "deprecate"]
    profile_id: str
    profile: TextProfile | None = None
    """The whole profile; a deprecation needs none."""
    expected_before: TextProfile | None = None
    """What the proposer saw; None: no such profile."""


class GuidanceAssignmentChange(_Strict):
    """The profiles of one model from then on."""

    model_name: str
    assignment: TextGuidanceAssignment | None = None
    """None takes the assignment away."""
    expected_before: TextGuidanceAssignment | None = None
    """What the proposer saw; None: no assignment."""


class TextGuidanceChangeSet(_Strict):
    """Changes to profiles and assignments that are decided on together; profiles change first."""

    title: str = Field(min_length=1, max_length=160)
    profile_changes: list[GuidanceProfileChange] = Field(default_factory=list[GuidanceProfileChange])
    assignment_changes: list[GuidanceAssignmentChange] = Field(default_factory=list[GuidanceAssignmentChange])

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.profile_changes and not self.assignment_changes:
            raise ValueError("a change set needs at least one change")
        return self
