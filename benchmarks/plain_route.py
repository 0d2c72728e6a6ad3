"""A plain FastAPI route that returns the parsed data: ``python -m benchmarks.plain_route FILE PORT``."""

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI


def make_app(records: dict[str, Any]) -> FastAPI:
    """Return an application with the one route."""
    app = FastAPI()

    # As written without a return type, which is what plain means here.
    @app.get("/", response_model=None)
    async def category() -> dict[str, Any]:
        return records

    return app


if __name__ == "__main__":
    uvicorn.run(
        make_app(json.loads(Path(sys.argv[1]).read_bytes())),
        port=int(sys.argv[2]),
        log_level="warning",
        access_log=False,
    )
