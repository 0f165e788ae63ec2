"""Reports of handshakes as they come from the wire, without one: for tests of what explains them."""

from dataclasses import replace
from typing import Final

from umbel.identity.handshake import Alert, Ending, HandshakeReport, Role, Step

from .certificates import NOW

TLS_1_3, TLS_1_2 = "TLSv1.3", "TLSv1.2"
VERSIONS = (TLS_1_3, TLS_1_2)

_CLIENT, _SERVER = "client", "server"
_FLIGHTS: Final = {
    TLS_1_3: (
        (_CLIENT, ("ClientHello",)),
        (
            _SERVER,
            ("ServerHello", "EncryptedExtensions", "CertificateRequest", "Certificate",
             "CertificateVerify", "Finished"),
        ),
        (_CLIENT, ("Certificate", "CertificateVerify", "Finished")),
    ),
    TLS_1_2: (
        (_CLIENT, ("ClientHello",)),
        (
            _SERVER,
            ("ServerHello", "Certificate", "ServerKeyExchange", "CertificateRequest",
             "ServerHelloDone"),
        ),
        (_CLIENT, ("Certificate", "ClientKeyExchange", "CertificateVerify", "Finished")),
        (_SERVER, ("Finished",)),
    ),
}  # fmt: skip
"""Who says what, flight by flight, where both sides show a certificate."""

UP_TO_CLIENT: Final = 3
"""Flights until the client, whom the server then judges, is done."""


def handshake(
    ending: Ending,
    *,
    role: Role = Role.CLIENT,
    version: str = TLS_1_3,
    flights: int = 4,
    own: tuple[bytes, ...] = (),
    peers: tuple[bytes, ...] = (),
    alert: str = "",
    alert_is_ours: bool = False,
    detail: str = "",
) -> HandshakeReport:
    """Give the report of a handshake that came as far as *flights*."""
    steps = _steps(role, version, flights)
    is_own_shown = any(step.sent_by_us and step.message == "Certificate" for step in steps)
    is_peers_shown = any(not step.sent_by_us and step.message == "Certificate" for step in steps)
    alerts = (Alert(sent_by_us=alert_is_ours, description=alert, is_fatal=True),) if alert else ()
    return HandshakeReport(
        role=role,
        local=("192.0.2.1", 40000 if role is Role.CLIENT else 5061),
        remote=("192.0.2.5", 5061 if role is Role.CLIENT else 40000),
        at=NOW,
        took=0.02,
        ending=ending,
        detail=detail,
        version=version,
        own_chain=own if is_own_shown else (),
        peer_chain=peers if is_peers_shown else (),
        alerts=alerts,
        steps=steps,
    )


def without_request(report: HandshakeReport) -> HandshakeReport:
    """Give the same handshake with a server that asks for no certificate."""
    kept = tuple(step for step in report.steps if step.message != "CertificateRequest")
    return replace(report, steps=kept)


def _steps(role: Role, version: str, flights: int) -> tuple[Step, ...]:
    said = [
        (speaker == role.value, message)
        for speaker, messages in _FLIGHTS[version][:flights]
        for message in messages
    ]
    return tuple(
        Step(sent_by_us=ours, message=message, after=0.001 * place)
        for place, (ours, message) in enumerate(said)
    )
