"""Made-up reference files of any size, in the legacy layout."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

_BASELINES = ("stable diffusion 1", "stable diffusion 2", "stable_diffusion_xl", "flux_1")
_STYLES = ("generalist", "anime", "realistic", "artistic", "furry", "other")


def write_image_models(folder: Path, *, count: int) -> None:
    """Write ``image/stable_diffusion.json`` with ``count`` records of about the size of real ones."""
    file = folder / "image" / "stable_diffusion.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(dict(map(_image_model, range(count))), indent=4))


def model_name(number: int) -> str:
    """Return the name of one of the models."""
    return f"Synthetic Model {number:06d}"


def _image_model(number: int) -> tuple[str, dict[str, Any]]:
    name = model_name(number)
    stem = f"synthetic_{number:06d}"
    showcases = f"https://example.org/showcase/{stem}"
    return name, {
        "name": name,
        "baseline": _BASELINES[number % len(_BASELINES)],
        "type": "ckpt",
        "inpainting": number % 10 == 0,
        "description": f"Made-up model number {number}, as long as the usual description of a model. " * 3,
        "showcases": [f"{showcases}/01_juice.webp", f"{showcases}/02_gigachad.webp"],
        "version": f"{number % 9}.{number % 7}",
        "style": _STYLES[number % len(_STYLES)],
        "tags": [f"tag {number % 50}", f"tag {number % 31}"],
        "trigger": [f"trigger {number % 97}"],
        "homepage": f"https://example.org/models/{number}",
        "nsfw": number % 3 == 0,
        "download_all": False,
        "config": {
            "files": [
                {"path": f"{stem}.safetensors", "sha256sum": sha256(stem.encode()).hexdigest()},
                {"path": "v1-inference.yaml"},
            ],
            "download": [
                {
                    "file_name": f"{stem}.safetensors",
                    "file_path": "",
                    "file_url": f"https://example.org/files/{stem}.safetensors?download=true",
                }
            ],
        },
        "available": False,
        "size_on_disk_bytes": 2_000_000_000 + number,
    }
