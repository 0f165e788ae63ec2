"""How far a handshake came, read from its messages."""

from .alerts import CLOSE_NOTIFY
from .handshake import Alert, HandshakeReport, Role


def has_heard_peer(report: HandshakeReport) -> bool:
    """Say whether the peer took part in the handshake at all."""
    return any(not step.sent_by_us for step in report.steps)


def peer_asked_for_certificate(report: HandshakeReport) -> bool:
    """Say whether the peer, as server, wanted to see a certificate."""
    return _passed(report, "CertificateRequest", sent_by_us=False)


def is_our_part_done(report: HandshakeReport) -> bool:
    """Say whether we sent our last message of the handshake."""
    return _passed(report, "Finished", sent_by_us=True)


def is_peers_part_done(report: HandshakeReport) -> bool:
    """Say whether the peer sent its last message of the handshake."""
    return _passed(report, "Finished", sent_by_us=False)


def has_kept_certificate_back(report: HandshakeReport) -> bool:
    """Say whether we, asked for a certificate, finished our part without one."""
    asked = peer_asked_for_certificate(report) and is_our_part_done(report)
    return asked and not report.own_chain


def has_shown_certificate(report: HandshakeReport) -> bool:
    """Say whether the peer has got a certificate of ours to look at."""
    return bool(report.own_chain) and _passed(report, "Certificate", sent_by_us=True)


def has_judged_certificate(report: HandshakeReport) -> bool:
    """
    Say whether the peer ended the handshake when it was its turn to judge our certificate.

    A server judges once the client is done. In TLS 1.3 the client then believes that all is well
    (RFC 8446 section 4.4.2.4 leaves the refusal to come as late as it may); a client judges as
    soon as the server is done.
    """
    if not has_shown_certificate(report):
        return False
    if report.role is Role.CLIENT:
        return is_our_part_done(report)
    return not is_peers_part_done(report)


def complaint(report: HandshakeReport, *, sent_by_us: bool) -> Alert | None:
    """Give the last alert of one side that is more than a good-bye."""
    for alert in reversed(report.alerts):
        if alert.sent_by_us is sent_by_us and alert.description != CLOSE_NOTIFY:
            return alert
    return None


def reached(report: HandshakeReport) -> str:
    """Say how far it came, as the end of a sentence."""
    if not report.steps:
        return "before the first message of the handshake"
    if is_our_part_done(report) and is_peers_part_done(report):
        return "after the handshake, before the first SIP message"
    last = report.steps[-1]
    return f"after {'our' if last.sent_by_us else 'its'} {last.message}"


def _passed(report: HandshakeReport, message: str, *, sent_by_us: bool) -> bool:
    return any(step.message == message and step.sent_by_us is sent_by_us for step in report.steps)
