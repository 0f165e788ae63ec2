"""A ladder in the terminal: who said what to whom, when, and why it failed."""

from dataclasses import replace
from datetime import UTC, timedelta

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

from umbel.identity.handshake import Alert
from umbel.trace.entry import Entry, Handshake, Secrets, Untold
from umbel.trace.ladder import Ladder


def drawn(*entries: Entry, is_full: bool = False) -> list[str]:
    """Draw entries, without the heads and the day."""
    return list(Ladder(UTC, is_full=is_full).draw([kept(entry) for entry in entries]))[2:]


class TestCall:
    def test_is_drawn_with_a_lane_for_each_side(self) -> None:
        lines = list(Ladder(UTC).draw([kept(entry) for entry in (RECEIVED, NAMED, TRYING)]))

        assert lines == [
            "      node01.example.org                 UDP 192.0.2.10:5060",
            "── 2026-03-10 ──",
            "09:30:00.000   │ ◀───────────── INVITE ────────────│  1 INVITE",
            "09:30:00.000   │                                   │  this is call k7q2p, gateway pbx",
            "09:30:00.000   │─────────── 100 Trying ──────────▶ │  1 INVITE",
        ]

    def test_tells_what_was_sent_again(self) -> None:
        assert [line.endswith("↻ again") for line in drawn(RECEIVED, TRYING, RECEIVED)] == [
            False,
            False,
            True,
        ]

    def test_tells_of_sdp_and_of_reasons(self) -> None:
        offer = replace(
            RECEIVED,
            octets=written(
                "INVITE sip:a SIP/2.0", "8@x", "Content-Type: application/sdp", "Reason: SIP"
            ),
        )

        assert drawn(offer)[0].endswith("1 INVITE  SDP  Reason: SIP")

    def test_is_told_whole_where_that_is_asked(self) -> None:
        lines = drawn(RECEIVED, is_full=True)

        assert lines[1].strip() == "INVITE sip:9000@umbel.example.org SIP/2.0"
        assert lines[-1] == ""

    def test_on_another_day_says_so(self) -> None:
        later = replace(TRYING, at=AT + timedelta(days=1))

        assert drawn(RECEIVED, later)[1] == "── 2026-03-11 ──"


class TestWhatWentWrong:
    def test_is_told_beside_the_message_that_did_not_arrive(self) -> None:
        line = drawn(UNDELIVERED)[0]

        assert "╳" in line
        assert line.endswith(
            "✗ not delivered: TLS to 192.0.2.20:5061: the peer sent the alert unknown_ca"
        )

    def test_is_told_beside_what_is_no_message(self) -> None:
        line = drawn(replace(RECEIVED, octets=b"\x16\x03\x01", problem="it is TLS"))[0]

        assert " ? " in line
        assert line.endswith("✗ it is TLS")

    def test_cannot_steer_the_terminal(self) -> None:
        """A peer writes what it likes, escape sequences too."""
        hostile = replace(RECEIVED, octets=written("\x1b[2JINVITE sip:a SIP/2.0", "\x07@x"))

        assert "\x1b" not in "".join(drawn(hostile, is_full=True))


class TestConnection:
    def test_shows_both_identities_and_how_it_was_agreed(self) -> None:
        root = authority()
        report = replace(
            HANDSHAKE.report,
            own_chain=(leaf("node01.example.org", issuer=root).der,),
            peer_chain=(leaf("pool.example.org", issuer=root, dns=("a.example.org",)).der,),
        )
        lines = drawn(replace(HANDSHAKE, report=report))

        assert [line.rpartition("│")[2].strip() for line in lines] == [
            "TLS with 192.0.2.20:5061 (connection-2): opened by us, asked for pool.example.org; "
            "TLSv1.3 TLS_AES_256_GCM_SHA384; took 0.025 s",
            "we showed CN=node01.example.org (node01.example.org)",
            "the peer showed CN=pool.example.org (a.example.org): verified",
        ]

    def test_shows_why_it_failed(self) -> None:
        report = replace(
            FAILED_HANDSHAKE.report,
            verify_code=20,
            verify_text="unable to get local issuer certificate",
            alerts=(Alert(sent_by_us=True, description="unknown_ca", is_fatal=True),),
        )
        text = "\n".join(drawn(Handshake(at=AT, connection="connection-1", report=report)))

        assert "nothing agreed" in text
        assert "not verified: unable to get local issuer certificate" in text
        assert "we sent the alert unknown_ca" in text
        assert "refused by the peer: the peer sent the alert unknown_ca" in text

    def test_shows_its_end(self) -> None:
        assert drawn(END)[0].endswith("TLS 192.0.2.20:5061 (connection-2) ended: idle for 600 s")

    def test_does_not_show_its_secrets(self) -> None:
        line = drawn(Secrets(at=AT, connection="connection-2", lines="CLIENT_RANDOM 00 11"))[0]

        assert "kept" in line
        assert "11" not in line


class TestAFlood:
    def test_of_options_is_told_by_its_number(self) -> None:
        assert drawn(Untold(at=AT, count=1234))[0].endswith(
            "1234 more OPTIONS and their answers are not kept"
        )


class TestManyPeers:
    def test_share_a_lane_and_each_row_names_its_own(self) -> None:
        crowd = [replace(RECEIVED, remote=("192.0.2.10", port)) for port in range(5060, 5070)]
        lines = list(Ladder(UTC).draw(list(map(kept, crowd))))

        assert lines[0].split() == ["node01.example.org", "peers"]
        assert lines[2].endswith("UDP 192.0.2.10:5060  1 INVITE")
        assert lines[-1].endswith("UDP 192.0.2.10:5069  1 INVITE")

    def test_that_come_later_get_lanes_of_their_own(self) -> None:
        ladder = Ladder(UTC)
        first = list(ladder.draw([kept(RECEIVED)]))
        second = list(ladder.draw([kept(OVER_TLS)]))
        third = list(ladder.draw([kept(OVER_TLS)]))

        assert len(first) == 3
        assert "TLS 192.0.2.20:5061" in second[0]
        assert len(third) == 1

    def test_of_two_nodes_stand_behind_both(self) -> None:
        lines = list(Ladder(UTC).draw([kept(RECEIVED), kept(TRYING, node="node02.example.org")]))

        assert lines[0].split()[:2] == ["node01.example.org", "node02.example.org"]
        assert lines[2].count("│") == 2  # The arrow passes over the other node's lane.
