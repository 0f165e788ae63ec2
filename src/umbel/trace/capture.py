"""A trace as the file that Wireshark opens: every SIP message decrypted, the rest as remarks.

Messages are written as what stood above the transport (exported PDU), not in packets made up for
them: what was TLS would otherwise have to pose as plain TCP, with sequence numbers that nobody
sent, and Wireshark would take it for broken TLS on port 5061 and know SIP only on its usual ports.
This way it is SIP on any port, and addresses, ports, direction and time are the true ones.

TLS secrets open a capture of the wire, not this file; ``mergecap`` joins the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from umbel.identity.handshake import HandshakeReport
from umbel.sip.hop import Transport

from . import pcapng
from .entry import Address, ConnectionEnd, Handshake, Kept, Passage, Secrets
from .exported_pdu import SIP, TEXT, exported_pdu
from .glance import glance
from .tls_facts import tls_facts, tls_in_short
from .visible import visible


@dataclass(frozen=True, slots=True)
class _Ends:
    """Between whom something happened."""

    transport: Transport
    local: Address
    remote: Address


class Capture:
    """Writes a capture piece by piece."""

    def __init__(self, application: str, *, with_secrets: bool = False) -> None:
        self.messages = 0
        """How many SIP messages were written."""
        self._application = application
        self._with_secrets = with_secrets
        self._opened: set[tuple[str, str, str]] = set()
        self._interfaces: dict[str, int] = {}
        self._handshakes: dict[tuple[str, str, str], HandshakeReport] = {}

    @property
    def secrets(self) -> int:
        """Of how many connections the secrets were written."""
        return len(self._opened)

    def begin(self) -> bytes:
        """Give the beginning of the file."""
        return pcapng.section_header(self._application)

    def take(self, kept: Sequence[Kept]) -> Iterator[bytes]:
        """Give the blocks of entries, secrets first: ``mergecap`` takes over none from behind."""
        if self._with_secrets:
            yield from self._secrets(kept)
        for one in kept:
            yield from self._blocks(one)

    def _secrets(self, kept: Sequence[Kept]) -> Iterator[bytes]:
        for one in kept:
            if isinstance(one.entry, Secrets):
                self._opened.add(_key(one, one.entry.connection))
                yield pcapng.decryption_secrets(one.entry.lines.encode())

    def _blocks(self, kept: Kept) -> Iterator[bytes]:
        if kept.node not in self._interfaces:
            self._interfaces[kept.node] = len(self._interfaces)
            yield pcapng.interface_description(
                pcapng.UPPER_PDU, kept.node, "SIP as Umbel read and wrote it: decrypted, redacted"
            )
        match kept.entry:
            case Passage(problem=problem, sent_by_us=True) as passage if problem:
                lines = [f"not delivered: {problem}", glance(passage.octets).title]
                yield self._remark(kept, _ends(passage), lines)
            case Passage() as passage:
                yield self._message(kept, passage)
            case Handshake(report=report) as handshake:
                self._handshakes[_key(kept, handshake.connection)] = report
                ends = _Ends(Transport.TLS, report.local, report.remote)
                yield self._remark(kept, ends, ["TLS handshake", *tls_facts(report)])
            case ConnectionEnd() as end:
                lines = [f"{end.transport} connection ended: {end.detail}"]
                yield self._remark(kept, _ends(end), lines)
            case _:
                pass

    def _message(self, kept: Kept, passage: Passage) -> bytes:
        self.messages += 1
        report = self._handshakes.get(_key(kept, passage.connection))
        remarks = [f"cannot be read: {passage.problem}"] if passage.problem else []
        if passage.transport is Transport.TLS:
            facts = tls_in_short(report) if report else "TLS, handshake not in this trace"
            remarks.append(f"{passage.connection}: {facts}")
        pdu = _pdu(SIP, _ends(passage), passage.octets, is_sent=passage.sent_by_us)
        return self._packet(kept, pdu, remarks, is_sent=passage.sent_by_us)

    def _remark(self, kept: Kept, ends: _Ends, lines: list[str]) -> bytes:
        """Give what is no SIP message, as text that came from the peer's side of the wire."""
        text = "\r\n".join(map(visible, lines)).encode()
        return self._packet(kept, _pdu(TEXT, ends, text, is_sent=False), lines, is_sent=None)

    def _packet(self, kept: Kept, pdu: bytes, remarks: list[str], *, is_sent: bool | None) -> bytes:
        return pcapng.enhanced_packet(
            self._interfaces[kept.node],
            kept.moment,
            pdu,
            comment="\n".join(map(visible, remarks)),
            is_sent=is_sent,
        )


def _pdu(dissector: str, ends: _Ends, content: bytes, *, is_sent: bool) -> bytes:
    source, destination = ends.local, ends.remote
    if not is_sent:
        source, destination = destination, source
    return exported_pdu(dissector, ends.transport, source, destination, content)


def _ends(thing: Passage | ConnectionEnd) -> _Ends:
    return _Ends(thing.transport, thing.local, thing.remote)


def _key(kept: Kept, connection: str) -> tuple[str, str, str]:
    return kept.node, kept.run, connection
