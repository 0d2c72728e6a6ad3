"""What a list shows, as it stands in its address."""

from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from horde_model_reference.catalog.search import SearchRequest
from horde_model_reference.catalog.search_filters import SearchFilters
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.web.labels import LONGEST_LABEL

PAGE_LENGTH: Final = 48
MOST_PAGES: Final = 10_000
_API: Final = "/api/model_references/v2"
_MOST_OF_API: Final = 500
"""As many results as the API gives at once."""

Sort = Literal["", "name", "new", "large", "small", "used", "workers"]
View = Literal["", "cards", "table"]
SORT_LABELS: Final[dict[Sort, str]] = {
    "": "Best match first",
    "used": "Most used first",
    "workers": "Most workers first",
    "name": "By name",
    "new": "Last changed first",
    "large": "Largest first",
    "small": "Smallest first",
}
FILTERS: Final = ("workers", "baseline", "style", "inpainting", "size", "nsfw", "license")
"""The filters that take one value."""

_Text = Annotated[str, Field(max_length=LONGEST_LABEL)]


class ListParameters(BaseModel):
    """The parameters of a list; unknown ones are left alone."""

    q: _Text = ""
    workers: Literal["", "some"] = ""
    baseline: _Text = ""
    style: _Text = ""
    inpainting: Literal["", "true", "false"] = ""
    size: _Text = ""
    nsfw: Literal["", "true", "false"] = ""
    license: _Text = ""
    tag: list[_Text] = Field(default_factory=list, max_length=10)
    sort: Sort = ""
    view: View = ""
    images: Literal["", "shown"] = ""
    page: int = Field(1, ge=1, le=MOST_PAGES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """The same, of one category or of all (None)."""

    category: Category | None = None
    q: str = ""
    workers: str = ""
    """``some``: only models that a worker serves now."""
    baseline: str = ""
    style: str = ""
    inpainting: str = ""
    size: str = ""
    nsfw: str = ""
    license: str = ""
    tag: tuple[str, ...] = ()
    sort: Sort = ""
    view: View = ""
    images: str = ""
    """``shown``: pictures that are not safe for work are not blurred."""
    page: int = 1

    @classmethod
    def of(cls, category: Category | None, parameters: ListParameters) -> "ListQuery":
        """Return the query that an address asks for."""
        given: dict[str, Any] = parameters.model_dump()
        given["tag"] = tuple(dict.fromkeys(each.strip() for each in parameters.tag if each.strip()))
        return cls(category=category, **given)

    @property
    def path(self) -> str:
        """Return where the list is."""
        return f"/models/{self.category}" if self.category else "/models"

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything but the order narrows the list."""
        return bool(self.q or self.tag or any(getattr(self, name) for name in FILTERS))

    @property
    def is_in_usual_order(self) -> bool:
        """Tell whether nothing was said of the order: most used first, or as registered without figures."""
        return not self.sort and not self.q

    def pairs(self) -> list[tuple[str, str]]:
        """Return the parameters that are not as without any."""
        found: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "category" or value == field.default:
                continue
            values = self.tag if field.name == "tag" else (value,)
            found += [(field.name, str(each)) for each in values]
        return found

    def address(self, **changes: Any) -> str:
        """Return the address of this list with some changes; it begins with its first page."""
        pairs = replace(self, **({"page": 1} | changes)).pairs()
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def api_address(self) -> str | None:
        """Return the search of the API that finds the same models; None where only pages know how."""
        if self.workers:
            return None
        sort_by, descending = self._order()
        of_category = ("baseline", "style", "inpainting") if self.category else ()
        pairs = [(name, getattr(self, name)) for name in ("q", *of_category, "size", "nsfw")]
        pairs += [("license_id", self.license), *(("tags_all", tag) for tag in self.tag)]
        pairs += [("sort_by", sort_by or ""), ("sort_desc", "true" if descending else "")]
        given = urlencode([*((name, value) for name, value in pairs if value), ("limit", _MOST_OF_API)])
        return f"{_API}/{self.category}/search?{given}" if self.category else f"{_API}/search?{given}"

    def search(self, *, facets: tuple[str, ...]) -> SearchRequest:
        """Return the search that answers it."""
        sort_by, descending = self._order()
        return SearchRequest(
            category=self.category,
            filters=SearchFilters(
                nsfw=self.nsfw == "true" if self.nsfw else None,
                inpainting=self.inpainting == "true" if self.inpainting else None,
                baseline=self.baseline or None,
                style=self.style or None,
                size=self.size or None,
                license_id=self.license or None,
                tags_all=self.tag or None,
            ),
            words=self.q,
            sort_by=sort_by,
            sort_descending=descending,
            offset=(self.page - 1) * PAGE_LENGTH,
            limit=PAGE_LENGTH,
            facets=facets,
        )

    def _order(self) -> tuple[str | None, bool]:
        size_field = "parameters_count" if self.category is Category.text_generation else "size_on_disk_bytes"
        orders: dict[str, tuple[str, bool]] = {
            "name": ("name", False),
            "new": ("metadata__updated_at", True),
            "large": (size_field, True),
            "small": (size_field, False),
        }
        return orders.get(self.sort, (None, False))
