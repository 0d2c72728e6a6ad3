"""What text records claim about a model, and where the claim comes from (spec 01 §5.6)."""

from enum import StrEnum
from typing import Final

from pydantic import ConfigDict, Field, HttpUrl

from horde_model_reference.domain.sharing import Shareable


class TextInteractionMode(StrEnum):
    """How one talks with a text model."""

    completion = "completion"
    instruction = "instruction"
    chat = "chat"


class TextCapability(StrEnum):
    """What a text model can do beyond writing text."""

    tool_calling = "tool_calling"
    structured_output = "structured_output"


class SupportStatus(StrEnum):
    """Whether a model supports something, as far as is known."""

    supported = "supported"
    unsupported = "unsupported"
    unknown = "unknown"


class TextGuidanceStatus(StrEnum):
    """What is known about prompting a model: profiles, an old label, or nothing."""

    published = "published"
    legacy_label = "legacy_label"
    undocumented = "undocumented"


class _Strict(Shareable):
    """Closed to fields it does not know (spec 01 §3)."""

    model_config = ConfigDict(extra="forbid")


class GuidanceSource(_Strict):
    """A page that backs a claim."""

    url: HttpUrl
    """Kept in normal form: ``https://a`` becomes ``https://a/``."""
    title: str | None = None
    note: str | None = None


class TextContextWindow(_Strict):
    """How many tokens a model can take in at once."""

    maximum_tokens: int = Field(ge=1)
    sources: list[GuidanceSource] = Field(default_factory=list[GuidanceSource])
    qualification: str | None = None


class SupportClaim(_Strict):
    """Whether a model supports a mode or a capability."""

    status: SupportStatus
    sources: list[GuidanceSource] = Field(default_factory=list[GuidanceSource])
    qualification: str | None = None


class TextGuidanceSummary(_Strict):
    """How to prompt the model, in short; computed on reads and never stored (spec 01 §7)."""

    status: TextGuidanceStatus
    primary_profile_id: str | None = None
    supplemental_profile_ids: list[str] = Field(default_factory=list)


KNOWN_TEXT_SETTINGS: Final = frozenset(
    {
        "n",
        "frmtadsnsp",
        "frmtrmblln",
        "frmtrmspch",
        "frmttriminc",
        "max_context_length",
        "max_length",
        "rep_pen",
        "rep_pen_range",
        "rep_pen_slope",
        "singleline",
        "temperature",
        "tfs",
        "top_a",
        "top_k",
        "top_p",
        "typical",
        "sampler_order",
        "use_default_badwordsids",
        "stop_sequence",
        "min_p",
        "smoothing_factor",
        "dynatemp_range",
        "dynatemp_exponent",
    }
)
"""Names that the settings of a text model may have when they are written (spec 01 §2)."""
