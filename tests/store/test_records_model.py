"""Random writes and deletions leave the store as they leave a dict."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from factories import a_removal, a_write
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.store import Store
from horde_model_reference.store.transaction import Write

_CATEGORIES = (Category.esrgan, Category.gfpgan)
_NAMES = st.sampled_from(["a", "b", "A", "a/b", "ä"])


class StoreMachine(RuleBasedStateMachine):
    """Writes some records at a time, sometimes in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = Store.open(Path(self.folder.name) / "store.sqlite")
        self.model: dict[Category, dict[str, int]] = {category: {} for category in _CATEGORIES}
        self.versions = 0
        self.number = 0

    @rule(
        category=st.sampled_from(_CATEGORIES),
        steps=st.lists(st.tuples(_NAMES, st.booleans()), max_size=5),
        is_kept=st.sampled_from([True, True, True, False]),
    )
    def change(self, category: Category, steps: list[tuple[str, bool]], is_kept: bool) -> None:
        records = dict(self.model[category])
        writes: list[Write] = []
        for name, is_removal in steps:
            self.number += 1
            if not is_removal:
                records[name] = self.number
                writes.append(a_write(name, number=self.number))
            elif name in records:
                del records[name]
                writes.append(a_removal(name))
        try:
            with self.store.transaction() as transaction:
                transaction.write(category, writes, author="test")
                if not is_kept:
                    raise InterruptedError
        except InterruptedError:
            return
        self.model[category] = records
        self.versions += len(writes)

    @invariant()
    def it_holds_what_the_dict_holds(self) -> None:
        for category in _CATEGORIES:
            found = {
                record.name: json.loads(record.document)["number"] for record in self.store.records(category)
            }
            assert list(found.items()) == list(self.model[category].items())

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.store.serial() == self.versions
        assert self.store.check() == []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
