"""SRTP and SRTCP of one stream (RFC 3711), by libsrtp; the master key identifier is ours.

libsrtp is used without MKI. The identifier stands between what is authenticated and the tag and
is not itself authenticated (RFC 3711 section 3.1), so it is put in and taken out here.
"""

from typing import Final

import pylibsrtp

from umbel.core.errors import PeerError
from umbel.media.session import SrtpKey, SrtpSuite

_PROFILES: Final = {
    SrtpSuite.AES_CM_128_HMAC_SHA1_80: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
_RTP_TAG: Final = {SrtpSuite.AES_CM_128_HMAC_SHA1_80: 10, SrtpSuite.AES_CM_128_HMAC_SHA1_32: 4}
_RTCP_TAG: Final = 10
"""Octets; of both suites (RFC 4568 section 6.2.2)."""


class NotAuthentic(PeerError):
    """A packet was not made with the key, or it came before."""


class Protector:
    """Encrypts what we send."""

    def __init__(self, key: SrtpKey) -> None:
        self.key = key
        self._session = _session(key, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)

    def protect(self, packet: bytes) -> bytes:
        """Give the SRTP packet of an RTP packet."""
        return self._marked(self._session.protect(packet), _RTP_TAG[self.key.suite])

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Give the SRTCP packet of a compound RTCP packet."""
        return self._marked(self._session.protect_rtcp(packet), _RTCP_TAG)

    def _marked(self, packet: bytes, tag: int) -> bytes:
        mki = self.key.mki
        return packet[:-tag] + mki + packet[-tag:] if mki else packet


class Unprotector:
    """Checks and decrypts what we receive."""

    def __init__(self, key: SrtpKey) -> None:
        self.key = key
        self._session = _session(key, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    def unprotect(self, packet: bytes) -> bytes:
        """Give the RTP packet; raise ``NotAuthentic``, also for one that came before."""
        try:
            return self._session.unprotect(self._unmarked(packet, _RTP_TAG[self.key.suite]))
        except (pylibsrtp.Error, ValueError) as error:
            raise NotAuthentic(str(error)) from error

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """Give the compound RTCP packet; raise ``NotAuthentic``, also for one that came before."""
        try:
            return self._session.unprotect_rtcp(self._unmarked(packet, _RTCP_TAG))
        except (pylibsrtp.Error, ValueError) as error:
            raise NotAuthentic(str(error)) from error

    def _unmarked(self, packet: bytes, tag: int) -> bytes:
        mki = self.key.mki
        if not mki:
            return packet
        end = len(packet) - tag
        if end < len(mki) or packet[end - len(mki) : end] != mki:
            raise NotAuthentic("the packet names another master key than agreed")
        return packet[: end - len(mki)] + packet[end:]


def _session(key: SrtpKey, ssrc_type: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(
        key=key.master, ssrc_type=ssrc_type, srtp_profile=_PROFILES[key.suite]
    )
    return pylibsrtp.Session(policy)
