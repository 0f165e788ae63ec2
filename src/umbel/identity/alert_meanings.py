"""What each TLS alert usually means when a SIP peer sends it, and what to do (RFC 8446 section 6.2).

The tables of the RFC say what was wrong for the sender's code. Here stands what it was in practice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class About(StrEnum):
    """What an alert complains about."""

    CHAIN = "the certificate's chain"
    CERTIFICATE = "the certificate, its chain or its names"
    NO_CERTIFICATE = "a certificate that was not shown"
    CIPHERS = "the cipher suites, groups or signature algorithms"
    VERSION = "the protocol version"
    SERVER_NAME = "the server name that was asked for"
    PROOF = "the proof that the key is the certificate's"
    PROTOCOL = "a message that it did not understand"
    ITSELF = "a trouble of its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMeaning:
    """What an alert usually means."""

    about: About
    means: str
    """As the second half of a sentence that begins with its sender."""
    do: str


def alert_meaning(description: str) -> AlertMeaning:
    """Say what an alert means, given by its name."""
    return _MEANINGS.get(description, _UNKNOWN)


_COMPARE_CLOCKS = "compare the clocks of both machines (timedatectl); then renew the certificate"
_ITS_LOG = "look at the peer's own log at this time: it alone knows more"

_UNKNOWN: Final = AlertMeaning(
    about=About.ITSELF, means="gave up for a reason of its own", do=_ITS_LOG
)


def _meaning(about: About, means: str, do: str) -> AlertMeaning:
    return AlertMeaning(about=about, means=means, do=do)


_NOT_UNDERSTOOD = _meaning(
    About.PROTOCOL,
    "did not understand a message: its TLS differs from ours, or something between us alters it",
    "look for a device between both that inspects TLS; then at the peer's version and log",
)
_NO_COMMON_GROUND = _meaning(
    About.CIPHERS,
    "shares no cipher suite, group or signature algorithm with us",
    "compare what both offer; a certificate with an RSA key of 2048 bits suits most peers",
)
_OUR_CERTIFICATE_MISSING = _meaning(
    About.NO_CERTIFICATE,
    "asks for a certificate and got none",
    "name this node's certificate in [tls]: mutual TLS needs one",
)

_MEANINGS: Final[Mapping[str, AlertMeaning]] = {
    "unexpected_message": _NOT_UNDERSTOOD,
    "bad_record_mac": _NOT_UNDERSTOOD,
    "decryption_failed": _NOT_UNDERSTOOD,
    "record_overflow": _NOT_UNDERSTOOD,
    "decompression_failure": _NOT_UNDERSTOOD,
    "illegal_parameter": _NOT_UNDERSTOOD,
    "decode_error": _NOT_UNDERSTOOD,
    "missing_extension": _NOT_UNDERSTOOD,
    "unsupported_extension": _NOT_UNDERSTOOD,
    "handshake_failure": _NO_COMMON_GROUND,
    "insufficient_security": _NO_COMMON_GROUND,
    "no_certificate": _OUR_CERTIFICATE_MISSING,
    "certificate_required": _OUR_CERTIFICATE_MISSING,
    "bad_certificate": _meaning(
        About.CERTIFICATE,
        "found the certificate broken, or refused it without saying why; some stacks say so of an "
        "unknown authority or a wrong name as well",
        "check chain and names with: umbel certificate show",
    ),
    "unsupported_certificate": _meaning(
        About.CHAIN,
        "cannot use this kind of certificate: usually its extended key usage lacks the role, "
        "sometimes its key or signature is of a kind that the peer does not know",
        "get a certificate for serverAuth and clientAuth with an RSA key: umbel certificate request",
    ),
    "certificate_revoked": _meaning(
        About.CHAIN,
        "found the certificate on a revocation list",
        "get a certificate with a new key: umbel certificate request",
    ),
    "certificate_expired": _meaning(
        About.CHAIN,
        "found a certificate of the chain out of date by its own clock",
        _COMPARE_CLOCKS,
    ),
    "certificate_unknown": _meaning(
        About.CERTIFICATE,
        "refused the certificate for a reason that it does not name: often the name, a policy or a "
        "revocation list that it could not fetch",
        "check chain and names with: umbel certificate show; then look at the peer's log",
    ),
    "unknown_ca": _meaning(
        About.CHAIN,
        "does not know the authority that issued the certificate, or misses an intermediate",
        "have the peer's administrator trust our authority, and send every intermediate",
    ),
    "access_denied": _meaning(
        About.CERTIFICATE,
        "believes the certificate, and does not let its owner in",
        "have the peer's administrator add this node to the servers that it trusts",
    ),
    "decrypt_error": _meaning(
        About.PROOF,
        "could not verify a signature: key and certificate do not fit, or a device between us "
        "alters the handshake",
        "check that the key fits the certificate: umbel certificate show",
    ),
    "export_restriction": _NO_COMMON_GROUND,
    "protocol_version": _meaning(
        About.VERSION,
        "does not speak a version of TLS that we speak",
        "switch TLS 1.2 on at the peer; TLS 1.0 and 1.1 are not spoken here (RFC 8996)",
    ),
    "inappropriate_fallback": _meaning(
        About.VERSION,
        "believes that somebody forced the version of TLS down",
        "look for a device between both that alters TLS",
    ),
    "internal_error": _meaning(
        About.ITSELF,
        "failed in itself; often it cannot use its own key, or its list of authorities is too long",
        _ITS_LOG,
    ),
    "user_canceled": _meaning(
        About.ITSELF, "was told to stop, for example because it shuts down", _ITS_LOG
    ),
    "no_renegotiation": _meaning(
        About.PROTOCOL,
        "refuses to negotiate again on a running connection",
        "switch renegotiation off on both sides",
    ),
    "certificate_unobtainable": _meaning(
        About.CHAIN,
        "could not fetch the certificate from the address that it was given",
        "send the certificate itself",
    ),
    "unrecognized_name": _meaning(
        About.SERVER_NAME,
        "serves no host of the name that was asked for",
        "use the name that the peer is configured with as the gateway's address",
    ),
    "bad_certificate_status_response": _meaning(
        About.CHAIN,
        "could not use the revocation status that came with the certificate",
        "renew or switch off OCSP stapling",
    ),
    "bad_certificate_hash_value": _meaning(
        About.CHAIN,
        "fetched another certificate than the one that was announced",
        "send the certificate itself",
    ),
    "unknown_psk_identity": _meaning(
        About.PROTOCOL,
        "does not know the session or the shared key that we referred to",
        "connect again; certificates are used then",
    ),
    "no_application_protocol": _meaning(
        About.PROTOCOL,
        "wants another application protocol (ALPN) than SIP on this port",
        "check the gateway's port: SIP over TLS is usually at 5061",
    ),
}
