"""A time-stamping authority asked over HTTP (RFC 3161, 3.4): one POST, no redirect, no proxy, nothing unbounded."""

from __future__ import annotations

import http.client
import time
from contextlib import closing
from urllib.parse import urlsplit

from zkcompliance.errors import EvidenceRefused, UsageError
from zkcompliance.limits import MAX_TIMESTAMP_BYTES

ANSWER_SECONDS = 60  # from the connection to the last byte
SILENT_SECONDS = 20  # without a byte
_BLOCK = 1 << 12


def ask(url: str, request: bytes) -> bytes:
    """The authority's reply to a TimeStampReq. UsageError for a URL that is none of HTTP; EvidenceRefused where it does
    not answer, or with something else. Nothing of the reply is checked here."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise UsageError(f"{url} is no URL of a time-stamping authority: http://HOST/PATH, or https://")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/timestamp-query", "Accept-Encoding": "identity"}
    began = time.monotonic()
    data = bytearray()
    try:
        with closing(kind(parts.hostname, parts.port, timeout=SILENT_SECONDS)) as connection:
            connection.request("POST", target, body=request, headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise EvidenceRefused(f"{url}: answers with status {answer.status}")
            if answer.headers.get_content_type() != "application/timestamp-reply":
                raise EvidenceRefused(f"{url}: answers with something else than a time stamp")
            while block := answer.read(_BLOCK):
                data += block
                if len(data) > MAX_TIMESTAMP_BYTES:
                    raise EvidenceRefused(f"{url}: answers with over {MAX_TIMESTAMP_BYTES} bytes")
                if time.monotonic() - began > ANSWER_SECONDS:
                    raise EvidenceRefused(f"{url}: took over {ANSWER_SECONDS} s")
            if answer.length:
                raise EvidenceRefused(f"{url}: the answer was cut off")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise EvidenceRefused(f"{url}: does not answer ({type(error).__name__})") from None
    return bytes(data)
