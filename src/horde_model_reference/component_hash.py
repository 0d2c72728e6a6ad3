"""The identity of a model's part, by its tensors alone (spec 30 §11)."""

from horde_model_reference.client.component_hash import (
    ComponentKind,
    NoComponentTensorsError,
    component_kind_for_purpose,
    extract_embedded_vae,
    extract_embedded_vae_file,
    hash_embedded_component,
    hash_embedded_component_file,
    hash_embedded_component_url,
    hash_standalone_component,
    hash_standalone_component_file,
    hash_standalone_component_url,
)
from horde_model_reference.client.region_readers import (
    HttpRangeRegionReader,
    LocalFileRegionReader,
    RangeNotSupportedError,
    RegionReader,
)
from horde_model_reference.client.safetensors import ComponentTensor, UnsupportedContainerError

__all__ = [
    "ComponentKind",
    "ComponentTensor",
    "HttpRangeRegionReader",
    "LocalFileRegionReader",
    "NoComponentTensorsError",
    "RangeNotSupportedError",
    "RegionReader",
    "UnsupportedContainerError",
    "component_kind_for_purpose",
    "extract_embedded_vae",
    "extract_embedded_vae_file",
    "hash_embedded_component",
    "hash_embedded_component_file",
    "hash_embedded_component_url",
    "hash_standalone_component",
    "hash_standalone_component_file",
    "hash_standalone_component_url",
]
