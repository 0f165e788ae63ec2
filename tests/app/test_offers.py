"""Where a transfer goes, from what a person or a subscriber's mailbox says."""

from dataclasses import replace

import pytest
from tests.support.organisation import ANTONIO, LYNC, PBX, PLAN, organisation
from tests.support.sip_messages import a_request

from umbel.app.offers import audio_of_offer, credentials_of, transfer_target
from umbel.directory.lookup import Directory
from umbel.sip.digest import Credentials


def target(text: str, *, reached_at: str = "") -> str:
    """Say where *text* leads, in an organisation whose Antonio is *reached_at* some URI."""
    antonio = replace(ANTONIO, sip_uri=reached_at)
    configuration = organisation(antonio)
    return str(transfer_target(text, PBX, Directory(configuration), PLAN))


class TestTheTargetOfATransfer:
    def test_is_the_gateway_for_a_number(self) -> None:
        assert target("1009") == "sip:1009@10.0.0.1"

    def test_names_the_transport_of_the_gateway(self) -> None:
        uri = transfer_target("1009", LYNC, Directory(organisation()), PLAN)

        assert str(uri) == "sip:1009@pool.example.org:5061;transport=tls"

    @pytest.mark.parametrize("text", ["sip:ada@example.org:5061;transport=tls", "tel:+4315550"])
    def test_is_a_uri_as_it_stands(self, text: str) -> None:
        assert target(text) == text

    def test_is_a_uri_that_lacks_its_scheme(self) -> None:
        assert target("ada@example.org") == "sip:ada@example.org"

    def test_is_where_a_subscriber_is_reached(self) -> None:
        assert target("1001", reached_at="sip:antonio@10.0.0.9:5080") == "sip:antonio@10.0.0.9:5080"

    def test_is_the_gateway_for_a_subscriber_whose_user_alone_is_known(self) -> None:
        assert target("1001", reached_at="antonio") == "sip:antonio@10.0.0.1"


class TestTheAudioOfAnOffer:
    @pytest.mark.parametrize(
        ("body", "where"),
        [
            (b"c=IN IP4 192.0.2.7\r\nm=audio 4000 RTP/AVP 0\r\n", ("192.0.2.7", 4000)),
            (b"m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", ("2001:db8::1", 4000)),
            (
                b"c=IN IP4 192.0.2.7\r\nm=video 6000 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\n"
                b"m=audio 4002 RTP/AVP 0\r\n",
                ("192.0.2.7", 4002),
            ),
            (b"c=IN IP4 phone.example.org\r\nm=audio 4000 RTP/AVP 0\r\n", None),
            (b"c=IN IP4 192.0.2.7\r\nm=audio 0 RTP/AVP 0\r\n", None),
            (b"c=IN IP4 192.0.2.7\r\nm=audio x RTP/AVP 0\r\n", None),
            (b"m=audio 4000 RTP/AVP 0\r\n", None),
        ],
    )
    def test_comes_from_where_it_says(self, body: bytes, where: tuple[str, int] | None) -> None:
        offer = b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nt=0 0\r\n" + body
        request = a_request("INVITE", fields=(("Content-Type", "application/sdp"),), body=offer)

        assert audio_of_offer(request) == where

    def test_is_not_known_where_the_offer_is_late(self) -> None:
        assert audio_of_offer(a_request("INVITE")) is None


class TestTheCredentialsOfAGateway:
    def test_are_its_user_name_and_password(self) -> None:
        gateway = replace(PBX, username="umbel", password="secret")

        assert credentials_of(gateway) == Credentials(username="umbel", password="secret")

    def test_may_not_be_configured(self) -> None:
        assert credentials_of(PBX) is None
