"""What two user agents remember of each other (RFC 3261 section 12)."""

import pytest
from tests.support.sip_messages import a_request, an_answer

from umbel.sip.dialog import Dialog, DialogId, DialogState, OutOfOrder
from umbel.sip.message import Request, Response
from umbel.sip.uri import Uri

CONTACT = ("Contact", "<sip:gray@192.0.2.2:5070>")
ROUTES = ("Record-Route", "<sip:p2.example.org;lr>, <sip:p1.example.org;lr>")


def invite(*fields: tuple[str, str]) -> Request:
    return a_request("INVITE", fields=(CONTACT, *fields))


def answered(request: Request, *fields: tuple[str, str], status: int = 200) -> Response:
    response = an_answer(request, status)
    response.headers.add("Contact", "<sip:bell@192.0.2.1>")
    for name, value in fields:
        response.headers.add(name, value)
    return response


class TestAsServer:
    def test_is_made_of_the_request_and_our_tag(self) -> None:
        dialog = Dialog.as_server(invite(ROUTES), "ours")

        assert dialog.id == DialogId(
            call_id="a84b4c76e66710", local_tag="ours", remote_tag="1928301774"
        )
        assert dialog.remote_target == Uri.parse("sip:gray@192.0.2.2:5070")
        assert [str(route.uri) for route in dialog.route_set] == [
            "sip:p2.example.org;lr",
            "sip:p1.example.org;lr",
        ]
        assert (dialog.local_sequence, dialog.remote_sequence) == (0, 314159)
        assert (dialog.state, dialog.is_secure) == (DialogState.EARLY, False)

    def test_is_found_by_the_requests_in_it(self) -> None:
        dialog = Dialog.as_server(invite(), "ours")
        bye = a_request("BYE", to="<sip:bell@example.org>;tag=ours")

        assert DialogId.of_request(bye) == dialog.id

    def test_is_secure_with_a_sips_uri(self) -> None:
        request = invite()
        request.uri = Uri.parse("sips:bell@example.org")

        assert Dialog.as_server(request, "ours").is_secure

    def test_without_a_contact_leads_to_who_called(self) -> None:
        assert Dialog.as_server(a_request("INVITE"), "ours").remote_target == Uri.parse(
            "sip:gray@example.net"
        )

    def test_with_a_peer_that_has_no_tag_is_a_dialog_too(self) -> None:
        """Peers of RFC 2543 (section 12.1.1)."""
        request = a_request("INVITE", from_="<sip:gray@example.net>")

        assert Dialog.as_server(request, "ours").id.remote_tag == ""


class TestAsClient:
    def test_is_made_of_the_response_with_its_route_reversed(self) -> None:
        request = invite()
        dialog = Dialog.as_client(request, answered(request, ROUTES))

        assert dialog.id == DialogId(
            call_id="a84b4c76e66710", local_tag="1928301774", remote_tag="a6c85cf"
        )
        assert [str(route.uri) for route in dialog.route_set] == [
            "sip:p1.example.org;lr",
            "sip:p2.example.org;lr",
        ]
        assert dialog.remote_target == Uri.parse("sip:bell@192.0.2.1")
        assert (dialog.local_sequence, dialog.remote_sequence) == (314159, None)

    def test_takes_route_and_target_of_the_2xx(self) -> None:
        request = invite()
        dialog = Dialog.as_client(request, answered(request, ROUTES, status=180))
        final = an_answer(request, 200)
        final.headers.add("Contact", "<sip:bell@192.0.2.99>")
        dialog.confirm(final)

        assert dialog.state is DialogState.CONFIRMED
        assert (dialog.route_set, dialog.next_hop) == ((), Uri.parse("sip:bell@192.0.2.99"))

    def test_that_has_ended_is_not_confirmed_any_more(self) -> None:
        request = invite()
        dialog = Dialog.as_client(request, answered(request, status=180))
        dialog.terminate()
        dialog.confirm(answered(request))

        assert dialog.state is DialogState.TERMINATED


class TestOurRequests:
    def test_count_on_and_carry_the_tags(self) -> None:
        dialog = Dialog.as_server(invite(), "ours")
        first, second = dialog.request("INFO"), dialog.request("BYE")

        assert (first.cseq.number, second.cseq.number) == (1, 2)
        assert (second.cseq.method, second.method) == ("BYE", "BYE")
        assert (second.from_.tag, second.to.tag) == ("ours", "1928301774")
        assert second.call_id == "a84b4c76e66710"
        assert second.max_forwards == 70

    def test_go_to_the_target_by_the_route(self) -> None:
        dialog = Dialog.as_server(invite(ROUTES), "ours")
        bye = dialog.request("BYE")

        assert bye.uri == dialog.remote_target
        assert [str(route.uri) for route in bye.routes] == [
            "sip:p2.example.org;lr",
            "sip:p1.example.org;lr",
        ]
        assert dialog.next_hop == Uri.parse("sip:p2.example.org;lr")

    def test_go_by_a_strict_router_as_it_wants(self) -> None:
        """Section 12.2.1.1: the strict router is the Request-URI, the target the last Route."""
        routes = ("Record-Route", "<sip:strict.example.org>, <sip:p1.example.org;lr>")
        bye = Dialog.as_server(invite(routes), "ours").request("BYE")

        assert bye.uri == Uri.parse("sip:strict.example.org")
        assert [str(route.uri) for route in bye.routes] == [
            "sip:p1.example.org;lr",
            "sip:gray@192.0.2.2:5070",
        ]

    def test_ack_has_the_number_and_the_credentials_of_its_invite(self) -> None:
        request = invite(("Proxy-Authorization", "Digest x"), ("Authorization", "Digest y"))
        dialog = Dialog.as_client(request, answered(request))
        ack = dialog.ack(request)

        assert (ack.cseq.number, ack.cseq.method) == (314159, "ACK")
        assert ack.headers.get("Proxy-Authorization") == "Digest x"
        assert ack.headers.get("Authorization") == "Digest y"
        assert dialog.local_sequence == 314159


class TestTheirRequests:
    def test_must_come_in_order(self) -> None:
        dialog = Dialog.as_server(invite(), "ours")
        dialog.receive(a_request("INFO", number=314160))

        with pytest.raises(OutOfOrder, match="found 314159, expected more than 314160"):
            dialog.receive(a_request("BYE", number=314159))
        assert dialog.remote_sequence == 314160

    def test_may_begin_with_any_number(self) -> None:
        request = invite()
        dialog = Dialog.as_client(request, answered(request))
        dialog.receive(a_request("BYE", number=7))

        assert dialog.remote_sequence == 7

    @pytest.mark.parametrize(
        ("method", "port"), [("INVITE", 5099), ("UPDATE", 5099), ("BYE", 5070)]
    )
    def test_move_the_target_if_they_are_meant_to(self, method: str, port: int) -> None:
        dialog = Dialog.as_server(invite(), "ours")
        request = a_request(method, fields=(("Contact", "<sip:gray@192.0.2.2:5099>"),))
        dialog.refresh_target(request)

        assert dialog.remote_target.port == port

    def test_without_a_contact_leave_the_target(self) -> None:
        dialog = Dialog.as_server(invite(), "ours")
        dialog.refresh_target(a_request("INVITE"))

        assert dialog.remote_target.port == 5070
