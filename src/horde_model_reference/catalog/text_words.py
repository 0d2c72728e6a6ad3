"""Texts as the words that people look for."""

import re

_WORD = re.compile(r"[^\W_]+(?:\.\d+)*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+(?:\.\d+)*")
_GAP = re.compile(r"[\W_]+")


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; a version such as ``v3.2`` is one."""
    return _WORD.findall(text.lower())


def squeezed(text: str) -> str:
    """Return letters and digits alone, in lower case: the same however a name is spaced."""
    return _GAP.sub("", text.lower())


def squeezed_model_name(name: str) -> str:
    """Return a name squeezed, without its author."""
    return squeezed(name.rpartition("/")[2])


def words_and_spellings(text: str) -> tuple[list[str], list[str]]:
    """Return the words of a name, and other words for it.

    Those are the parts of its words, neighbours as one word, and versions without dots.
    """
    found: list[str] = []
    otherwise: list[str] = []
    previous = ""
    for written in _WORD.findall(text):
        word = written.lower()
        # Most words are of one part, and finding that out first is quicker.
        if not written[1:].islower() or not word.isalpha():
            parts = _PART.findall(written)
            if len(parts) > 1:
                otherwise += [part.lower() for part in parts if len(part) > 1 or part.isdigit()]
        if "." in word:
            otherwise.append(word.replace(".", ""))
        if previous and not _is_long_number(previous) and not _is_long_number(word):
            otherwise.append(previous + word)
        found.append(word)
        previous = word
    return found, otherwise


def _is_long_number(word: str) -> bool:
    # Joined with their neighbours, numbers of a series would only fill the index.
    return len(word) > 2 and word.isdigit()
