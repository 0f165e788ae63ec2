"""What we bring to offer and answer: an address, codecs, and a policy on encryption."""

from dataclasses import dataclass
from enum import StrEnum

from umbel.core.addresses import read_ip_address

from .session import PLAIN_CODECS, Codec, SrtpSuite


class MediaSecurity(StrEnum):
    """
    Whether the audio of a call is encrypted (SRTP with keys in the SDP, RFC 4568).

    What is offered and taken:

    ========  ======================  ==============================================
    policy    our offer               the peer's offer that we take
    ========  ======================  ==============================================
    none      RTP/AVP                 RTP/AVP, its keys unused
    optional  RTP/AVP with keys       RTP/SAVP; RTP/AVP, its keys used if it has any
    required  RTP/SAVP                RTP/SAVP; RTP/AVP if it has keys
    ========  ======================  ==============================================

    RTP/AVP with keys is opportunistic SRTP (RFC 8643); Lync sends it as well. A peer that does
    not know it ignores the keys, whereas it would have to refuse RTP/SAVP.
    """

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMedia:
    """What we bring to the audio stream of one dialog."""

    address: str
    """The numeric address that packets are to be sent to."""
    port: int
    """Of RTP; RTCP takes the next."""
    security: MediaSecurity
    session_id: int
    """Of the ``o=`` line: the same for as long as the dialog lives."""
    codecs: tuple[Codec, ...] = PLAIN_CODECS
    """
    By preference, in what we offer; the peer's preference decides in what we answer.

    One that is transcoded costs far more: whoever makes this leaves those out for which there is
    no room now, and puts them into ``busy``.
    """
    busy: tuple[Codec, ...] = ()
    """Codecs that are taken at other times: a peer that has nothing else is refused with 503."""
    session_name: str = "umbel"

    @property
    def address_type(self) -> str:
        """Give ``IP4`` or ``IP6``."""
        return f"IP{read_ip_address(self.address).version}"

    @property
    def abilities(self) -> str:
        """Say in words what this call takes."""
        codecs = " or ".join(self.codecs) or "no codec"
        if self.busy:
            codecs += f" (there is no room for {' or '.join(self.busy)} now)"
        suites = " or ".join(SrtpSuite)
        ways = {
            MediaSecurity.NONE: "unencrypted (RTP/AVP)",
            MediaSecurity.OPTIONAL: f"unencrypted (RTP/AVP) or encrypted with {suites}",
            MediaSecurity.REQUIRED: f"encrypted (RTP/SAVP) with {suites}",
        }
        return f"{codecs}, {ways[self.security]}"
