"""The pages of text models by family and group."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.live import WorkKind
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.text_directory import group_aliases, group_families
from horde_model_reference.catalog.text_groups import TextGroups
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import CategoryNotFoundError, RecordNotFoundError
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.service.derived_answers import DerivedAnswers
from horde_model_reference.service.web.browse.text_groups import (
    by_initial,
    group_members,
    group_traits,
    text_families,
    text_group,
    text_groups,
)
from horde_model_reference.service.web.live_figures import LIVE_FOR_SECONDS, figures_by_name, live_or_none
from horde_model_reference.service.web.page_answers import shared_page

router = APIRouter(prefix="/text")


@router.get("")
@router.get("/groups")
async def text() -> Response:
    """Lead to where all groups are, from addresses that people shorten by hand."""
    return RedirectResponse("/text/families", 307)


@router.get("/families")
async def families(request: Request) -> Response:
    """Show the families of text models with their groups."""
    snapshot, aliases, said = _data(request)

    def make() -> dict[str, object]:
        groups = text_groups(
            _known_groups(request, snapshot), aliases.made(group_aliases), said.made(group_families)
        )
        found = text_families(groups.values())
        alone = [group for family in found if not family.name for group in family.groups]
        return {
            "families": [family for family in found if family.name],
            "without_family": by_initial(alone),
            "model_count": len(snapshot),
            "group_count": len(groups),
        }

    made_of = (snapshot.v2.tag, aliases.serial, said.serial)
    return await shared_page(request, "text_families.html", made_of, make)


@router.get("/groups/{name:path}")
async def group(request: Request, name: str) -> Response:
    """Show the models of one group."""
    snapshot, aliases, said = _data(request)
    live = await live_or_none(request, WorkKind.text)

    def make() -> dict[str, object]:
        known = _known_groups(request, snapshot)
        found = text_group(known, name, aliases.made(group_aliases), said.made(group_families))
        if found is None:
            raise RecordNotFoundError(f"There is no group '{name}' of text models.")
        members = group_members(snapshot, found)
        return {
            "group": found,
            "members": members,
            "traits": group_traits(members),
            "figures": figures_by_name(request, snapshot, live),
            "figures_at": live.fetched_at if live else None,
        }

    made_of = (snapshot.v2.tag, aliases.serial, said.serial, live.version if live else None)
    return await shared_page(request, "text_group.html", made_of, make, for_seconds=LIVE_FOR_SECONDS)


def _known_groups(request: Request, snapshot: CategorySnapshot) -> TextGroups:
    answers: DerivedAnswers = request.app.state.derived_answers
    return answers.current_text_groups(snapshot)


def _data(request: Request) -> tuple[CategorySnapshot, ResourceCatalog, ResourceCatalog]:
    """Return the text models, and what is said of their groups: aliases and families."""
    registry: Registry = request.app.state.registry
    catalog = registry.catalog
    snapshot = catalog.snapshot(Category.text_generation)
    if snapshot is None:
        raise CategoryNotFoundError("There are no text models here.")
    return (
        snapshot,
        catalog.resources(CatalogName.text_aliases),
        catalog.resources(CatalogName.text_families),
    )
