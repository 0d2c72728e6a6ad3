"""Searches that people make, and what they would want to find: a judged set over the real records.

A judgement is a pattern of names with a grade; the first pattern that fits a name counts. 3 is the record
that was meant, 2 as good an answer as any, 1 a close relative. ``#tag`` stands for the records with that tag.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["exact", "prefix", "misspelt", "spaced", "tag"]


@dataclass(frozen=True)
class JudgedQuery:
    """One search, and how good each record is as an answer."""

    kind: Kind
    text: str
    judgements: Sequence[tuple[str, int]]

    def grade(self, name: str, tags: Collection[str]) -> int:
        """Return how good a record is as an answer: 0 to 3."""
        for pattern, grade in self.judgements:
            if pattern.startswith("#"):
                if pattern[1:] in tags:
                    return grade
            elif re.search(pattern, name):
                return grade
        return 0


def _judged(kind: Kind, judgements_of: dict[str, Sequence[tuple[str, int]]]) -> list[JudgedQuery]:
    return [JudgedQuery(kind, text, judgements) for text, judgements in judgements_of.items()]


_EXACT = _judged(
    "exact",
    {
        "Deliberate": [("^Deliberate$", 3), ("Deliberate", 1)],
        "Dreamshaper": [("^Dreamshaper$", 3), ("^DreamShaper", 1)],
        "AlbedoBase XL (SDXL)": [(r"^AlbedoBase XL \(SDXL\)$", 3), ("^AlbedoBase", 1)],
        "stable_diffusion": [("^stable_diffusion$", 3), ("^stable_diffusion|^Stable ", 1)],
        "Pony Diffusion XL": [("^Pony Diffusion XL$", 3)],
        "SDXL 1.0": [("^SDXL 1.0$", 3)],
        "RPG": [("^RPG$", 3), ("RPG", 1)],
        "majicMIX realistic": [("^majicMIX realistic$", 3)],
        "ViT-L/14": [("^ViT-L/14$", 3)],
        "control_canny": [("^control_canny$", 3), ("^control_canny_sd2$", 1)],
        "4x_AnimeSharp": [("^4x_AnimeSharp$", 3)],
        "TheDrummer/Cydonia-24B-v4.3": [("/Cydonia-24B-v4.3$", 3)],
        "Sao10K/L3-8B-Stheno-v3.2": [("/L3-8B-Stheno-v3.2$", 3)],
        "gpt2": [("^gpt2$", 3), ("^gpt2-", 1)],
    },
)
_PREFIX = _judged(
    "prefix",
    {
        "jugg": [("^Juggernaut XL$", 3)],
        "delib": [("^Deliberate", 3), ("Deliberate$", 2)],
        "counterf": [("^Counterfeit$", 3)],
        "waifu": [("^waifu_diffusion$", 3)],
        "animag": [("^Animagine XL$", 3)],
        "cyber": [("^CyberRealistic Pony$", 3)],
        "zavy": [("^ZavyChromaXL$", 3)],
        "stheno": [("/(.*-)?Stheno", 2)],
        "fimbul": [("/Fimbulvetr-11B-v2$", 3)],
        "rocin": [("/Rocinante", 2)],
        "codel": [("/CodeLlama", 2)],
        "lumim": [("Lumimaid", 2)],
    },
)
_MISSPELT = _judged(
    "misspelt",
    {
        "delibrate": [("^Deliberate", 3), ("[dD]eliberate|^Reliberate", 1)],
        "dreamshapr": [("(?i)^Dreamshaper", 3)],
        "jugernaut": [("^Juggernaut XL$", 3)],
        "albedobsae": [("^AlbedoBase", 3)],
        "counterfiet": [("^Counterfeit$", 3)],
        "animagin xl": [("^Animagine XL$", 3)],
        "pony realsim": [("^Pony Realism$", 3)],
        "absolutreality": [("^AbsoluteReality$", 3)],
        "realistc vision": [("^Realistic Vision$", 3), ("^Realistic Vision", 2)],
        "ilustrious": [("Illustrious|illustrious", 2)],
        "inpaintng": [("(?i)inpainting", 2)],
        "mytomax": [("/MythoMax", 3)],
        "cydonai": [("Cydonia", 2)],
        "behemot": [("Behemoth", 2)],
        "mixtrl": [("(?i)Mixtral", 2)],
        "rocinannte": [("/Rocinante", 2)],
        "euryle": [("/.*Euryale", 2)],
        "wizrdlm": [("/WizardLM", 2)],
    },
)
_SPACED = _judged(
    "spaced",
    {
        "dream shaper": [("^Dreamshaper$", 3), ("^DreamShaper", 2)],
        "albedobasexl": [("^AlbedoBase XL", 3)],
        "pastelmix": [("^Pastel Mix$", 3)],
        "sd xl 1.0": [("^SDXL 1.0$", 3)],
        "abyssorangemix": [("^Abyss ?OrangeMix", 3)],
        "zavy chroma xl": [("^ZavyChromaXL$", 3)],
        "never ending dream": [("^NeverEnding Dream$", 3)],
        "mytho max": [("/MythoMax", 3)],
        "wizard lm 13b": [("/WizardLM-13B", 3), ("/WizardLM-1.0-Uncensored-Llama2-13b", 2)],
        "qwen 2.5 coder 7b": [("/Qwen2.5-Coder-7B", 3)],
    },
)
_TAG = _judged(
    "tag",
    {
        "hentai": [("(?i)hentai", 2), ("#hentai", 2)],
        "retro": [("#retro", 2)],
        "booru": [("#booru", 2)],
        "agentic": [("#agentic", 2)],
        "horror": [("#horror", 2)],
        "mathematics": [("#mathematics", 2)],
    },
)

JUDGED_QUERIES: tuple[JudgedQuery, ...] = (*_EXACT, *_PREFIX, *_MISSPELT, *_SPACED, *_TAG)
