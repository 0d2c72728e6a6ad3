"""Sizes of models in a few steps: files in bytes, text models in weights."""

from typing import Final

from horde_model_reference.catalog.statistics import PARAMETER_BUCKETS

_BILLION: Final = 10**9

Bucket = tuple[str, int, int | None]
"""Label, lower edge (included) and upper edge (excluded), None for no end."""

FILE_SIZE_BUCKETS: Final[tuple[Bucket, ...]] = (
    ("< 2GB", 0, 2 * _BILLION),
    ("2GB-4GB", 2 * _BILLION, 4 * _BILLION),
    ("4GB-8GB", 4 * _BILLION, 8 * _BILLION),
    ("8GB-16GB", 8 * _BILLION, 16 * _BILLION),
    ("> 16GB", 16 * _BILLION, None),
)
"""In bytes, 10^9 to a GB."""

SIZE_FIELDS: Final[dict[str, tuple[Bucket, ...]]] = {
    "size_on_disk_bytes": FILE_SIZE_BUCKETS,
    "parameters_count": PARAMETER_BUCKETS,
}
"""The fields that hold sizes; each record has one of the two."""


def is_in_bucket(size: int | None, bucket: Bucket) -> bool:
    """Tell whether a size lies in a bucket; one that isn't known lies in none."""
    _, low, high = bucket
    return size is not None and low <= size and (high is None or size < high)


def field_and_bucket(label: str) -> tuple[str, Bucket]:
    """Return the bucket of a label, and the field it is about; raise ValueError for an unknown label."""
    for field, buckets in SIZE_FIELDS.items():
        for bucket in buckets:
            if bucket[0] == label:
                return field, bucket
    known = ", ".join(bucket[0] for buckets in SIZE_FIELDS.values() for bucket in buckets)
    raise ValueError(f"there is no size {label!r}; there are {known}")
