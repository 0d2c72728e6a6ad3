"""Groups of text models: the shape of their names, and what version 1 says of each (spec 02 §9, 03 §5)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from horde_model_reference.formats.text_name_parser import (
    NameExtra,
    ParsedName,
    parse_text_name,
    without_quants,
)
from horde_model_reference.formats.text_names import (
    has_backend_prefix,
    size_sort_key,
    split_author,
    strip_backend_prefix,
)

DEFAULT_PART_ORDER = ("base", "size", "variant", "version", "quant")
"""The order of the parts of a name where no name says otherwise."""

SUMMARISED_FIELDS = ("baseline", "nsfw", "description", "tags")
"""The fields of an entry that the summary of its group tells of."""

_EXTRA = "extra:"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFormat:
    """How the names of one group are built (spec 03 §5).

    ``part_order`` holds ``base``, ``size``, ``variant``, ``version``, ``quant`` and ``extra:KIND``;
    ``common_author`` is None unless there is exactly one; ``template`` looks like ``{author}/{base}-{size}``.
    """

    separator: str
    part_order: tuple[str, ...]
    author_included: bool
    common_author: str | None
    template: str
    extra_parts: tuple[str, ...] = ()


def infer_name_format(
    names: Sequence[str], *, parse: Callable[[str], ParsedName] = parse_text_name
) -> NameFormat:
    """Return the format that the richest of a group's names shows (spec 03 §5).

    What stands before a name's first slash counts as its author, so callers give canonical names. ``parse``
    may be a parser that remembers.
    """
    if not names:
        return NameFormat(
            separator="-",
            part_order=DEFAULT_PART_ORDER,
            author_included=False,
            common_author=None,
            template="{base}-{size}",
        )
    authors, models = _authors_and_models(names)
    members = [(model, parse(model)) for model in models]
    separator = _separator(models)
    order = _part_order(*max(members, key=lambda member: _richness(member[1])))
    prefix = "{author}/" if authors else ""
    return NameFormat(
        separator=separator,
        part_order=order,
        author_included=bool(authors),
        common_author=authors[0] if len(authors) == 1 else None,
        template=prefix + separator.join(f"{{{part}}}" for part in order),
        extra_parts=tuple(dict.fromkeys(extra.kind for _, parsed in members for extra in _placed(parsed))),
    )


def _authors_and_models(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the distinct authors, and every name without its author."""
    split = [name.partition("/") for name in names]
    authors = dict.fromkeys(before for before, slash, _ in split if slash)
    return list(authors), [after if slash else before for before, slash, after in split]


def _separator(models: Iterable[str]) -> str:
    unquantised = [without_quants(model) for model in models]
    underscores = sum(model.count("_") for model in unquantised)
    return "_" if underscores > sum(model.count("-") for model in unquantised) else "-"


def _parts(parsed: ParsedName) -> list[tuple[str, str]]:
    """Return the parts that a name has, in the default order, extras last."""
    values = (parsed.base_name, parsed.size, parsed.variant, parsed.version, parsed.quant)
    parts = [(part, value) for part, value in zip(DEFAULT_PART_ORDER, values, strict=True) if value]
    return parts + [(_EXTRA + extra.kind, extra.value) for extra in _placed(parsed)]


def _placed(parsed: ParsedName) -> list[NameExtra]:
    """Return the extras that a format has a place for: a descriptor may stand anywhere."""
    return [extra for extra in parsed.extras if extra.kind != "DESCRIPTOR"]


def _richness(parsed: ParsedName) -> int:
    return len(_parts(parsed))


def _part_order(model: str, parsed: ParsedName) -> tuple[str, ...]:
    lowered = model.lower()
    offsets = [(lowered.find(value.lower()), part) for part, value in _parts(parsed)]
    found = sorted((offset, index, part) for index, (offset, part) in enumerate(offsets) if offset >= 0)
    return tuple(part for _, _, part in found)


def with_groups(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the version 1 text entries, each with its group and a summary of that group (spec 02 §9).

    The entries of a group share one summary object. Members are counted, and their names compared, without
    the per-backend duplicates.
    """
    added = group_fields(entries)
    return {key: {**entry, **added[key]} for key, entry in entries.items()}


def group_fields(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what `with_groups` adds to each entry; of the entries only `SUMMARISED_FIELDS` are read."""
    parse = cache(parse_text_name)  # for this call: the duplicates of a model share most of their names
    members: dict[str, list[str]] = {}
    for key in entries:
        members.setdefault(parse(split_author(key)[1]).base_name, []).append(key)
    added = {
        group: {"text_model_group": group, "text_model_group_summary": _summary(keys, entries, parse)}
        for group, keys in members.items()
    }
    return {key: added[group] for group, keys in members.items() for key in keys}


def _summary(
    keys: Sequence[str], entries: Mapping[str, Mapping[str, Any]], parse: Callable[[str], ParsedName]
) -> dict[str, Any]:
    # The short duplicate of a name with several slashes may be in a group without a canonical member.
    canonical = [key for key in keys if not has_backend_prefix(key)] or keys
    parsed = [parse(name) for name in dict.fromkeys(map(strip_backend_prefix, keys))]
    members = [entries[key] for key in keys]
    baselines = {entry["baseline"] for entry in members if entry.get("baseline")}
    return {
        "member_count": len(canonical),
        "available_sizes": sorted({name.size for name in parsed if name.size}, key=size_sort_key),
        "available_quants": sorted({name.quant for name in parsed if name.quant}),
        "common_baseline": baselines.pop() if len(baselines) == 1 else None,
        "any_nsfw": any(bool(entry.get("nsfw")) for entry in members),
        "any_has_description": any(bool(entry.get("description")) for entry in members),
        "merged_tags": sorted({tag for entry in members for tag in entry.get("tags") or ()}),
        "name_format": _version_1_form(infer_name_format(canonical, parse=parse)),
    }


def _version_1_form(name_format: NameFormat) -> dict[str, Any]:
    return {
        "separator": name_format.separator,
        "part_order": list(name_format.part_order),
        "author_included": name_format.author_included,
        "common_author": name_format.common_author,
        "template": name_format.template,
    }
