"""Having addresses asked: whoever waits for the answers keeps nobody else waiting."""

import asyncio
from collections.abc import Sequence
from typing import Final

from horde_model_reference.sources.address_prober import AddressProber

_MOST_ADDRESSES: Final = 30
_PATIENCE_SECONDS: Final = 12


async def ask_addresses(prober: AddressProber, urls: Sequence[str]) -> None:
    """Have the first addresses asked that nothing is known of, and wait for some seconds.

    It takes no thread of those that answer requests: a host that is slow, or made to be, would hold them all.
    """
    # Waits without cancelling: others may wait for the same answers.
    waiting = [asyncio.wrap_future(asked) for asked in prober.ask(urls[:_MOST_ADDRESSES])]
    if waiting:
        await asyncio.wait(waiting, timeout=_PATIENCE_SECONDS)
