"""What a checkpoint is made of, remembered in a small file beside it (spec 30 §11)."""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, TypeVar, cast

from horde_model_reference.client.checksum_files import write_atomically
from horde_model_reference.client.component_hash import (
    ComponentKind,
    NoComponentTensorsError,
    content_hash_of,
    embedded_tensors,
    extract_embedded_vae_file,
)
from horde_model_reference.client.region_readers import LocalFileRegionReader
from horde_model_reference.client.safetensors import read_tensors
from horde_model_reference.domain.checksums import is_sha256
from horde_model_reference.formats.json_text import FormatError, read_json_object

_T = TypeVar("_T")

_logger = logging.getLogger(__name__)

SIDECAR_SUFFIX: Final = ".component-identity.json"
SIDECAR_SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedComponent:
    """A part of a checkpoint."""

    content_hash: str
    tensor_bytes: int
    """Sum over the bytes of its tensors."""
    extracted_file_name: str | None = None
    """Name of the file that the part was written to; None: it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentIdentity:
    """What a checkpoint is made of."""

    schema_version: int = SIDECAR_SCHEMA_VERSION
    ckpt_file_name: str
    ckpt_size_bytes: int
    total_tensor_bytes: int
    embedded: Mapping[str, EmbeddedComponent]
    """By kind (``vae``, ``text_encoders``): the parts it holds."""

    @property
    def residual_tensor_bytes(self) -> int:
        """Bytes of the tensors that belong to none of the known parts."""
        return self.total_tensor_bytes - sum(part.tensor_bytes for part in self.embedded.values())


def sidecar_path_for(path: str | os.PathLike[str]) -> Path:
    """Return where the identity of a checkpoint is remembered."""
    checkpoint = Path(path)
    return checkpoint.with_name(checkpoint.name + SIDECAR_SUFFIX)


def read_sidecar(path: str | os.PathLike[str]) -> ComponentIdentity | None:
    """Return the remembered identity of a checkpoint.

    None: there is none, it is broken, or the checkpoint has another size by now.
    """
    try:
        identity = _identity_in(read_json_object(sidecar_path_for(path).read_bytes()))
        return identity if identity.ckpt_size_bytes == Path(path).stat().st_size else None
    except (OSError, FormatError):
        return None


def _identity_in(document: Mapping[str, object]) -> ComponentIdentity:
    if document.get("schema_version") != SIDECAR_SCHEMA_VERSION:
        raise FormatError("the identity is of another version")
    parts = _object_in(document.get("embedded"))
    return ComponentIdentity(
        ckpt_file_name=_typed(document, "ckpt_file_name", str),
        ckpt_size_bytes=_typed(document, "ckpt_size_bytes", int),
        total_tensor_bytes=_typed(document, "total_tensor_bytes", int),
        embedded={kind.value: _part_in(_object_in(parts[kind])) for kind in ComponentKind if kind in parts},
    )


def _part_in(document: Mapping[str, object]) -> EmbeddedComponent:
    extracted = document.get("extracted_file_name")
    content_hash = _typed(document, "content_hash", str)
    if not is_sha256(content_hash):
        raise FormatError("a part has no content hash")
    return EmbeddedComponent(
        content_hash=content_hash,
        tensor_bytes=_typed(document, "tensor_bytes", int),
        extracted_file_name=extracted if isinstance(extracted, str) else None,
    )


def _object_in(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise FormatError("an object is missing")
    return cast("dict[str, object]", value)


def _typed(document: Mapping[str, object], key: str, wanted: type[_T]) -> _T:
    value = document.get(key)
    if not isinstance(value, wanted):
        raise FormatError(f"{key} is missing or of the wrong type")
    return value


def ensure_sidecar(
    path: str | os.PathLike[str],
    *,
    extract_vae: bool = False,
    extraction_dir: str | os.PathLike[str] | None = None,
) -> ComponentIdentity:
    """Return the identity of a checkpoint, worked out and remembered where it was not yet.

    Args:
        path: The checkpoint.
        extract_vae: Whether its VAE, if it has one, must lie in a file of its own too.
        extraction_dir: The folder for that file, which gets its name from its content.

    Raises:
        ValueError: ``extract_vae`` without a folder.
        UnsupportedContainerError: It is no safetensors container, or a damaged one.
        OSError: It can't be read, or the VAE can't be written.
    """
    if extract_vae and extraction_dir is None:
        raise ValueError("extract_vae needs extraction_dir, the folder to write the VAE to")
    checkpoint = Path(path)
    remembered = read_sidecar(checkpoint)
    identity = remembered or _identify(checkpoint)
    if extract_vae and extraction_dir is not None:
        identity = _with_extracted_vae(identity, checkpoint, Path(extraction_dir))
    if identity != remembered:
        _write(checkpoint, identity)
    return identity


def _identify(checkpoint: Path) -> ComponentIdentity:
    embedded: dict[str, EmbeddedComponent] = {}
    with LocalFileRegionReader(checkpoint) as reader:
        tensors = read_tensors(reader)
        for kind in ComponentKind:
            try:
                part = embedded_tensors(tensors, kind)
            except NoComponentTensorsError:
                continue
            embedded[kind.value] = EmbeddedComponent(
                content_hash=content_hash_of(reader, part),
                tensor_bytes=sum(tensor.length for tensor in part),
            )
    return ComponentIdentity(
        ckpt_file_name=checkpoint.name,
        ckpt_size_bytes=checkpoint.stat().st_size,
        total_tensor_bytes=sum(tensor.length for tensor in tensors),
        embedded=embedded,
    )


def _with_extracted_vae(identity: ComponentIdentity, checkpoint: Path, folder: Path) -> ComponentIdentity:
    vae = identity.embedded.get(ComponentKind.VAE.value)
    if vae is None:
        return identity
    target = folder / f"vae-{vae.content_hash[:16]}.safetensors"
    if not target.exists():
        written = extract_embedded_vae_file(checkpoint, target)
        if written != vae.content_hash:
            # A checkpoint of the same size took the place of the one that was remembered.
            target.unlink(missing_ok=True)
            return _with_extracted_vae(_identify(checkpoint), checkpoint, folder)
    extracted = replace(vae, extracted_file_name=target.name)
    return replace(identity, embedded={**identity.embedded, ComponentKind.VAE.value: extracted})


def _write(checkpoint: Path, identity: ComponentIdentity) -> None:
    try:
        write_atomically(sidecar_path_for(checkpoint), json.dumps(asdict(identity), indent=2).encode())
    except OSError as error:  # a read-only folder of weights: it is worked out again next time
        _logger.warning("the identity of %s was not written: %s", checkpoint.name, error)
