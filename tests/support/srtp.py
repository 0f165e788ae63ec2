"""SRTP and SRTCP once more, from RFC 3711 alone, to check what the engine sends and takes."""

import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from umbel.media.session import SrtpKey, SrtpSuite

_TAGS = {SrtpSuite.AES_CM_128_HMAC_SHA1_80: 10, SrtpSuite.AES_CM_128_HMAC_SHA1_32: 4}
_RTCP_TAG = 10
_ENCRYPTED = 1 << 31


class Forged(Exception):
    """A tag or a master key identifier is not what the key makes it."""


@dataclass(frozen=True)
class _Keys:
    """What is derived from the master key (section 4.3): for RTP from label 0, for RTCP from 3."""

    encryption: bytes
    authentication: bytes
    salt: bytes

    @classmethod
    def derive(cls, master: bytes, first_label: int) -> "_Keys":
        return cls(
            *(_derived(master, first_label + n, size) for n, size in enumerate((16, 20, 14)))
        )

    def crypt(self, text: bytes, ssrc: bytes, index: int) -> bytes:
        """Encrypt or decrypt (section 4.1.1)."""
        counter = (
            int.from_bytes(self.salt) << 16 ^ int.from_bytes(ssrc) << 64 ^ index << 16
        ).to_bytes(16)
        return Cipher(algorithms.AES(self.encryption), modes.CTR(counter)).encryptor().update(text)

    def tag(self, covered: bytes, octets: int) -> bytes:
        return hmac.digest(self.authentication, covered, "sha1")[:octets]


def _derived(master: bytes, label: int, octets: int) -> bytes:
    counter = (int.from_bytes(master[16:]) ^ label << 48) << 16
    cipher = Cipher(algorithms.AES(master[:16]), modes.CTR(counter.to_bytes(16)))
    return cipher.encryptor().update(bytes(octets))


class SrtpContext:
    """One direction of a stream whose sequence numbers do not wrap."""

    def __init__(self, key: SrtpKey) -> None:
        self._key = key
        self._rtp = _Keys.derive(key.master, 0)
        self._rtcp = _Keys.derive(key.master, 3)
        self._tag = _TAGS[key.suite]
        self._sent_reports = 0

    def protect(self, packet: bytes) -> bytes:
        """Make an SRTP packet of an RTP packet with a fixed header."""
        body = packet[:12] + self._crypt_rtp(packet)
        return body + self._key.mki + self._rtp.tag(body + bytes(4), self._tag)

    def unprotect(self, packet: bytes) -> bytes:
        """Give the RTP packet of an SRTP packet."""
        body = self._without_tag(packet, self._tag)
        if self._rtp.tag(body + bytes(4), self._tag) != packet[-self._tag :]:
            raise Forged("RTP")
        return body[:12] + self._crypt_rtp(body)

    def protect_rtcp(self, compound: bytes) -> bytes:
        """Make an SRTCP packet (section 3.4)."""
        self._sent_reports += 1
        body = compound[:8] + self._rtcp.crypt(compound[8:], compound[4:8], self._sent_reports)
        body += (_ENCRYPTED | self._sent_reports).to_bytes(4)
        return body + self._key.mki + self._rtcp.tag(body, _RTCP_TAG)

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """Give the compound packet of an SRTCP packet."""
        body = self._without_tag(packet, _RTCP_TAG)
        if self._rtcp.tag(body, _RTCP_TAG) != packet[-_RTCP_TAG:]:
            raise Forged("RTCP")
        index = int.from_bytes(body[-4:]) & ~_ENCRYPTED
        return body[:8] + self._rtcp.crypt(body[8:-4], body[4:8], index)

    def _crypt_rtp(self, packet: bytes) -> bytes:
        return self._rtp.crypt(packet[12:], packet[8:12], int.from_bytes(packet[2:4]))

    def _without_tag(self, packet: bytes, tag: int) -> bytes:
        end = len(packet) - tag - len(self._key.mki)
        if packet[end : len(packet) - tag] != self._key.mki:
            raise Forged("master key identifier")
        return packet[:end]
