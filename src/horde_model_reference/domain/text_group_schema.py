"""How the names of one group of text models are built, where somebody has said so (spec 03 §6)."""

from pydantic import BaseModel, ConfigDict, Field


class TextModelGroupNameSchema(BaseModel):
    """The saved schema of a group."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    separator: str = "-"
    part_order: list[str] = Field(default_factory=lambda: ["base", "size", "variant", "version", "quant"])
    author_included: bool = True
    common_author: str | None = None
    template: str | None = None
    extra_parts: list[str] = Field(default_factory=list)
