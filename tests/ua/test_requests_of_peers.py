"""Everything else that peers ask: OPTIONS, INFO, methods we do not take, and nonsense (section 8.2)."""

import pytest
from tests.support.calls import answering
from tests.support.scripted_peers import Caller, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.ua.events import CallOffered, KeySignalled, LegEnded, PeerMisbehaved

Fields = tuple[tuple[str, str], ...]


@pytest.fixture
def connected(network: VirtualNetwork, bell: Agent, gray: Caller) -> Caller:
    """Gray, in a call that Bell answered."""
    answering(network, bell)
    gray.call(sdp())
    return gray


class TestOptions:
    def test_say_all_that_we_can(self, gray: Caller) -> None:
        answer = gray.ask("OPTIONS")

        assert answer.status == 200
        assert {"INVITE", "OPTIONS", "NOTIFY"} <= set(answer.allow)
        assert "application/sdp" in answer.accept
        assert "timer" in answer.supported
        assert answer.headers.get("Server") == "Umbel"

    def test_are_answered_inside_a_dialog_too(self, connected: Caller) -> None:
        assert connected.ask("OPTIONS").status == 200

    def test_say_when_no_calls_are_taken(self, bell: Agent, gray: Caller) -> None:
        bell.agent.is_accepting = False
        answer = gray.ask("OPTIONS")

        assert (answer.status, answer.headers.get("Retry-After")) == (503, "30")

    def test_leave_nothing_behind(self, network: VirtualNetwork, bell: Agent, gray: Caller) -> None:
        gray.ask("OPTIONS")
        network.run_to_rest()

        assert bell.gauges == EMPTY

    def test_with_max_forwards_0_are_answered_because_they_go_no_further(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        """RFC 4475 section 3.3.11: an endpoint takes it as if it were positive."""
        request = gray.build("OPTIONS")
        request.headers.set("Max-Forwards", "0")
        gray.send_octets(bytes(request), bell)
        network.run(0.1)

        assert gray.last_answer("OPTIONS").status == 200


class TestInfo:
    @pytest.mark.parametrize(
        ("content_type", "body", "key"),
        [
            ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
            ("application/dtmf-relay", b"Signal= *\r\nDuration= 160\r\n", "*"),
            ("application/dtmf-relay", b"Signal=11\r\nDuration=160", "#"),
            ("Application/DTMF-Relay;x=y", b"signal=a", "A"),
            ("application/dtmf", b"7", "7"),
            ("application/dtmf", b" # \r\n", "#"),
            ("application/dtmf", b"10", "*"),
        ],
    )
    def test_signals_a_key(
        self, bell: Agent, connected: Caller, content_type: str, body: bytes, key: str
    ) -> None:
        answer = connected.ask("INFO", body=body, content_type=content_type)

        assert answer.status == 200
        assert [event.key for event in bell.told(KeySignalled)] == [key]

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("application/dtmf-relay", b"Signal=Q\r\n"),
            ("application/dtmf-relay", b"Duration=160\r\n"),
            ("application/dtmf", b"\xff"),
        ],
    )
    def test_that_names_no_key_is_refused(
        self, bell: Agent, connected: Caller, content_type: str, body: bytes
    ) -> None:
        answer = connected.ask("INFO", body=body, content_type=content_type)

        assert answer.status == 400
        assert "expected a key" in (answer.headers.get("Warning") or "")
        assert bell.told(KeySignalled) == []
        assert "expected a key" in bell.told(PeerMisbehaved)[0].reason

    def test_without_a_body_only_asks_whether_we_are_there(
        self, bell: Agent, connected: Caller
    ) -> None:
        assert connected.ask("INFO").status == 200
        assert bell.told(KeySignalled) == []

    def test_of_another_kind_is_refused(self, connected: Caller) -> None:
        answer = connected.ask(
            "INFO", body=b"<media_control/>", content_type="application/media_control+xml"
        )

        assert answer.status == 415
        assert "application/dtmf-relay" in answer.accept

    def test_of_a_package_that_nobody_asked_for_is_refused(self, connected: Caller) -> None:
        answer = connected.ask("INFO", fields=(("Info-Package", "conference"),))

        assert answer.status == 469
        assert "Recv-Info" in answer.headers

    def test_outside_of_a_dialog_is_refused(self, gray: Caller) -> None:
        assert gray.ask("INFO").status == 481


class TestMethods:
    @pytest.mark.parametrize("method", ["MESSAGE", "SUBSCRIBE", "REGISTER", "PUBLISH", "REFER"])
    def test_that_we_know_and_do_not_take_are_answered_405(self, gray: Caller, method: str) -> None:
        answer = gray.ask(method)

        assert answer.status == 405
        assert "INVITE" in answer.allow
        assert method not in answer.allow

    @pytest.mark.parametrize("method", ["MESSAGE", "SUBSCRIBE", "PRACK"])
    def test_that_we_do_not_take_inside_a_dialog_are_answered_405(
        self, connected: Caller, method: str
    ) -> None:
        assert connected.ask(method).status == 405

    def test_that_we_do_not_know_are_answered_501(self, gray: Caller) -> None:
        answer = gray.ask("DANCE")

        assert (answer.status, "INVITE" in answer.allow) == (501, True)

    def test_a_transfer_of_us_is_declined(self, bell: Agent, connected: Caller) -> None:
        answer = connected.ask("REFER", fields=(("Refer-To", "<sip:strowger@192.0.2.77>"),))

        assert answer.status == 603
        assert bell.told(LegEnded) == []

    @pytest.mark.parametrize("method", ["BYE", "UPDATE", "OPTIONS", "INVITE", "REFER"])
    def test_in_a_dialog_that_is_not_known_are_answered_481(
        self, gray: Caller, method: str
    ) -> None:
        gray.remote_tag = "unknown"

        assert gray.ask(method).status == 481


class TestExtensions:
    def test_that_we_do_not_know_are_refused_by_name(self, gray: Caller) -> None:
        answer = gray.ask("INVITE", fields=(("Require", "100rel, timer, gruu"),), body=sdp())

        assert (answer.status, answer.unsupported) == (420, ("100rel", "gruu"))

    def test_that_the_peer_only_supports_are_fine(self, bell: Agent, gray: Caller) -> None:
        gray.request("INVITE", fields=(("Supported", "100rel, replaces"),), body=sdp())
        gray.ask("OPTIONS")

        assert len(bell.told(CallOffered)) == 1

    def test_a_body_in_an_encoding_is_refused(self, gray: Caller) -> None:
        answer = gray.ask("INVITE", fields=(("Content-Encoding", "gzip"),), body=b"\x1f\x8b")

        assert (answer.status, answer.headers.get("Accept-Encoding")) == (415, "identity")

    def test_the_identity_encoding_is_none(self, bell: Agent, gray: Caller) -> None:
        gray.request("INVITE", fields=(("Content-Encoding", "identity"),), body=sdp())
        gray.ask("OPTIONS")

        assert len(bell.told(CallOffered)) == 1


class TestNonsense:
    def test_that_can_be_answered_is_answered_and_told(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        data = bytes(gray.build("OPTIONS")).replace(b"CSeq: 1 OPTIONS", b"CSeq: one")
        gray.send_octets(data, bell)
        network.run(0.1)

        answer = gray.received[-1][0]
        assert b"SIP/2.0 400" in bytes(answer)
        assert b"CSeq" in bytes(answer).split(b"\r\n")[0]
        assert "CSeq" in bell.told(PeerMisbehaved)[0].reason
        assert bell.told(PeerMisbehaved)[0].source.address == gray.address

    def test_in_the_start_line_is_answered_where_there_is_a_via(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        data = bytes(gray.build("OPTIONS")).replace(b" SIP/2.0\r\n", b" SIP/7.0\r\n", 1)
        gray.send_octets(data, bell)
        network.run(0.1)

        assert b"SIP/2.0 505" in bytes(gray.received[-1][0])

    @pytest.mark.parametrize("data", [b"\x00\x01\x02", b"nonsense\r\n\r\n", b"INVITE\r\n\r\n"])
    def test_that_cannot_be_answered_is_told_only(
        self, network: VirtualNetwork, bell: Agent, gray: Caller, data: bytes
    ) -> None:
        gray.send_octets(data, bell)
        network.run(0.1)

        assert gray.received == []
        assert len(bell.told(PeerMisbehaved)) == 1

    def test_in_a_response_is_dropped_and_told(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answer = gray.ask("OPTIONS")
        answer.headers.remove("CSeq")
        gray.send_octets(bytes(answer), bell)

        assert "CSeq" in bell.told(PeerMisbehaved)[0].reason

    def test_a_response_to_nothing_is_dropped(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        gray.send_octets(bytes(gray.ask("OPTIONS")), bell)
        network.run_to_rest()

        assert bell.events == []
        assert bell.gauges == EMPTY

    @pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\r\n"])
    def test_empty_lines_keep_a_path_open_and_say_nothing(
        self, bell: Agent, gray: Caller, data: bytes
    ) -> None:
        gray.send_octets(data, bell)

        assert bell.events == []
