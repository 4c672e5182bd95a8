"""The witness as an ASGI application: one route, bodies read to a limit and in time, work done in threads."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from zkcompliance.cosigning.answering import Answer, Witness
from zkcompliance.errors import ZkComplianceError
from zkcompliance.limits import MAX_WITNESS_REQUEST_BYTES

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

BODY_SECONDS = 10.0  # in which a body has to be there


def application(witness: Witness) -> Starlette:
    """For any ASGI server. What goes wrong inside is said to the operator, and to the client only that it did."""
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.routing import Route

    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        return _response(body if isinstance(body, Answer) else await run_in_threadpool(_answer, witness, body))

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])


async def _body(request: Request) -> bytes | Answer:
    """The body, or what is answered where it is too long or takes too long."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for block in request.stream():
                body += block
                if len(body) > MAX_WITNESS_REQUEST_BYTES:
                    return Answer(413, f"a request has at most {MAX_WITNESS_REQUEST_BYTES} bytes\n")
    except TimeoutError:
        return Answer(408, f"the request was not there after {BODY_SECONDS:g} s\n")
    return bytes(body)


def _answer(witness: Witness, body: bytes) -> Answer:
    try:
        return witness.answer(body, int(time.time()))
    except ZkComplianceError as error:
        witness.tell(f"nothing was signed: {error.message}")
        return Answer(503, "this witness cannot sign now\n")


def _response(answer: Answer) -> Response:
    from starlette.responses import Response

    headers = {"Content-Type": answer.kind, "Cache-Control": "no-store"}
    if answer.status in (408, 413):
        headers["Connection"] = "close"  # the rest of the body is not read
    return Response(answer.body, answer.status, headers)
