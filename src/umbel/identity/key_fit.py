"""Whether a private key is the one of its certificate, told by the public half."""

from collections.abc import Iterator, Sequence

from umbel.core.findings import Finding, Severity

from .chain.certificate import Certificate, public_key_info, readable

_RULE = "RFC 8446 section 4.4.3"


def key_fit_findings(chain: Sequence[bytes], public_key: bytes) -> Iterator[Finding]:
    """Compare the key of this node, as SubjectPublicKeyInfo, with its chain, DER and leaf first."""
    certificates = list(readable(chain))
    fitting = [one for one in certificates if public_key_info(one) == public_key]
    if not certificates or fitting[:1] == certificates[:1]:
        return
    yield _in_wrong_place(fitting[0]) if fitting else _fits_nothing(certificates[0])


def _in_wrong_place(fitting: Certificate) -> Finding:
    return Finding(
        code="tls.key-fits-another",
        severity=Severity.ERROR,
        seen=f"the key fits the certificate of {fitting}, which does not stand first",
        means="no TLS connection can be made",
        do="put the node's own certificate first in the file, its issuers after it",
        rule=_RULE,
    )


def _fits_nothing(leaf: Certificate) -> Finding:
    return Finding(
        code="tls.key-does-not-fit",
        severity=Severity.ERROR,
        seen=f"the key is not that of our certificate {leaf}",
        means="no TLS connection can be made",
        do="name the key that the certificate was requested with, or request another: "
        "umbel certificate request",
        rule=_RULE,
    )
