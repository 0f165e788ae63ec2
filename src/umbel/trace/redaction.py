"""Takes credentials, keys and PINs out of a SIP message before anything keeps or shows it.

Works on bytes and believes nothing: a malformed message must not keep its secrets either. Where a
body cannot be looked into, all of it goes. Content-Length follows what a body loses, so that one
that was true stays true, and one that was wrong stays as wrong as it was.
"""

import re

REDACTED = b"redacted"

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")

_CREDENTIALS = re.compile(
    rb"^((?:proxy-)?auth(?:orization|entication-info)[ \t]*:[ \t]*(?:[a-z0-9]+[ \t]+)?)"
    rb"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
"""RFC 3261 sections 20.7, 20.28 and 20.6, also where they are folded; their scheme may stay."""
_CREDENTIALS_IN_URI = re.compile(rb"([?&;](?:proxy-)?authorization=)[^&>\s\"]*", re.IGNORECASE)
"""Header fields that a URI asks to be sent (RFC 3261 section 19.1.1)."""

_BOUNDS = b"<>\"' \t\r\n"
"""What a URI with a password cannot contain."""
_SCHEME = re.compile(rb"(?:sips?|https?|wss?|ftp|ldaps?|im|pres|xmpp):(?://)?", re.IGNORECASE)

_CRYPTO = re.compile(rb"a=crypto:[^\r\n]*", re.IGNORECASE)
_INLINE = re.compile(rb"(inline:)[^\s;|]*", re.IGNORECASE)
_LONG = re.compile(rb"[A-Za-z0-9+/=]{20,}")
"""Too long for anything in a crypto attribute but a key (RFC 4568 section 9.2)."""
_KEYS = re.compile(rb"^(k=|a=key-mgmt:|a=ice-pwd:)[^\r\n]*", re.IGNORECASE | re.MULTILINE)
"""RFC 4566 section 5.12, RFC 4567, RFC 8839."""

_CARRIES_KEYS = re.compile(
    rb"\A\s*INFO[ \t]|^(?:content-type|c)[ \t]*:[^\r\n]*(?:dtmf|kpml)", re.IGNORECASE | re.MULTILINE
)
"""An INFO, whatever it says that its body is; or a type of body that tells which keys were pressed."""
_IS_HIDDEN = re.compile(
    rb"^(?:content-encoding|e|content-transfer-encoding)[ \t]*:[ \t]*(?!identity|8bit|7bit|binary)",
    re.IGNORECASE | re.MULTILINE,
)
_LENGTH = re.compile(
    rb"^((?:content-length|l)[ \t]*:[ \t]*)([0-9]{1,9})(?=[ \t]*\r?$)", re.IGNORECASE | re.MULTILINE
)


def redact(message: bytes) -> bytes:
    """Give the message without what nobody may read; one without secrets stays as it is."""
    end = _END_OF_HEAD.search(message)
    at = end.end() if end else len(message)
    head, body = message[:at], message[at:]
    kept = _redact_body(head, body) if body else body
    head = _without_keys(_redact_head(head))
    return (_with_length(head, len(kept) - len(body)) if kept != body else head) + kept


def _redact_head(head: bytes) -> bytes:
    if b"uth" in head or b"UTH" in head:
        head = _CREDENTIALS.sub(rb"\1" + REDACTED, head)
        head = _CREDENTIALS_IN_URI.sub(rb"\1" + REDACTED, head)
    return _without_passwords(head)


def _redact_body(head: bytes, body: bytes) -> bytes:
    if _CARRIES_KEYS.search(head) or _IS_HIDDEN.search(head) or _IS_HIDDEN.search(body):
        return REDACTED
    if _CARRIES_KEYS.search(body):  # A part of many may be of that type.
        return REDACTED
    return _without_keys(_redact_head(body))


def _without_keys(octets: bytes) -> bytes:
    """Take out the keys of SRTP, wherever SDP may be."""
    octets = _KEYS.sub(rb"\1" + REDACTED, octets)
    return _CRYPTO.sub(_without_key, octets)


def _without_key(attribute: re.Match[bytes]) -> bytes:
    return _LONG.sub(REDACTED, _INLINE.sub(rb"\1" + REDACTED, attribute[0]))


def _without_passwords(octets: bytes) -> bytes:
    """Take out what stands between the user and the @ of a URI (RFC 3261 section 19.1.1)."""
    if b"@" not in octets:
        return octets
    *befores, rest = octets.split(b"@")
    return b"@".join([*map(_without_password, befores), rest])


def _without_password(before: bytes) -> bytes:
    """Take a password from the end of what stands before an @; in linear time, whoever wrote it."""
    start = max(before.rfind(bound) for bound in (b"%c" % char for char in _BOUNDS)) + 1
    scheme = _SCHEME.search(before, start)
    colon = before.find(b":", scheme.end()) if scheme else -1
    return before if colon < 0 else before[: colon + 1] + REDACTED


def _with_length(head: bytes, more: int) -> bytes:
    def written(length: re.Match[bytes]) -> bytes:
        return length[1] + b"%d" % max(0, int(length[2]) + more)

    return _LENGTH.sub(written, head)
