"""Takes credentials, keys and PINs out of a SIP message before anything keeps or shows it.

Works on bytes and believes nothing: a malformed message must not keep its secrets either. Where a
body cannot be looked into, all of it goes. Content-Length follows what a body loses, so that one
that was true stays true, and one that was wrong stays as wrong as it was.
"""

import re
from collections.abc import Sequence

REDACTED = b"redacted"
_KEY = REDACTED * 5
"""As base64 this is 30 octets, as long as a key: who reads the trace finds well-formed SDP."""

_CREDENTIALS = re.compile(
    rb"^((?:proxy-)?auth(?:orization|entication-info)[ \t]*:[ \t]*(?:[a-z0-9]+[ \t]+)?)"
    rb"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
"""RFC 3261 sections 20.7, 20.28 and 20.6, also where they are folded; their scheme may stay."""
_CREDENTIALS_IN_URI = re.compile(rb"([?&;](?:proxy-)?authorization=)[^&>\s\"]*", re.IGNORECASE)
"""Header fields that a URI asks to be sent (RFC 3261 section 19.1.1)."""

_BOUNDS = tuple(b"%c" % char for char in b"<>\"' \t\r\n")
_BOUND = re.compile(rb"[<>\"'\s]")
"""What a URI with a password cannot contain."""
_WITHOUT_PASSWORD = (b"<sip", b"<sips", b" sip", b" sips")
"""Where the last colon before an @ follows this, it is the scheme's."""
_SCHEME = re.compile(rb"(?:sips?|https?|wss?|ftp|ldaps?|im|pres|xmpp):(?://)?", re.IGNORECASE)

_SIGNS = (b"auth", b"k=", b"key-mgmt", b"ice-pwd", b"crypto:")
"""One of these, in small letters, is in each head that has another secret than a password."""

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
    at = _end_of_head(message)
    head, body = message[:at], message[at:]
    kept = _redact_body(head, body) if body else body
    if kept != body:
        head = _with_length(head, len(kept) - len(body))
    return _redact_text(head) + kept


def redact_many(messages: Sequence[bytes]) -> list[bytes]:
    """Do the same with each; that there is no secret in any is seen of many at once."""
    bare = [message.find(b"\n\r\n") in (-1, len(message) - 3) for message in messages]
    heads = b" ".join(message for message, is_bare in zip(messages, bare, strict=True) if is_bare)
    if _may_have_secrets(heads):
        return [redact(message) for message in messages]
    return [
        message if is_bare else redact(message)
        for message, is_bare in zip(messages, bare, strict=True)
    ]


def _may_have_secrets(heads: bytes) -> bool:
    """Say whether a head has a secret, or a body behind it that begins as no usual one does."""
    small = heads.lower()
    return b"\n\n" in heads or any(map(small.__contains__, _SIGNS)) or _has_password(heads)


def _has_password(heads: bytes) -> bool:
    return any(_without_password(before) is not before for before in heads.split(b"@")[:-1])


def _end_of_head(message: bytes) -> int:
    """Find where the body begins; a peer may have taken LF for the end of a line."""
    usual, other = message.find(b"\n\r\n"), message.find(b"\n\n")
    if other < 0:
        return len(message) if usual < 0 else usual + 3
    return other + 2 if usual < 0 else min(usual + 3, other + 2)


def _redact_body(head: bytes, body: bytes) -> bytes:
    if _is_secret(head) or _is_secret(body):  # A part of many has a head of its own.
        return REDACTED
    return _redact_text(body)


def _is_secret(text: bytes) -> bool:
    """Say whether a body is not to be shown at all, by its head. Looks closely only where needed."""
    small = text.lower()
    may_carry_keys = small.lstrip()[:4] == b"info" or b"dtmf" in small or b"kpml" in small
    if may_carry_keys and _CARRIES_KEYS.search(text):
        return True
    return (b"encoding" in small or b"\ne" in small) and _IS_HIDDEN.search(text) is not None


def _redact_text(text: bytes) -> bytes:
    small = text.lower()
    if b"auth" in small:
        text = _CREDENTIALS.sub(rb"\1" + REDACTED, text)
        text = _CREDENTIALS_IN_URI.sub(rb"\1" + REDACTED, text)
    if b"k=" in small or b"key-mgmt" in small or b"ice-pwd" in small:
        text = _KEYS.sub(rb"\1" + REDACTED, text)
    if b"crypto:" in small:
        text = _CRYPTO.sub(_without_key, text)
    return _without_passwords(text)


def _without_key(attribute: re.Match[bytes]) -> bytes:
    return _INLINE.sub(rb"\1" + _KEY, _LONG.sub(REDACTED, attribute[0]))


def _without_passwords(octets: bytes) -> bytes:
    """Take out what stands between the user and the @ of a URI (RFC 3261 section 19.1.1)."""
    if b"@" not in octets:
        return octets
    *befores, rest = octets.split(b"@")
    return b"@".join([*map(_without_password, befores), rest])


def _without_password(before: bytes) -> bytes:
    """Take a password from the end of what stands before an @; in linear time, whoever wrote it."""
    last = before.rfind(b":")
    if last < 0 or before.endswith(_WITHOUT_PASSWORD, 0, last) or _BOUND.search(before, last):
        return before
    start = max(map(before.rfind, _BOUNDS)) + 1
    scheme = _SCHEME.search(before, start)
    colon = before.find(b":", scheme.end()) if scheme else -1
    return before if colon < 0 else before[: colon + 1] + REDACTED


def _with_length(head: bytes, more: int) -> bytes:
    def written(length: re.Match[bytes]) -> bytes:
        return length[1] + b"%d" % max(0, int(length[2]) + more)

    return _LENGTH.sub(written, head)
