"""Asks the responder of an authority whether a certificate was revoked (RFC 6960 appendix A)."""

import asyncio
import http.client
import urllib.error
import urllib.request
from typing import Final

from umbel.core.errors import Unavailable
from umbel.core.instants import Duration

_LONGEST: Final = 65536
"""Bytes of an answer that are read; an honest one has some two thousand."""


async def ask_responder(url: str, question: bytes, patience: Duration) -> bytes:
    """Post a question, DER, and give the answer, DER; ``Unavailable`` where none comes."""
    return await asyncio.to_thread(_ask, url, question, patience)


def _ask(url: str, question: bytes, patience: Duration) -> bytes:
    request = urllib.request.Request(
        url, data=question, headers={"Content-Type": "application/ocsp-request"}
    )
    try:
        with urllib.request.urlopen(request, timeout=patience) as response:
            octets: bytes = response.read(_LONGEST)
            return octets
    except urllib.error.HTTPError as error:
        raise Unavailable(f"{url} answers {error.code} {error.reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unavailable(f"{url}: {error}") from error
