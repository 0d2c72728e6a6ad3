"""Wire forms of the small answers (contract: openapi-facts.json); records have their own types."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, Field

from horde_model_reference.domain.categories import Category
from horde_model_reference.settings import CanonicalFormat, ReplicateMode


class ContainsMessage(BaseModel):
    """A text for people."""

    message: str


class ErrorDetail(BaseModel):
    """One thing that is wrong with a request."""

    type: str
    loc: list[str | int]
    msg: str
    input: Any = None
    ctx: dict[str, Any] | None = None


class ErrorResponse(BaseModel):
    """The envelope of every error."""

    detail: str | list[ErrorDetail]


class AIHordeStatus(BaseModel):
    """How calls to the AI-Horde fare."""

    degraded: bool
    consecutive_failures: int
    seconds_until_retry: float | None


class HeartbeatResponse(BaseModel):
    """Whether the service is well; `store` is there only where the database isn't."""

    status: str
    ai_horde: AIHordeStatus
    store: "StoreStatus | None" = None


class StoreStatus(BaseModel):
    """What is wrong with the database, and how old the data is that is served meanwhile."""

    status: str
    detail: str
    data_age_seconds: int


class BackendInfo(BaseModel):
    """What this deployment may do."""

    replicate_mode: ReplicateMode
    canonical_format: CanonicalFormat
    writable: bool


class LastUpdatedResponse(BaseModel):
    """Time of the last operation on any category, in Unix seconds."""

    last_updated: int | None


class CategoryLastUpdatedResponse(BaseModel):
    """Time of the last operation on a category, in Unix seconds."""

    category: str
    last_updated: int | None


class OperationType(StrEnum):
    """What was done to a record."""

    create = "create"
    update = "update"
    delete = "delete"


class CategoryMetadata(BaseModel):
    """Bookkeeping of the operations on a category (spec 11, Metadata); times are Unix seconds."""

    category: Category
    last_updated: int
    last_operation_type: OperationType | None = None
    last_operation_model: str | None = None
    total_creates: Annotated[int, Field(ge=0)] = 0
    total_updates: Annotated[int, Field(ge=0)] = 0
    total_deletes: Annotated[int, Field(ge=0)] = 0
    total_models: Annotated[int, Field(ge=0)] = 0
    initialization_time: int
    last_successful_operation: int
    error_count: int = 0
    metadata_schema_version: str = "1.0.0"
    backend_type: str = "FileSystemBackend"
    """The name that existing clients know; it says nothing about where the data is."""
