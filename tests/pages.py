"""The pages of `web_site` that the tests in a browser look at, and those of which there are screenshots."""

from dataclasses import dataclass
from urllib.parse import quote

from web_site import CHANGED, HOSTILE_NAME, RISQUE


@dataclass(frozen=True)
class PageOfSite:
    """A page that everybody may see."""

    name: str
    path: str
    status: int = 200
    on_a_screenshot: bool = False


_IMAGES = "/models/image_generation"
PAGES = (
    PageOfSite("start", "/", on_a_screenshot=True),
    PageOfSite("list", _IMAGES, on_a_screenshot=True),
    PageOfSite("table", f"{_IMAGES}?view=table&sort=used"),
    PageOfSite("filtered", f"{_IMAGES}?baseline=stable_diffusion_xl&tag=photo&view=table"),
    PageOfSite("nothing-found", f"{_IMAGES}?q=zzzzzz"),
    PageOfSite("search", "/models?q=lantern"),
    PageOfSite("text-list", "/models/text_generation"),
    PageOfSite("families", "/text/families"),
    PageOfSite("group", "/text/groups/Pebble"),
    PageOfSite("model", f"{_IMAGES}/{quote(CHANGED)}", on_a_screenshot=True),
    PageOfSite("not-safe-for-work", f"{_IMAGES}/{quote(RISQUE)}"),
    PageOfSite("hostile", f"{_IMAGES}/{quote(HOSTILE_NAME, safe='')}"),
    PageOfSite("slash", "/models/clip/ViT-L/14"),
    PageOfSite("text-model", "/models/text_generation/acme/Pebble-8B"),
    PageOfSite("charts", "/charts", on_a_screenshot=True),
    PageOfSite("charts-images", "/charts/image_generation"),
    PageOfSite("charts-texts", "/charts/text_generation"),
    PageOfSite("risk", "/charts/image_generation/deletion-risk", on_a_screenshot=True),
    PageOfSite("not-found", f"{_IMAGES}/nothing", status=404),
)
