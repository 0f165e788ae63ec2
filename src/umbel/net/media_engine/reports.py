"""The reports of all calls that are due in a tick, made in one pass."""

from collections.abc import Sequence

import numpy as np

from umbel.core.errors import Misuse
from umbel.core.instants import Instant
from umbel.media import rtcp

from .session import Session
from .tables import Tables


def report_many(sessions: Sequence[Session], tables: Tables, *, now: Instant, ntp: int) -> None:
    """Send the reports of *sessions*, all of which have sent something and heard somebody."""
    if not sessions:
        return
    rows = np.array([session.row for session in sessions], np.intp)
    records, senders = rtcp.compound(len(rows)), tables.senders
    records["ssrc"] = records["described"] = senders.ssrc[rows]
    records["ntp"] = ntp
    records["rtp_timestamp"] = senders.timestamps(rows)
    records["packets"] = senders.packets[rows] & 0xFFFF_FFFF
    records["octets"] = senders.octets[rows] & 0xFFFF_FFFF
    records["name"] = [session.reporter.canonical_name for session in sessions]
    fields = ("source", "loss", "highest", "jitter", "last_sender_report", "delay")
    blocks = np.array([_block(session, tables, now) for session in sessions], np.int64)
    for field, values in zip(fields, blocks.T, strict=True):
        records[field] = values
    for session, record in zip(sessions, records, strict=True):
        if session.transport is not None:
            session.transport.send_rtcp(record.tobytes())


def _block(session: Session, tables: Tables, now: Instant) -> tuple[int, ...]:
    source = session.sources.latest
    if source is None:
        raise Misuse(f"the session {session.name} has heard nobody")
    tables.hearing.report(session.row)
    return session.reporter.block(source, now)
