"""Proposals at every stage in a registry that looks like a real one, and the pages that show them."""

from typing import Any

import httpx
from pages import PageOfSite
from review_client import APPROVER, BOTH, REQUESTOR
from web_site import CHANGED, RISQUE, Site, an_image

SUM = "0123456789abcdef" * 4
_BATCHES = "/v2/pending_queue/batches"

DESK_PAGES = (
    PageOfSite("sign-in", "/sign-in", shots=("desktop",)),
    PageOfSite("queue", "/queue", shots=("desktop", "phone"), key=APPROVER),
    PageOfSite("queue-empty", "/queue?model=nothing-like-it", key=APPROVER),
    PageOfSite("queue-after", "/queue?done=approved&of=4", key=APPROVER),
    PageOfSite("change", "/queue/1", shots=("desktop", "dark", "phone"), key=APPROVER),
    PageOfSite("change-unified", "/queue/1?view=unified&ask=true", key=APPROVER),
    PageOfSite("change-new", "/queue/2", key=APPROVER),
    PageOfSite("change-own", "/queue/6", key=BOTH),
    PageOfSite("change-deletion", "/queue/3", key=APPROVER),
    PageOfSite("change-approved", "/queue/4?done=approved", key=APPROVER),
    PageOfSite("change-rejected", "/queue/5", key=REQUESTOR),
    PageOfSite("my-changes", "/my-changes", shots=("desktop",), key=REQUESTOR),
    PageOfSite("audit", "/audit", shots=("desktop",), key=APPROVER),
    PageOfSite("audit-event", "/audit/1", key=APPROVER),
    PageOfSite("account", "/sign-in", key=BOTH),
)
"""The pages of a site to which `fill_desk` brought its proposals, before there were any others."""


def call(site: Site, method: str, path: str, *, key: str = REQUESTOR, json: object = None) -> httpx.Response:
    """Ask the API and return its answer, which has to be a good one."""
    answer = httpx.request(
        method, f"{site.url}/api/model_references{path}", headers={"apikey": key}, json=json, timeout=20
    )
    return answer.raise_for_status()


def a_file(**fields: str) -> dict[str, str]:
    """Return a file that no test looks for in the open network."""
    return {"file_name": "a.safetensors", "file_url": "https://files.invalid/a", "sha256sum": SUM, **fields}


def propose(site: Site, name: str, *, key: str = REQUESTOR, **fields: Any) -> int:
    """Propose a new image model and return the number of the change."""
    record = an_image(name, config={"download": [a_file()]}) | fields
    answer = call(site, "POST", "/v2/image_generation", key=key, json=record)
    change_id: int = answer.json()["change_id"]
    return change_id


def register(site: Site, name: str, **fields: Any) -> None:
    """Bring a new image model into the registry, through the hands of two people."""
    change_id = propose(site, name, **fields)
    call(site, "POST", _BATCHES, key=APPROVER, json={"batch_title": "-", "approved_ids": [change_id]})
    call(site, "POST", f"/v2/pending_queue/changes/{change_id}/apply", key=APPROVER, json={})


def update(site: Site, name: str, **fields: Any) -> int:
    """Propose another version of an image model and return the number of the change."""
    record = call(site, "GET", f"/v2/image_generation/model/{name}").json()
    record.pop("metadata")
    record["config"] = {"download": [a_file()]}
    answer = call(site, "PUT", f"/v2/image_generation/model/{name}", json=record | fields)
    change_id: int = answer.json()["change_id"]
    return change_id


def fill_desk(site: Site) -> None:
    """Bring in six proposals: an update, new models and a deletion; one is approved, one rejected."""
    update(
        site,
        CHANGED,
        description="Warm light and fine lines: interiors, streets and portraits.\nLarger pictures, too.",
        version="2.1",
        nsfw=True,
        homepage="",
    )
    propose(site, "Opal Weather", baseline="stable_diffusion_xl", style="realistic", tags=["landscape"])
    call(site, "DELETE", f"/v2/image_generation/model/{RISQUE}")
    propose(site, "Marble Steps", style="artistic")
    propose(site, "Cedar Lanterns")
    propose(site, "Velvet Hour", key=BOTH)
    call(site, "POST", _BATCHES, key=APPROVER, json={"batch_title": "Autumn models", "approved_ids": [4]})
    reason = "The files are those of Cedar Lantern, which is here already."
    call(
        site,
        "POST",
        _BATCHES,
        key=APPROVER,
        json={"batch_title": "-", "rejected_ids": [5], "reject_reason": reason},
    )
    said = "Why does it count as not safe for work now?"
    comments = "/v2/pending_queue/changes/1/comments"
    call(site, "POST", comments, key=APPROVER, json={"text": said})
    call(
        site, "POST", comments, json={"text": "Two of the new showcases are. The page of the model says so."}
    )
