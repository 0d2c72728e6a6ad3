"""People who edit aliases and families of text models at the same time lose nothing."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from horde_model_reference.catalog.text_directory import group_aliases, group_families
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.errors import ConflictError
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.review.resources import ResourceEdit, edit_resources
from horde_model_reference.review.text_directory import edited_aliases, edited_families
from horde_model_reference.store.audit import verify_audit
from horde_model_reference.store.store import Store

EDITOR = ResourceEdit(
    by=Actor(user_id="1001", username="Req#1001", roles=frozenset({Role.requestor})), now=10
)


def add_alias(store: Store, canonical: str, alias: str) -> None:
    edit_resources(
        store.unit_of_work(),
        lambda uow: edited_aliases(uow, lambda aliases: aliases.with_alias(canonical, alias))[1],
        EDITOR,
        role=Role.requestor,
    )


def set_family(store: Store, name: str, group: str) -> None:
    edit_resources(
        store.unit_of_work(),
        lambda uow: edited_families(uow, lambda families: families.with_family(name, [group]))[1],
        EDITOR,
        role=Role.requestor,
    )


def aliases_of(store: Store) -> GroupAliases:
    with store.review_view() as view:
        return group_aliases(view.resources.catalog(CatalogName.text_aliases))


def families_of(store: Store) -> GroupFamilies:
    with store.review_view() as view:
        return group_families(view.resources.catalog(CatalogName.text_families))


def test_aliases_that_are_added_at_once_are_all_there(store: Store) -> None:
    together = Barrier(4)

    def add(person: int) -> None:
        together.wait()
        for number in range(5):
            add_alias(store, "Alpha", f"alias {person} {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))

    assert len(set(aliases_of(store).entry("Alpha"))) == 20
    assert verify_audit(store).fault is None


def test_a_group_that_two_families_want_at_once_is_in_one_of_them(store: Store) -> None:
    together = Barrier(4)

    def want(person: int) -> bool:
        together.wait()
        try:
            set_family(store, f"family {person}", "Alpha")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(want, range(4)))

    assert won.count(True) == 1
    assert list(families_of(store)) == [f"family {won.index(True)}"]


def test_two_groups_that_want_each_other_as_alias_at_once_make_no_chain(store: Store) -> None:
    together = Barrier(2)

    def want(pair: tuple[str, str]) -> bool:
        together.wait()
        try:
            add_alias(store, *pair)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(want, [("Alpha", "Beta"), ("Beta", "Alpha")]))

    assert sorted(won) == [False, True]
    assert len(aliases_of(store).entries) == 1
