"""Does what the database holds fit together?"""

import orjson
import sqlalchemy as sa

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import ResourceType
from horde_model_reference.store.engine import is_sqlite
from horde_model_reference.store.tables import (
    CategoryRow,
    RecordRow,
    RecordVersionRow,
    RegistryRow,
    ResourceCatalogRow,
    ResourceVersionRow,
)

_NAMED_AT_MOST = 10


def find_damage(connection: sa.Connection) -> list[str]:
    """Read the whole database and return what is wrong with it, one clause each."""
    return [
        *_broken_pages(connection),
        *_broken_serials(connection),
        *_broken_revisions(connection),
        *_broken_heads(connection),
        *_broken_documents(connection),
        *_broken_catalogs(connection),
        *_broken_resources(connection),
    ]


def _broken_pages(connection: sa.Connection) -> list[str]:
    if not is_sqlite(connection.engine):
        return []
    answers = connection.exec_driver_sql(f"PRAGMA integrity_check({_NAMED_AT_MOST})").scalars().all()
    return [str(answer) for answer in answers if answer != "ok"]


def _broken_serials(connection: sa.Connection) -> list[str]:
    versions = sa.union_all(
        sa.select(RecordVersionRow.serial), sa.select(ResourceVersionRow.serial)
    ).subquery()
    numbers = versions.c.serial
    newest, count, different = connection.execute(
        sa.select(
            sa.func.coalesce(sa.func.max(numbers), 0),
            sa.func.count(numbers),
            sa.func.count(sa.distinct(numbers)),
        )
    ).one()
    serial = connection.execute(sa.select(RegistryRow.serial)).scalar()
    if serial == newest == count == different:
        return []
    return [f"the serial is {serial}, but there are {count} versions up to {newest}"]


def _broken_revisions(connection: sa.Connection) -> list[str]:
    by_category = sa.select(RecordVersionRow.category, sa.func.max(RecordVersionRow.serial))
    newest: dict[str, int] = dict(connection.execute(by_category.group_by(RecordVersionRow.category)).all())
    # Text models show the guidance that is assigned to them.
    assigned = connection.execute(
        sa.select(sa.func.max(ResourceVersionRow.serial)).where(
            ResourceVersionRow.resource_type == ResourceType.guidance_assignment.value
        )
    ).scalar()
    text = Category.text_generation.value
    newest[text] = max(newest.get(text, 0), assigned or 0)
    rows = connection.execute(sa.select(CategoryRow.name, CategoryRow.revision))
    return [
        f"{name} is at revision {revision}, its last change is {newest.get(name, 0)}"
        for name, revision in rows
        if revision != newest.get(name, 0)
    ]


def _broken_heads(connection: sa.Connection) -> list[str]:
    newest = (
        sa.select(sa.func.max(RecordVersionRow.serial).label("serial"))
        .group_by(RecordVersionRow.category, RecordVersionRow.name)
        .subquery()
    )
    living = (
        sa.select(RecordVersionRow.serial)
        .join(newest, newest.c.serial == RecordVersionRow.serial)
        .where(RecordVersionRow.document.is_not(None))
    )
    heads = sa.select(RecordRow.serial)
    lost = connection.execute(living.except_(heads)).scalars().all()
    stray = connection.execute(heads.except_(living)).scalars().all()
    return [
        *(f"version {serial} is the newest of its record, but not shown" for serial in lost[:_NAMED_AT_MOST]),
        *(f"version {serial} is shown, but not the newest of a record" for serial in stray[:_NAMED_AT_MOST]),
    ]


def _broken_documents(connection: sa.Connection) -> list[str]:
    query = sa.select(RecordVersionRow.serial, RecordVersionRow.document, RecordVersionRow.legacy)
    rows = connection.execute(query.execution_options(yield_per=500))
    return [
        f"version {serial} is not JSON"
        for serial, *texts in rows
        if not all(_is_json(text) for text in texts)
    ][:_NAMED_AT_MOST]


def _broken_catalogs(connection: sa.Connection) -> list[str]:
    newest = (
        sa.select(sa.func.coalesce(sa.func.max(ResourceVersionRow.serial), 0))
        .where(ResourceVersionRow.catalog == ResourceCatalogRow.name)
        .correlate(ResourceCatalogRow)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(ResourceCatalogRow.name, ResourceCatalogRow.serial, newest).where(
            ResourceCatalogRow.serial != newest
        )
    )
    return [f"{name} is at serial {serial}, its last change is {last}" for name, serial, last in rows]


def _broken_resources(connection: sa.Connection) -> list[str]:
    query = sa.select(ResourceVersionRow.serial, ResourceVersionRow.document)
    rows = connection.execute(query.execution_options(yield_per=500))
    return [
        f"version {serial} of a side resource is not JSON" for serial, text in rows if not _is_json(text)
    ][:_NAMED_AT_MOST]


def _is_json(text: str | None) -> bool:
    try:
        return text is None or isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False
