"""SRTCP (RFC 3711 section 3.4): reports are few, so each is encrypted and checked by itself."""

import hmac
from typing import Final

from .session import SrtpKey
from .srtp_keys import RTCP_TAG_OCTETS, NotAuthentic, rtcp_keys

_ENCRYPTED: Final = 1 << 31
_HEADER_OCTETS: Final = 8
_INDEX_OCTETS: Final = 4
_WINDOW: Final = 64
"""Reports that may be overtaken (section 3.3.2)."""


class SrtcpProtector:
    """Encrypts the reports that we send."""

    def __init__(self, key: SrtpKey) -> None:
        self._keys = rtcp_keys(key)
        self._mki = key.mki
        self._index = 0

    def protect(self, compound: bytes) -> bytes:
        """Give the SRTCP packet of a compound RTCP packet."""
        self._index = (self._index + 1) % _ENCRYPTED
        ssrc = int.from_bytes(compound[4:_HEADER_OCTETS])
        body = compound[:_HEADER_OCTETS]
        body += self._keys.crypt(compound[_HEADER_OCTETS:], ssrc, self._index)
        body += (_ENCRYPTED | self._index).to_bytes(_INDEX_OCTETS)
        return body + self._mki + self._keys.tag(body)[:RTCP_TAG_OCTETS]


class SrtcpUnprotector:
    """Checks and decrypts the reports that come."""

    def __init__(self, key: SrtpKey) -> None:
        self._keys = rtcp_keys(key)
        self._mki = key.mki
        self._highest = -1
        self._seen = 0
        """A bit for each of the latest indexes, the highest in bit 0."""

    def unprotect(self, packet: bytes) -> bytes:
        """Give the compound RTCP packet; raise ``NotAuthentic``, also for one that came before."""
        end = len(packet) - RTCP_TAG_OCTETS - len(self._mki)
        if end < _HEADER_OCTETS + _INDEX_OCTETS:
            raise NotAuthentic(f"SRTCP: {len(packet)} octets are too few")
        body, tag = packet[:end], packet[-RTCP_TAG_OCTETS:]
        if packet[end:-RTCP_TAG_OCTETS] != self._mki:
            raise NotAuthentic("SRTCP: the packet names another master key than agreed")
        index = int.from_bytes(body[-_INDEX_OCTETS:])
        self._refuse_repeated(index % _ENCRYPTED)
        if not hmac.compare_digest(self._keys.tag(body)[:RTCP_TAG_OCTETS], tag):
            raise NotAuthentic("SRTCP: the packet was not made with the key")
        self._note(index % _ENCRYPTED)
        head, text = body[:_HEADER_OCTETS], body[_HEADER_OCTETS:-_INDEX_OCTETS]
        if index & _ENCRYPTED:
            text = self._keys.crypt(text, int.from_bytes(head[4:]), index % _ENCRYPTED)
        return head + text

    def _refuse_repeated(self, index: int) -> None:
        age = self._highest - index
        if age >= _WINDOW or (age >= 0 and self._seen >> age & 1):
            raise NotAuthentic(f"SRTCP: the packet with index {index} came before, or too late")

    def _note(self, index: int) -> None:
        if index > self._highest:
            self._seen = (self._seen << index - self._highest | 1) & (1 << _WINDOW) - 1
            self._highest = index
        else:
            self._seen |= 1 << self._highest - index
