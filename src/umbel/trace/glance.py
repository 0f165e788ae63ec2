"""What a ladder says of a message, read without asking whether the message is good."""

import re
from dataclasses import dataclass
from typing import Final

from umbel.sip.header_names import spelled

_EXPLAINS: Final = ("Reason", "Warning", "ms-diagnostics", "ms-diagnostics-public", "Retry-After")
"""Header fields that tell why (RFC 3326, RFC 3261 sections 20.43 and 20.33, MS-OCER)."""
_FOLD: Final = re.compile(r"\r?\n[ \t]+")
_LINE_END: Final = re.compile(r"\r?\n")
_CALL_ID: Final = re.compile(rb"\n(?:call-id|i)[ \t]*:[ \t]*([^\s]+)", re.IGNORECASE)
_OTHER_CALL: Final = re.compile(r"[?&]replaces=([^;%&>]+(?:%40[^;%&>]+)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The parts of a message that a person looks at first."""

    method: str
    """Of the request; of a response the one that it answers."""
    status: int | None
    """``None``: it is a request."""
    phrase: str
    """The reason phrase."""
    call_id: str
    cseq: str
    """Number and method."""
    reasons: tuple[str, ...]
    """What explains it, each with the name of its header field."""
    replaces: tuple[str, ...]
    """The Call-IDs of dialogs that it is to take the place of (RFC 3891)."""
    content_type: str

    @property
    def title(self) -> str:
        """Give what stands over its arrow."""
        return self.method if self.status is None else f"{self.status} {self.phrase}".rstrip()


def glance(octets: bytes) -> Glance:
    """Look at a message."""
    head = re.split(rb"\r?\n\r?\n", octets.lstrip(), maxsplit=1)[0].decode("utf-8", "replace")
    start, *lines = _LINE_END.split(_FOLD.sub(" ", head))
    fields = _fields(lines)
    cseq = _first(fields, "CSeq")
    status, phrase = _status_of(start)
    return Glance(
        method=start.partition(" ")[0] if status is None else cseq.rpartition(" ")[2],
        status=status,
        phrase=phrase,
        call_id=_first(fields, "Call-ID"),
        cseq=" ".join(cseq.split()),
        reasons=tuple(f"{name}: {value}" for name in _EXPLAINS for value in fields.get(name, ())),
        replaces=tuple(_replaced(fields)),
        content_type=_first(fields, "Content-Type").partition(";")[0].strip(),
    )


def dialogs_in(octets: bytes) -> tuple[str, tuple[str, ...]]:
    """Give the Call-ID of a message and those that it replaces; quicker than a ``glance``."""
    if b"eplaces" in octets:
        looked = glance(octets)
        return looked.call_id, looked.replaces
    found = _CALL_ID.search(octets)
    return (found[1].decode("utf-8", "replace") if found else ""), ()


def _fields(lines: list[str]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(_spelled(name.strip()), []).append(value.strip())
    return fields


def _spelled(name: str) -> str:
    return name.lower() if name.lower().startswith("ms-") else spelled(name)


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _status_of(start: str) -> tuple[int | None, str]:
    version, _, rest = start.partition(" ")
    code, _, phrase = rest.partition(" ")
    if version.upper().startswith("SIP/") and code.isascii() and code.isdigit():
        return int(code[:3]), phrase
    return None, ""


def _replaced(fields: dict[str, list[str]]) -> list[str]:
    plain = [value.partition(";")[0].strip() for value in fields.get("Replaces", ())]
    asked = [found for value in fields.get("Refer-To", ()) for found in _OTHER_CALL.findall(value)]
    return plain + [found.replace("%40", "@") for found in asked]
