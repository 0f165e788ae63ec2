"""Entries for programs: dictionaries of plain values."""

from collections.abc import Iterable, Iterator

from umbel.identity.names import presented_names

from .entry import CallNamed, ConnectionEnd, Handshake, Kept, Passage, Untold
from .glance import glance
from .repeats import Repeats
from .tls_facts import verification

Row = dict[str, object]


def rows(kept: Iterable[Kept], repeats: Repeats) -> Iterator[Row]:
    """Give each entry as JSON has it; secrets are not for this."""
    for one in kept:
        row: Row = {"at": one.moment.isoformat(), "node": one.node}
        match one.entry:
            case Passage() as passage:
                again = repeats.is_repeated(one.node, passage)
                yield row | _message(passage) | {"retransmission": again}
            case Handshake() as handshake:
                yield row | _handshake(handshake)
            case ConnectionEnd(connection=connection, detail=detail) as end:
                yield (
                    row
                    | {"kind": "end", "connection": connection}
                    | _ends(end)
                    | {"detail": detail}
                )
            case CallNamed(call=call, call_id=call_id, gateway=gateway):
                named = {"kind": "call", "call": call, "call_id": call_id, "gateway": gateway}
                yield row | named
            case Untold(count=count):
                yield row | {"kind": "untold", "count": count}
            case _:
                pass


def _message(passage: Passage) -> Row:
    looked = glance(passage.octets)
    return {
        "kind": "message",
        "sent": passage.sent_by_us,
        **_ends(passage),
        "connection": passage.connection,
        "domain": passage.domain,
        "method": looked.method,
        "status": looked.status,
        "phrase": looked.phrase,
        "cseq": looked.cseq,
        "call_id": looked.call_id,
        "reasons": list(looked.reasons),
        "problem": passage.problem,
        "message": passage.octets.decode("utf-8", "replace"),
    }


def _handshake(handshake: Handshake) -> Row:
    report = handshake.report
    return {
        "kind": "handshake",
        "connection": handshake.connection,
        "role": report.role.value,
        "local": list(report.local),
        "remote": list(report.remote),
        "ending": report.ending.value,
        "detail": report.detail,
        "took": report.took,
        "version": report.version,
        "cipher": report.cipher,
        "server_name": report.server_name,
        "own_subject": _subject(report.own_chain),
        "peer_subject": _subject(report.peer_chain),
        "verification": verification(report),
        "alerts": [
            {"sent": alert.sent_by_us, "description": alert.description} for alert in report.alerts
        ],
        "steps": [
            {"sent": step.sent_by_us, "message": step.message, "after": step.after}
            for step in report.steps
        ],
    }


def _ends(ends: Passage | ConnectionEnd) -> Row:
    return {
        "transport": ends.transport.value,
        "local": list(ends.local),
        "remote": list(ends.remote),
    }


def _subject(chain: tuple[bytes, ...]) -> str | None:
    return presented_names(chain[0]).subject if chain else None
