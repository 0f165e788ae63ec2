"""Which messages are shown of what passes."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from tests.support.attempts import HANDSHAKE
from tests.support.still_clock import PIONEERS_DAY

from umbel.core.call_filter import CallFilter
from umbel.sip.hop import Transport
from umbel.trace.close_look import CloseLook
from umbel.trace.entry import CallNamed, ConnectionEnd, Entry, Handshake, Passage

POOL, PBX = ("192.0.2.7", 5061), ("192.0.2.9", 5060)
SHAKEN = Handshake(at=PIONEERS_DAY, connection="c1", report=replace(HANDSHAKE, remote=POOL))
ENDED = ConnectionEnd(
    at=PIONEERS_DAY,
    connection="c1",
    transport=Transport.TLS,
    local=("192.0.2.1", 5061),
    remote=POOL,
    detail="closed",
)


def message(
    start: str = "INVITE sip:9000@um.test SIP/2.0",
    call: str = "a",
    remote: tuple[str, int] = POOL,
    more: str = "",
    connection: str = "c1",
) -> Passage:
    """Give a message from Bell (2001) to 9000."""
    text = (
        f'{start}\r\nFrom: "Bell" <sip:2001@pool.test>;tag=1\r\n'
        f"To: <sip:9000@um.test>\r\nCall-ID: {call}\r\n{more}CSeq: 1 INVITE\r\n\r\n"
        "From: <sip:body@um.test>"
    )
    return Passage(
        at=PIONEERS_DAY,
        transport=Transport.TLS,
        local=("192.0.2.1", 5061),
        remote=remote,
        sent_by_us=False,
        octets=text.encode(),
        connection=connection,
    )


def at(address: str) -> Collection[str]:
    """Name the gateways at an address."""
    return {"192.0.2.7": ("lync",)}.get(address, ())


def shown(wanted: str, *entries: Entry) -> list[Entry]:
    """Give what is shown of *entries* with one filter, or none."""
    look = CloseLook(CallFilter.parse([wanted] if wanted else [], "here"), at)
    return [one for entry in entries for one in look.take(entry)]


class TestAMessage:
    @pytest.mark.parametrize(
        "wanted", ["", "caller=2001", "dialled=9000", "gateway=lync", "caller=2002"]
    )
    def test_is_shown_where_its_call_is_meant(self, wanted: str) -> None:
        """The last by its asserted identity."""
        invite = message(more="P-Asserted-Identity: <sip:2002@pool.test>\r\n")
        assert shown(wanted, invite) == [invite]

    @pytest.mark.parametrize("wanted", ["caller=9000", "dialled=2001", "caller=body"])
    def test_is_not_shown_otherwise(self, wanted: str) -> None:
        assert shown(wanted, message()) == []

    def test_is_not_shown_of_another_gateway(self) -> None:
        assert shown("gateway=lync", message(remote=PBX)) == []

    def test_is_shown_where_the_call_was_dialled_so_at_first(self) -> None:
        redirected = message("INVITE sip:9001@um.test SIP/2.0")
        assert shown("dialled=9001", redirected) == [redirected]

    def test_belongs_to_its_call_whatever_it_says_itself(self) -> None:
        """A BYE of the called party has the names the other way round."""
        bye = message("BYE sip:2001@pool.test SIP/2.0", remote=PBX)
        other = replace(bye, octets=bye.octets.replace(b"Call-ID: a", b"Call-ID: b"))
        invite = message()

        assert shown("gateway=lync", invite, bye, other) == [invite, bye]

    def test_that_is_none_is_shown_by_where_it_came_from(self) -> None:
        noise = replace(message(), octets=b"\x00\xff\r\n")
        assert shown("gateway=lync", noise) == [noise]
        assert shown("caller=2001", noise) == []

    def test_is_looked_at_line_by_line_where_lines_are_not_monstrous(self) -> None:
        """A pattern that tries each place anew would take seconds for one datagram."""
        monstrous = message(more=f'P-Asserted-Identity: "{"x" * 2000}" <sip:1876@um.test>\r\n')
        usual = message(more="P-Asserted-Identity: sip:1876@um.test\r\n")

        assert shown("caller=1876", monstrous, usual) == [usual]

    def test_whose_call_has_a_monstrous_name_is_not_remembered(self) -> None:
        name = "x" * 1000
        first = message(call=name)
        reply = replace(first, octets=f"SIP/2.0 200 OK\r\nCall-ID: {name}\r\n\r\n".encode())

        assert shown("dialled=9000", first, reply) == [first]


class TestAHandshake:
    def test_is_shown_at_once_where_the_gateway_is_meant(self) -> None:
        assert shown("gateway=lync", SHAKEN, ENDED) == [SHAKEN, ENDED]
        assert shown("gateway=pbx", SHAKEN, ENDED) == []

    def test_waits_for_a_call_of_the_people_who_are_meant(self) -> None:
        invite = message()

        assert shown("caller=2001", SHAKEN, invite, message("ACK sip:9000@um.test SIP/2.0")) == [
            SHAKEN,
            invite,
            message("ACK sip:9000@um.test SIP/2.0"),
        ]
        assert shown("caller=7777", SHAKEN, invite, ENDED) == []

    def test_is_not_needed_for_a_datagram(self) -> None:
        datagram = message(connection="")
        assert shown("caller=2001", datagram) == [datagram]


class TestOtherEntries:
    def test_are_not_shown(self) -> None:
        assert shown("", CallNamed(at=PIONEERS_DAY, call="x", call_id="a")) == []


class TestManyCalls:
    def test_are_forgotten_in_the_end(self) -> None:
        look = CloseLook(CallFilter.parse(["caller=2001"], "here"), at)
        for number in range(10_001):
            look.take(message(call=str(number)))
        bye = message("BYE sip:x@pool.test SIP/2.0", call="0")
        anonymous = replace(bye, octets=bye.octets.replace(b"sip:2001@", b"sip:x@"))

        assert look.take(anonymous) == []
        last = replace(anonymous, octets=anonymous.octets.replace(b"ID: 0", b"ID: 10000"))
        assert look.take(last) == [last]
