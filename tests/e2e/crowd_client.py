"""One person of a crowd: proposes, decides and applies over HTTP, and writes down what was acknowledged.

Run as a program: PORT KEY USER_ID SEED FILE OVER; it works until there is something at the path OVER. It
needs nothing but the standard library, so that many start at once. Each line of FILE is one acknowledged
step, or one look at a record after a change to it.
"""

import http.client
import itertools
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

CATEGORIES = ("esrgan", "gfpgan", "codeformer")
NAMES = tuple(f"Model {letter}" for letter in "ABCDEFGH")
_EXPECTED = {200, 201, 202, 400, 403, 404, 409, 503}
_LOST = (OSError, http.client.HTTPException)


class LostError(Exception):
    """The connection ended before the answer came: nobody knows whether the step was taken."""


class Person:
    """Somebody with a key, on one connection for as long as that lasts."""

    def __init__(self, port: int, key: str, user_id: str, seed: int, file: Path) -> None:
        self.port = port
        self.key = key
        self.user_id = user_id
        self.chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._file = file.open("a", encoding="utf-8")
        self._connection: http.client.HTTPConnection | None = None

    def work(self, over: Path) -> None:
        """Take one step after the other until there is something at a path."""
        steps = {
            self.propose: 35,
            self.approve: 25,
            self.apply_one: 20,
            self.apply_several: 10,
            self.withdraw: 3,
            self.rebase: 3,
            self.unapprove: 2,
            self.comment: 2,
        }
        while not over.exists():
            (step,) = self.chance.choices(list(steps), list(steps.values()))
            try:
                step()
            except LostError:
                self.counts["lost"] += 1
                time.sleep(0.05)
        self.note("end", counts=self.counts)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
        self._file.close()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; return status and parsed body."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        headers = {"apikey": self.key, "content-type": "application/json"}
        content = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, f"/api/model_references/v2{path}", content, headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except _LOST as error:
            self._connection.close()
            self._connection = None
            raise LostError from error
        self.counts[str(answer.status)] += 1
        if answer.status not in _EXPECTED:
            self.note("unexpected", status=answer.status, path=path, text=text.decode(errors="replace")[:500])
        if answer.status == 503:
            self.note("unavailable", path=path, text=text.decode(errors="replace")[:300])
        return answer.status, json.loads(text)

    def repeated(self, path: str, body: Any) -> tuple[int, Any]:
        """Send a request with a job id until it is answered; it is done once, however often it is sent."""
        while True:
            try:
                return self.ask("POST", path, body)
            except LostError:
                self.counts["repeated"] += 1
                time.sleep(0.05)

    def note(self, did: str, **about: Any) -> None:
        """Write down what was acknowledged."""
        self._file.write(json.dumps({"did": did, "by": self.user_id, **about}) + "\n")
        self._file.flush()

    def token(self) -> str:
        """Return a text that no other step has."""
        return f"{self.user_id}-{next(self._numbers)}"

    def changes(self, status: str, *, own: bool) -> list[dict[str, Any]]:
        """Return some changes with a status, of this person or of others."""
        _, page = self.ask("GET", f"/pending_queue/changes?statuses={status}&limit=60")
        found = [item for item in page.get("items", []) if (item["requested_by"] == self.user_id) is own]
        self.chance.shuffle(found)
        return found

    def propose(self) -> None:
        category, name = self.chance.choice(CATEGORIES), self.chance.choice(NAMES)
        place = f"/{category}/model/{name.replace(' ', '%20')}"
        status, _ = self.ask("GET", place)
        token = self.token()
        record = {"name": name, "description": token}
        if status == 404:
            status, change = self.ask("POST", f"/{category}", record)
        elif self.chance.random() < 0.2:
            status, change = self.ask("DELETE", place)
        else:
            status, change = self.ask("PUT", place, record)
        if status == 202:
            self.note("propose", token=token, **self.essence(change))

    def approve(self) -> None:
        chosen = self.changes("pending", own=False)[: self.chance.randint(1, 3)]
        if not chosen:
            return
        ids = [change["change_id"] for change in chosen]
        rejected = [ids.pop()] if self.chance.random() < 0.1 else []
        body = {"approved_ids": ids, "rejected_ids": rejected, "batch_title": "t", "reject_reason": "no"}
        status, done = self.ask("POST", "/pending_queue/batches", body)
        if status == 200:
            for change in done["approved"]:
                self.note("approve", **self.essence(change))
            for change in done["rejected"]:
                self.note("reject", **self.essence(change))

    def apply_one(self) -> None:
        for change in self.changes("approved", own=False)[:1]:
            path, job_id = f"/pending_queue/changes/{change['change_id']}/apply", f"job-{self.token()}"
            if self.chance.random() < 0.5:
                status, done = self.ask("POST", path, {})
            else:
                status, done = self.repeated(path, {"job_id": job_id})
            if status == 200:
                self.applied([done["record"]])

    def apply_several(self) -> None:
        chosen = self.changes("approved", own=False)[:4]
        if not chosen:
            return
        job_id = f"job-{self.token()}"
        if self.chance.random() < 0.3:
            batch_id = chosen[0]["batch_id"]
            _, done = self.repeated(f"/pending_queue/apply_batch/{batch_id}?job_id={job_id}", None)
        else:
            ids = [change["change_id"] for change in chosen]
            body = {"change_ids": ids, "job_id": job_id, "allow_mixed_batch": True}
            _, done = self.repeated("/pending_queue/apply", body)
        self.applied(done.get("applied", []))

    def applied(self, changes: list[dict[str, Any]]) -> None:
        """Note applied changes, and what the same worker says of the last record after that."""
        for change in changes:
            self.note("apply", **self.essence(change), job_id=change["applied_job_id"])
        if changes and self._connection is not None:
            worker = self._connection
            last = changes[-1]
            category, name = last["category"], last["model_name"]
            status, record = self.ask("GET", f"/{category}/model/{name.replace(' ', '%20')}")
            # Another connection may lead to another worker, which may be a second behind.
            if worker is self._connection and status in {200, 404}:
                self.note("look", change_id=last["change_id"], sees=record.get("description"))

    def withdraw(self) -> None:
        for change in self.changes(self.chance.choice(["pending", "approved"]), own=True)[:1]:
            status, done = self.ask("POST", f"/pending_queue/changes/{change['change_id']}/withdraw")
            if status == 200:
                self.note("withdraw", **self.essence(done))

    def rebase(self) -> None:
        for change in self.changes(self.chance.choice(["pending", "approved"]), own=True)[:3]:
            status, done = self.ask("POST", f"/pending_queue/changes/{change['change_id']}/rebase")
            if status == 200:
                self.note("rebase", **self.essence(done))

    def unapprove(self) -> None:
        for change in self.changes("approved", own=False)[:1]:
            status, done = self.ask("POST", f"/pending_queue/changes/{change['change_id']}/unapprove")
            if status == 200:
                self.note("unapprove", **self.essence(done))

    def comment(self) -> None:
        for change in self.changes("pending", own=False)[:1]:
            token = self.token()
            path = f"/pending_queue/changes/{change['change_id']}/comments"
            status, _ = self.ask("POST", path, {"text": token})
            if status == 201:
                self.note("comment", change_id=change["change_id"], token=token)

    @staticmethod
    def essence(change: dict[str, Any]) -> dict[str, Any]:
        """Return what tells one change from all others."""
        return {name: change[name] for name in ("change_id", "category", "model_name", "operation")}


def main() -> None:
    port, key, user_id, seed, file, over = sys.argv[1:]
    Person(int(port), key, user_id, int(seed), Path(file)).work(Path(over))


if __name__ == "__main__":
    main()
