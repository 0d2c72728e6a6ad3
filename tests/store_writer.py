"""A process that writes to a store, one transaction a record: DATABASE_URL AUTHOR HOW_MANY."""

import sys

from factories import a_write

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.store import Store


def main(url: str, author: str, how_many: str) -> None:
    store = Store.open(url)
    for number in range(int(how_many)):
        with store.transaction() as transaction:
            transaction.write(Category.esrgan, [a_write(f"{author} {number}")], author=author)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
