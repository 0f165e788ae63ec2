"""What was written about a wire is read again, by this Umbel or another."""

from datetime import UTC, datetime

import pytest

from umbel.core.json_values import Unreadable
from umbel.identity.handshake import Alert, Ending, HandshakeReport, Role, Step
from umbel.sip.hop import Transport
from umbel.trace.entry import (
    CallNamed,
    ConnectionEnd,
    Entry,
    Handshake,
    Kept,
    Passage,
    Secrets,
    Untold,
)
from umbel.trace.writing import Origin, read_record, write_entry, write_origin

AT = datetime(2026, 3, 10, 9, 30, 0, 123456, UTC)
ORIGIN = Origin(node="node01.example.org", run="2026-03-10T09:00:00+00:00")
PASSAGE = Passage(
    at=AT,
    transport=Transport.TLS,
    local=("192.0.2.1", 5061),
    remote=("192.0.2.2", 40000),
    sent_by_us=True,
    octets=b"OPTIONS sip:a SIP/2.0\r\n\r\n\xff\n",
    connection="connection-1",
    domain="gateway.example.org",
    problem="it is only a test",
)
REPORT = HandshakeReport(
    role=Role.CLIENT,
    local=("192.0.2.1", 40001),
    remote=("192.0.2.2", 5061),
    at=AT,
    took=0.25,
    ending=Ending.REFUSED_BY_PEER,
    version="TLSv1.3",
    peer_chain=(b"\x30\x00", b"\x30\x01"),
    alerts=(Alert(sent_by_us=False, description="unknown_ca", is_fatal=True),),
    steps=(Step(sent_by_us=True, message="ClientHello", after=0.0),),
)
ENTRIES: list[Entry] = [
    PASSAGE,
    Handshake(at=AT, connection="connection-1", report=REPORT),
    ConnectionEnd(
        at=AT,
        connection="connection-1",
        transport=Transport.TLS,
        local=("192.0.2.1", 5061),
        remote=("192.0.2.2", 40000),
        detail="the peer closed the connection",
    ),
    CallNamed(at=AT, call="k7q2p", call_id="8@client.example.org", gateway="pbx"),
    Secrets(at=AT, connection="connection-1", lines="CLIENT_RANDOM 00 11\n"),
    Untold(at=AT, count=1234),
]


class TestEntry:
    @pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: type(entry).__name__)
    def test_is_read_as_it_was_written(self, entry: Entry) -> None:
        kept = read_record(write_entry(entry), ORIGIN)

        assert kept == Kept(node=ORIGIN.node, run=ORIGIN.run, entry=entry)

    def test_is_of_nobody_where_its_file_does_not_say(self) -> None:
        kept = read_record(write_entry(PASSAGE), None)

        assert kept == Kept(node="", run="", entry=PASSAGE)

    def test_of_a_kind_to_come_is_passed_over(self) -> None:
        assert read_record(b'{"heartbeat": {"at": 1}}', ORIGIN) is None

    def test_with_more_fields_than_we_know_is_read(self) -> None:
        """A newer Umbel may have written it."""
        named = ENTRIES[3]
        record = write_entry(named).replace(b'"gateway"', b'"flow": 1, "gateway"')

        assert read_record(record, ORIGIN) == Kept(node=ORIGIN.node, run=ORIGIN.run, entry=named)

    @pytest.mark.parametrize(
        "record",
        [
            b"",
            b"{",
            b"7",
            b"{}",
            b"[1, 2]",
            b'{"call": 7}',
            b'{"call": {"at": 7, "call": "a", "call_id": "b"}}',
            b'{"call": {"at": "2026-03-10", "call": 7, "call_id": "b"}}',
            b'{"call": {"at": "2026-03-10"}}',
            write_entry(PASSAGE).replace(b'"TLS"', b'"SCTP"'),
            write_entry(ENTRIES[1]).replace(b'["192.0.2.1", 40001]', b'["192.0.2.1"]'),
            write_entry(ENTRIES[1]).replace(b'["192.0.2.1", 40001]', b'"192.0.2.1"'),
            write_entry(ENTRIES[1]).replace(b'"MAA="', b'"MA"'),
        ],
    )
    def test_that_is_damaged_is_told(self, record: bytes) -> None:
        with pytest.raises(Unreadable):
            read_record(record, ORIGIN)


class TestOrigin:
    def test_is_read_as_it_was_written(self) -> None:
        assert read_record(write_origin(ORIGIN), None) == ORIGIN
