"""Where a transfer goes, from what a person or a subscriber's mailbox says."""

from dataclasses import replace

import pytest
from tests.support.organisation import ANTONIO, LYNC, PBX, PLAN, organisation

from umbel.app.offers import credentials_of, transfer_target
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


class TestTheCredentialsOfAGateway:
    def test_are_its_user_name_and_password(self) -> None:
        gateway = replace(PBX, username="umbel", password="secret")

        assert credentials_of(gateway) == Credentials(username="umbel", password="secret")

    def test_may_not_be_configured(self) -> None:
        assert credentials_of(PBX) is None
