"""Finding the session description in a body (RFC 3261 section 8.2.3, RFC 5621)."""

import re

from umbel.sip.errors import UnsupportedMediaType
from umbel.sip.grammar import to_octets
from umbel.sip.message import Request, Response

SESSION_DESCRIPTION = "application/sdp"

_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_DEEPEST = 4
"""Bodies within bodies that are looked into; who sends more does not mean to be understood."""
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


def session_description(message: Request | Response) -> bytes | None:
    """
    Give the SDP that *message* carries, alone or in a multipart body; ``None``: it has none.

    Raises ``UnsupportedMediaType`` where a body must be understood and is not.
    """
    if not message.body:
        return None
    content_type = message.headers.get("Content-Type") or SESSION_DESCRIPTION
    found = _find(content_type, message.body)
    if found is None and not _is_optional(message):
        raise UnsupportedMediaType(media_type(content_type), accepted=(SESSION_DESCRIPTION,))
    return found


def early_description(response: Response) -> bytes | None:
    """Give the SDP of a provisional response; any other body there is a peer's ornament."""
    try:
        return session_description(response)
    except UnsupportedMediaType:
        return None


def media_type(content_type: str) -> str:
    """Give type and subtype in lower case, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def _find(content_type: str, body: bytes, depth: int = 0) -> bytes | None:
    kind = media_type(content_type)
    if kind == SESSION_DESCRIPTION:
        return body
    boundary = _BOUNDARY.search(content_type)
    if not kind.startswith("multipart/") or boundary is None or depth >= _DEEPEST:
        return None
    for part in _parts(body, boundary[1] or boundary[2]):
        if (found := _find_in_part(part, depth + 1)) is not None:
            return found
    return None


def _parts(body: bytes, boundary: str) -> list[bytes]:
    """Split at the delimiters (RFC 2046 section 5.1.1); what is around the parts is no part."""
    return re.split(rb"(?:^|\r?\n)--" + re.escape(to_octets(boundary)) + rb"[ \t]*", body)[1:]


def _find_in_part(part: bytes, depth: int) -> bytes | None:
    pieces = _END_OF_HEADERS.split(part, maxsplit=1)
    if len(pieces) != 2:
        return None  # The closing delimiter, or a part without a header.
    for line in pieces[0].decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-type":
            return _find(value, pieces[1], depth)
    return None


def _is_optional(message: Request | Response) -> bool:
    disposition = message.headers.get("Content-Disposition") or ""
    return "handling=optional" in disposition.lower()
