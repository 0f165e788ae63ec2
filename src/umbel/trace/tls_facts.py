"""What is worth knowing of a TLS connection, in lines for people."""

from collections.abc import Iterator

from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.handshake_progress import complaint
from umbel.identity.names import presented_names

from .visible import visible


def tls_facts(report: HandshakeReport) -> list[str]:
    """Say all: what was agreed, who both sides said that they are, and how it ended."""
    return [visible(line) for line in _facts(report)]


def tls_in_short(report: HandshakeReport) -> str:
    """Say it in one line: version, cipher, the peer, and whether it was believed."""
    parts = (report.version or "TLS", report.cipher or "", f"peer {_peer(report)}")
    return visible(", ".join(filter(None, (*parts, verification(report)))))


def verification(report: HandshakeReport) -> str:
    """Say whether the peer's certificate was verified, or why not."""
    if report.is_verified:
        return "verified"
    if report.verify_text and report.verify_code:
        return f"not verified: {report.verify_text}"
    if report.is_resumed:
        return "not shown again: an earlier session was resumed"
    return "not verified" if report.peer_chain else "no certificate shown"


def _facts(report: HandshakeReport) -> Iterator[str]:
    by_us = report.role is Role.CLIENT
    asked = f", asked for {report.server_name}" if report.server_name else ""
    agreed = f"{report.version} {report.cipher}" if report.cipher else "nothing agreed"
    yield f"{'opened by us' if by_us else 'opened by the peer'}{asked}; {agreed}; took {report.took:.3f} s"
    yield f"we showed {_shown(report.own_chain)}"
    yield f"the peer showed {_shown(report.peer_chain)}: {verification(report)}"
    for side, ours in (("we", True), ("the peer", False)):
        if (alert := complaint(report, sent_by_us=ours)) is not None:
            yield f"{side} sent the alert {alert.description}"
    if report.ending is not Ending.SUCCEEDED or report.detail:
        yield f"{report.ending.value}: {report.detail}".rstrip(": ")


def _peer(report: HandshakeReport) -> str:
    return presented_names(report.peer_chain[0]).subject if report.peer_chain else "unknown"


def _shown(chain: tuple[bytes, ...]) -> str:
    if not chain:
        return "no certificate"
    names = presented_names(chain[0])
    more = f" ({', '.join(names.alternative_names)})" if names.alternative_names else ""
    return f"{names.subject or 'a certificate without a subject'}{more}"
