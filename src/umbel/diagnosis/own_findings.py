"""What is wrong with this node's own certificate before any peer has seen it."""

from collections.abc import Iterator, Sequence

from umbel.core.findings import Finding, Severity
from umbel.identity.chain.certificate import readable
from umbel.identity.key_fit import key_fit_findings

from .pem import PemFile


def own_file_findings(files: Sequence[PemFile]) -> Iterator[Finding]:
    """Say what keeps this node from using its certificate; *files*: certificate, then key."""
    for file in files:
        yield from file.findings
    chain = files[0].certificates if files else ()
    keys = [key for file in files for key in file.public_keys]
    for key in keys:
        yield from key_fit_findings(chain, key)
    if chain and not keys and not any(file.findings for file in files):
        yield Finding(
            code="own.no-key",
            severity=Severity.ERROR,
            seen=f"{', '.join(file.name for file in files)}: a certificate, and no private key",
            means="no TLS connection can be made: this node cannot prove that the certificate is "
            "its own",
            do="name the key that the certificate was requested with in [tls] key",
            rule="RFC 8446 section 4.4.3",
        )


def missing_certificate(node: str, gateway: str) -> Finding:
    """Say that TLS is meant to be spoken, and there is nothing to show."""
    return Finding(
        code="own.no-certificate",
        severity=Severity.ERROR,
        seen=f"{node} has no certificate: [tls] is missing in its settings",
        means=f"{gateway} and this node cannot speak TLS: neither side knows who this node is",
        do="umbel certificate request",
        rule="RFC 5922 section 5",
    )


def not_in_use(file: bytes, served: bytes, place: str) -> Finding | None:
    """Say that the running node still shows an older certificate; ``None``: it shows this one."""
    if file == served:
        return None
    shown, wanted = next(readable([served]), None), next(readable([file]), None)
    return Finding(
        code="own.certificate-not-in-use",
        severity=Severity.ERROR,
        seen=f"{place} shows the certificate of {shown} until "
        f"{shown.parsed.not_valid_after_utc:%F %R} UTC, and the file that [tls] names has one of "
        f"{wanted} until {wanted.parsed.not_valid_after_utc:%F %R} UTC"
        if shown is not None and wanted is not None
        else f"{place} shows another certificate than the file that [tls] names",
        means="the new certificate has no effect: peers see the old one",
        do="see why it was not taken: umbel events; at the latest a restart of the node takes it",
        rule="Exchange UM event 1112",
    )
