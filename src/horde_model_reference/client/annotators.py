"""The files of the programs that prepare pictures for controlnets (spec 30 §9, §12)."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from horde_model_reference.client.layout import exists, first_existing

ANNOTATOR_HF_REPO: Final = "lllyasviel/Annotators"
"""The Hugging Face repository that most of the files come from."""

ANNOTATORS_FOLDER: Final = "annotators"
"""Folder of these files inside that of the controlnets."""

_CONTROLNET_FOLDER = "controlnet"


@dataclass(frozen=True, slots=True)
class AnnotatorFile:
    """One file in a Hugging Face repository, and what needs it."""

    repo: str
    filename: str
    subfolder: str = ""
    """Folder inside the repository; empty: its top."""
    sha256: str | None = None
    control_types: tuple[str, ...] = ()
    """The controls that need the file, the main one first."""
    preprocessors: tuple[str, ...] = ()
    """The programs that read it."""

    @property
    def _path_in_repo(self) -> str:
        return f"{self.subfolder}/{self.filename}" if self.subfolder else self.filename

    @property
    def relative_path(self) -> str:
        """Path below the annotators' folder, with forward slashes: the repository, then the path in it."""
        return f"{self.repo}/{self._path_in_repo}"

    @property
    def origin_url(self) -> str:
        """Where the file is fetched from."""
        return f"https://huggingface.co/{self.repo}/resolve/main/{self._path_in_repo}"


ANNOTATOR_FILES: Final[tuple[AnnotatorFile, ...]] = (
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "ControlNetHED.pth",
        sha256="5ca93762ffd68a29fee1af9d495bf6aab80ae86f08905fb35472a083a4c7a8fa",
        control_types=("hed", "fakescribbles"),
        preprocessors=("HEDPreprocessor", "FakeScribblePreprocessor"),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "res101.pth",
        sha256="1d696b2ef3e8336b057d0c15bc82d2fecef821bfebe5ef9d7671a5ec5dde520b",
        control_types=("depth",),
        preprocessors=("LeReS-DepthMapPreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "latest_net_G.pth",
        sha256="50ec735d74ed6499562d898f41b49343e521808b8dae589aa3c2f5c9ac9f7462",
        control_types=("depth",),
        preprocessors=("LeReS-DepthMapPreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "body_pose_model.pth",
        sha256="25a948c16078b0f08e236bda51a385d855ef4c153598947c28c0d47ed94bb746",
        control_types=("openpose",),
        preprocessors=("OpenposePreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "hand_pose_model.pth",
        sha256="b76b00d1750901abd07b9f9d8c98cc3385b8fe834a26d4b4f0aad439e75fc600",
        control_types=("openpose",),
        preprocessors=("OpenposePreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "facenet.pth",
        sha256="8beb52e548624ffcc4aed12af7aee7dcbfaeea420c75609fee999fe7add79d43",
        control_types=("openpose",),
        preprocessors=("OpenposePreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "upernet_global_small.pth",
        sha256="bebfa1264c10381e389d8065056baaadbdadee8ddc6e36770d1ec339dc84d970",
        control_types=("seg",),
        preprocessors=("SemSegPreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "mlsd_large_512_fp32.pth",
        sha256="5696f168eb2c30d4374bbfd45436f7415bb4d88da29bea97eea0101520fba082",
        control_types=("mlsd", "hough"),
        preprocessors=("M-LSDPreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "sk_model.pth",
        sha256="c686ced2a666b4850b4bb6ccf0748031c3eda9f822de73a34b8979970d90f0c6",
        control_types=("lineart",),
        preprocessors=("LineArtPreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "sk_model2.pth",
        sha256="30a534781061f34e83bb9406b4335da4ff2616c95d22a585c1245aa8363e74e0",
        control_types=("lineart",),
        preprocessors=("LineArtPreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "netG.pth",
        sha256="ccabdcc3f5cf3c07cf65d58776acb21df7dfda825cdc70c9766a93fd62bfc488",
        control_types=("lineart_anime",),
        preprocessors=("AnimeLineArtPreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "erika.pth",
        sha256="badbd6baf013cefbd98993307b02cc14a26c770d067416e4fdecc8720b88feeb",
        control_types=("lineart_anime_denoise",),
        preprocessors=("Manga2Anime_LineArt_Preprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "table5_pidinet.pth",
        sha256="80860ac267258b5f27486e0ef152a211d0b08120f62aeb185a050acc30da486c",
        control_types=("pidinet", "scribble_pidinet"),
        preprocessors=("PiDiNetPreprocessor", "Scribble_PiDiNet_Preprocessor"),
    ),
    AnnotatorFile(
        "bdsqlsz/qinglong_controlnet-lllite",
        "7_model.pth",
        subfolder="Annotators",
        sha256="b9037964149c55156c6adbffdfbd7e8ca7d2ef2a4d90573520efa7f3a1aacf06",
        control_types=("teed",),
        preprocessors=("TEEDPreprocessor",),
    ),
    AnnotatorFile(
        ANNOTATOR_HF_REPO,
        "scannet.pt",
        sha256="03dbf1600c51ee3d45c29f77b77bf1a3b7a24c3452dba62a4ae658f37330c209",
        control_types=("normal_bae",),
        preprocessors=("BAE-NormalMapPreprocessor",),
    ),
    AnnotatorFile(
        "depth-anything/Depth-Anything-V2-Large",
        "depth_anything_v2_vitl.pth",
        sha256="a7ea19fa0ed99244e67b624c72b8580b7e9553043245905be58796a608eb9345",
        control_types=("depth_anything_v2",),
        preprocessors=("DepthAnythingV2Preprocessor",),
    ),
)
"""Every known file, in the order in which they are fetched."""


def annotators_for_control_types(control_types: Iterable[str]) -> list[AnnotatorFile]:
    """Return the files that any of these controls needs, in catalog order and each once."""
    wanted = set(control_types)
    return [known for known in ANNOTATOR_FILES if not wanted.isdisjoint(known.control_types)]


def annotator_root(root: str | os.PathLike[str]) -> Path:
    """Return the annotators' folder below a weights root."""
    return Path(root, _CONTROLNET_FOLDER, ANNOTATORS_FOLDER)


def annotator_file_path(
    annotator: AnnotatorFile,
    root: str | os.PathLike[str],
    *,
    extra_roots: Sequence[str | os.PathLike[str]] = (),
) -> Path:
    """Return the first copy of a file that exists, else the place below ``root``."""
    place = Path(_CONTROLNET_FOLDER, ANNOTATORS_FOLDER, annotator.relative_path)
    return first_existing(place, root, extra_roots)


def annotators_present(
    annotators: Iterable[AnnotatorFile],
    root: str | os.PathLike[str],
    *,
    extra_roots: Sequence[str | os.PathLike[str]] = (),
) -> bool:
    """Return whether all of these files exist; True where there are none."""
    return all(exists(annotator_file_path(each, root, extra_roots=extra_roots)) for each in annotators)


def annotators_present_for_control_types(
    control_types: Iterable[str],
    root: str | os.PathLike[str],
    *,
    extra_roots: Sequence[str | os.PathLike[str]] = (),
) -> bool:
    """Return whether all files that these controls need exist; a control that needs none is always ready."""
    return annotators_present(annotators_for_control_types(control_types), root, extra_roots=extra_roots)
