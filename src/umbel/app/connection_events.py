"""What an administrator is told of connections, as far as anybody can cause it."""

from umbel.core import event_catalogue as catalogue
from umbel.identity.handshake import HandshakeReport
from umbel.net.layer import Address, shown

from .provoked import Provoked


def tell_failed_handshake(report: HandshakeReport, provoked: Provoked) -> None:
    """Tell of a handshake that failed, or was finished only so that the peer hears why."""
    provoked.tell(
        catalogue.HANDSHAKE_FAILED,
        report.remote[0],
        peer=shown(report.remote),
        role=f"we were the {report.role.value}",
        reason=f"{report.ending.value}: {report.detail}",
    )


def tell_turned_away(remote: Address, reason: str, provoked: Provoked) -> None:
    """Tell of a connection that was one too many, or came too fast."""
    kind = catalogue.CONNECTION_TURNED_AWAY
    provoked.tell(kind, remote[0], peer=shown(remote), reason=reason)
