"""Entries of a trace as tests need them: one node, one day, messages in a line each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.sip.hop import Transport
from umbel.trace.entry import CallNamed, ConnectionEnd, Entry, Handshake, Kept, Passage

AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
NODE = "node01.example.org"
PBX = ("192.0.2.10", 5060)
POOL = ("192.0.2.20", 5061)


def kept(entry: Entry, node: str = NODE, run: str = "1") -> Kept:
    """Give an entry as the ring does."""
    return Kept(node=node, run=run, entry=entry)


def written(start: str, call_id: str = "8@client.example.org", *fields: str) -> bytes:
    """Write a message without a body; *fields* may hold another CSeq than ``1 INVITE``."""
    cseq = () if any(field.startswith("CSeq") for field in fields) else ("CSeq: 1 INVITE",)
    return "\r\n".join([start, f"Call-ID: {call_id}", *cseq, *fields, "", ""]).encode()


INVITE = written("INVITE sip:9000@umbel.example.org SIP/2.0")

RECEIVED = Passage(
    at=AT,
    transport=Transport.UDP,
    local=("192.0.2.1", 5060),
    remote=PBX,
    sent_by_us=False,
    octets=INVITE,
)
TRYING = replace(RECEIVED, sent_by_us=True, octets=written("SIP/2.0 100 Trying"))
NAMED = CallNamed(at=AT, call="k7q2p", call_id="8@client.example.org", gateway="pbx")
REFUSED = HandshakeReport(
    role=Role.CLIENT,
    local=("192.0.2.1", 40000),
    remote=POOL,
    at=AT,
    took=0.025,
    ending=Ending.REFUSED_BY_PEER,
    detail="the peer sent the alert unknown_ca",
    server_name="pool.example.org",
)
FAILED_HANDSHAKE = Handshake(at=AT, connection="connection-1", report=REFUSED)
HANDSHAKE = Handshake(
    at=AT + timedelta(seconds=1),
    connection="connection-2",
    report=replace(
        REFUSED,
        ending=Ending.SUCCEEDED,
        detail="",
        version="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
    ),
)
OVER_TLS = replace(
    RECEIVED,
    transport=Transport.TLS,
    local=("192.0.2.1", 40000),
    remote=POOL,
    sent_by_us=True,
    connection="connection-2",
    domain="pool.example.org",
    octets=written("OPTIONS sip:pool.example.org SIP/2.0", "1@node01", "CSeq: 1 OPTIONS"),
)
UNDELIVERED = replace(
    OVER_TLS,
    connection="",
    problem="TLS to 192.0.2.20:5061: the peer sent the alert unknown_ca",
    octets=written("INVITE sip:2001@pool.example.org SIP/2.0"),
)
END = ConnectionEnd(
    at=AT + timedelta(seconds=2),
    connection="connection-2",
    transport=Transport.TLS,
    local=("192.0.2.1", 40000),
    remote=POOL,
    detail="idle for 600 s",
)
