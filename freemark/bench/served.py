"""The server that is measured: the application as it is, and one route more that does nothing.

Run as `python -m freemark.bench.served DATA PORT`. The empty route stands where the scan stands, last, so that both
pay the same way through the router.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from freemark.app import create_app
from ground.settings import Settings
from ground.world import open_world

EMPTY = "/bench/empty"


async def empty(request: Request) -> Response:
    return Response(b"", media_type="application/json")


def main() -> None:
    data, port = sys.argv[1:]
    app = create_app(open_world(Settings.load(data=data)))
    app.add_api_route(EMPTY, empty, methods=["GET"], include_in_schema=False)
    uvicorn.run(app, host="127.0.0.1", port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
