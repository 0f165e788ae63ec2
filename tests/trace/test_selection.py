"""Which entries belong to a call or a gateway, in whatever order they come."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

from tests.support.certificates import authority, leaf
from tests.support.traces import (
    AT,
    END,
    FAILED_HANDSHAKE,
    HANDSHAKE,
    NAMED,
    OVER_TLS,
    RECEIVED,
    TRYING,
    UNDELIVERED,
    kept,
    written,
)

from umbel.identity.handshake import Role
from umbel.trace.entry import CallNamed, Entry, Handshake, Secrets
from umbel.trace.selection import Selection, Wanted

OTHER = replace(RECEIVED, octets=written("INVITE sip:9000@x SIP/2.0", "other@x"))
OTHER_NAMED = CallNamed(at=AT, call="other", call_id="other@x", gateway="trunk")
SECRETS = Secrets(at=AT, connection="connection-2", lines="CLIENT_RANDOM 00 11\n")
CALL = Wanted(call="k7q2p")
POOL = Wanted(gateway="pool", names=frozenset({"pool.example.org"}))


def chosen(wanted: Wanted, *entries: Entry) -> list[Entry]:
    return [one.entry for one in Selection(wanted).take(map(kept, entries))]


class TestEverything:
    def test_is_all_there_is(self) -> None:
        entries: list[Entry] = [RECEIVED, NAMED, HANDSHAKE, END, SECRETS, OTHER]

        assert chosen(Wanted(), *entries) == entries

    def test_since_a_time_has_the_handshakes_of_what_it_shows(self) -> None:
        """A connection lives for hours; what it was is asked of each message on it."""
        late = replace(OVER_TLS, at=AT + timedelta(hours=3))
        wanted = Wanted(since=AT + timedelta(hours=2))

        assert chosen(wanted, RECEIVED, NAMED, FAILED_HANDSHAKE, HANDSHAKE, late) == [
            HANDSHAKE,
            late,
        ]


class TestCall:
    def test_is_known_by_its_name_that_came_after_its_first_message(self) -> None:
        assert chosen(CALL, RECEIVED, OTHER, NAMED, OTHER_NAMED, TRYING) == [
            RECEIVED,
            NAMED,
            TRYING,
        ]

    def test_is_known_by_its_call_id(self) -> None:
        wanted = Wanted(call="8@client.example.org")

        assert chosen(wanted, OTHER, RECEIVED, NAMED) == [RECEIVED, NAMED]

    def test_has_all_legs_that_were_given_its_name(self) -> None:
        leg = replace(NAMED, call_id="other@x")

        assert chosen(CALL, OTHER, NAMED, leg, RECEIVED) == [OTHER, NAMED, leg, RECEIVED]

    def test_has_the_dialog_that_replaces_one_of_its_own(self) -> None:
        taking_over = replace(
            RECEIVED,
            octets=written(
                "INVITE sip:9000@x SIP/2.0", "new@x", "Replaces: 8@client.example.org;to-tag=1"
            ),
        )

        assert chosen(CALL, NAMED, taking_over, OTHER) == [NAMED, taking_over]

    def test_has_the_dialog_that_one_of_its_own_replaces(self) -> None:
        refer = replace(
            RECEIVED,
            octets=written(
                "REFER sip:9000@x SIP/2.0",
                "8@client.example.org",
                "Refer-To: <sip:2001@x?Replaces=other%40x%3Bto-tag%3D1>",
            ),
        )

        assert chosen(CALL, NAMED, OTHER, refer) == [NAMED, OTHER, refer]

    def test_has_its_connections_and_their_secrets(self) -> None:
        mine = replace(OVER_TLS, octets=RECEIVED.octets)

        assert chosen(CALL, HANDSHAKE, SECRETS, NAMED, mine, END) == [
            HANDSHAKE,
            SECRETS,
            NAMED,
            mine,
            END,
        ]

    def test_has_the_handshake_that_kept_a_message_from_going(self) -> None:
        assert chosen(CALL, NAMED, FAILED_HANDSHAKE, UNDELIVERED) == [
            NAMED,
            FAILED_HANDSHAKE,
            UNDELIVERED,
        ]

    def test_takes_no_connection_of_another_run_of_the_node(self) -> None:
        """Connections are named anew each time that a node starts."""
        mine = replace(OVER_TLS, octets=RECEIVED.octets)
        selection = Selection(CALL)
        found = selection.take([kept(HANDSHAKE, run="0"), kept(NAMED), kept(mine)])

        assert [one.entry for one in found] == [NAMED, mine]

    def test_is_given_piece_by_piece(self) -> None:
        selection = Selection(CALL)
        pieces = [
            [one.entry for one in selection.take([kept(entry)])]
            for entry in (RECEIVED, OTHER, NAMED, TRYING)
        ]

        assert pieces == [[], [], [RECEIVED, NAMED], [TRYING]]


class TestGateway:
    def test_is_known_by_its_address(self) -> None:
        wanted = Wanted(gateway="pbx", networks=(ip_network("192.0.2.8/29"),))

        assert chosen(wanted, RECEIVED, OVER_TLS, HANDSHAKE) == [RECEIVED]

    def test_is_nobody_whose_address_was_not_known(self) -> None:
        nowhere = replace(UNDELIVERED, remote=("", 0), domain="")
        wanted = Wanted(gateway="pool", networks=(ip_network("192.0.2.0/24"),))
        assert chosen(wanted, nowhere) == []

    def test_is_known_by_the_name_that_we_looked_up(self) -> None:
        assert chosen(POOL, RECEIVED, HANDSHAKE, OVER_TLS, UNDELIVERED, END) == [
            HANDSHAKE,
            OVER_TLS,
            UNDELIVERED,
            END,
        ]

    def test_is_known_by_its_certificate(self) -> None:
        report = replace(
            HANDSHAKE.report,
            role=Role.SERVER,
            server_name="node01.example.org",
            peer_chain=(leaf("POOL.example.org", issuer=authority()).der,),
        )
        accepted = Handshake(at=AT, connection="connection-2", report=report)
        answer = replace(OVER_TLS, domain="")

        assert chosen(POOL, accepted, answer, RECEIVED) == [accepted, answer]

    def test_is_not_whoever_shows_another_certificate(self) -> None:
        report = replace(
            HANDSHAKE.report,
            server_name=None,
            peer_chain=(leaf("other.example.org", issuer=authority()).der,),
        )

        assert chosen(POOL, Handshake(at=AT, connection="connection-2", report=report)) == []

    def test_has_the_calls_that_came_as_its_calls(self) -> None:
        """Whatever address they came from."""
        assert chosen(Wanted(gateway="pbx"), RECEIVED, NAMED, OTHER, OTHER_NAMED) == [
            RECEIVED,
            NAMED,
        ]

    def test_is_given_since_a_time(self) -> None:
        wanted = replace(POOL, since=AT + timedelta(seconds=1))

        assert chosen(wanted, OVER_TLS, FAILED_HANDSHAKE, HANDSHAKE) == [HANDSHAKE]
