"""The server that is measured: the application as it is, one route that does nothing, and one that verifies once.

Run as `python -m freemark.bench.served DATA PORT`. The two stand where the scan stands, last, so that all pay the same
way through the router. The bare verification is done here, not in the measuring process, because a busy neighbour core
makes the same instructions dearer: floor and scan must be measured under the same load.
"""

from __future__ import annotations

import sys

import uvicorn
from nacl import bindings
from starlette.requests import Request
from starlette.responses import Response

from freemark.app import create_app
from freemark.bench.measure import MESSAGE
from ground.settings import Settings
from ground.world import open_world

EMPTY = "/bench/empty"
BARE = "/bench/bare-verify"
PUBLIC, SECRET = bindings.crypto_sign_seed_keypair(bytes(32))
SIGNED = bindings.crypto_sign(MESSAGE, SECRET)


async def empty(request: Request) -> Response:
    return Response(b"", media_type="application/json")


async def bare_verify(request: Request) -> Response:
    bindings.crypto_sign_open(SIGNED, PUBLIC)
    return Response(b"", media_type="application/json")


def main() -> None:
    data, port = sys.argv[1:]
    app = create_app(open_world(Settings.load(data=data)))
    app.add_api_route(EMPTY, empty, methods=["GET"], include_in_schema=False)
    app.add_api_route(BARE, bare_verify, methods=["GET"], include_in_schema=False)
    uvicorn.run(app, host="127.0.0.1", port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
