"""The pages of `web_site` that the tests in a browser look at, and those of which there are screenshots."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from review_client import REQUESTOR
from web_site import CHANGED, HOSTILE_NAME, RISQUE

Shot = Literal["desktop", "dark", "phone"]


@dataclass(frozen=True)
class PageOfSite:
    """A page of the made-up registry."""

    name: str
    path: str
    status: int = 200
    shots: tuple[Shot, ...] = ()
    """Of which there are screenshots in the documentation; `make screenshots` takes them."""
    key: str = ""
    """Who signs in before, a key of `review_client.PEOPLE`; empty: nobody."""


_IMAGES = "/models/image_generation"
PAGES = (
    PageOfSite("start", "/", shots=("desktop", "phone")),
    PageOfSite("list", _IMAGES, shots=("desktop", "phone")),
    PageOfSite("table", f"{_IMAGES}?view=table&sort=large&page=2"),
    PageOfSite("filtered", f"{_IMAGES}?baseline=stable_diffusion_xl&tag=photo&view=table"),
    PageOfSite("nothing-found", f"{_IMAGES}?q=zzzzzz"),
    PageOfSite("search", "/models?q=lantern"),
    PageOfSite("text-list", "/models/text_generation"),
    PageOfSite("families", "/text/families"),
    PageOfSite("group", "/text/groups/Pebble"),
    PageOfSite("model", f"{_IMAGES}/{quote(CHANGED)}", shots=("desktop", "dark")),
    PageOfSite("not-safe-for-work", f"{_IMAGES}/{quote(RISQUE)}"),
    PageOfSite("hostile", f"{_IMAGES}/{quote(HOSTILE_NAME, safe='')}"),
    PageOfSite("slash", "/models/clip/ViT-L/14"),
    PageOfSite("text-model", "/models/text_generation/acme/Pebble-8B"),
    PageOfSite("changes", "/changes"),
    PageOfSite("charts", "/charts", shots=("desktop",)),
    PageOfSite("charts-images", "/charts/image_generation"),
    PageOfSite("charts-texts", "/charts/text_generation"),
    PageOfSite("risk", "/charts/image_generation/deletion-risk"),
    PageOfSite("not-found", f"{_IMAGES}/nothing", status=404),
)

PAGES_OF_MEMBERS = (
    PageOfSite("propose", "/propose/image_generation", shots=("desktop",), key=REQUESTOR),
    PageOfSite("edit", f"/propose/image_generation/{quote(CHANGED)}", shots=("desktop",), key=REQUESTOR),
)
"""Pages that nobody sees without having signed in; each part tests its own."""
