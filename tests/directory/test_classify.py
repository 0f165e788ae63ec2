"""What a call is: which evidence wins."""

from dataclasses import replace

import pytest
from tests.support.organisation import (
    ANTONIO,
    ELISHA,
    EMILE,
    EVERY_CALL_OF_LYNC,
    EVERY_CALL_OF_PBX,
    FRONT_DESK,
    LYNC,
    PBX,
    PLAN,
    configuration_of,
    organisation,
)
from tests.support.peer_certificate import NamedCertificate

from umbel.directory.admission import Refused
from umbel.directory.classify import (
    Decision,
    Offered,
    ToAttendant,
    ToMailbox,
    ToSubscriber,
    classify,
)
from umbel.directory.lookup import Directory
from umbel.directory.objects import Configured, DialPlan, HuntGroup, Security, Status, Transport
from umbel.directory.peers import Peer, recognise
from umbel.directory.ports import Configuration

FROM_PBX = Peer(address="10.0.0.1", transport=Transport.UDP)
FROM_LYNC = Peer(
    address="10.0.0.5", transport=Transport.TLS, certificate=NamedCertificate("pool.example.org")
)


def decide(
    request_user: str,
    *different: Configured,
    peer: Peer = FROM_PBX,
    to_user: str | None = None,
    diversions: tuple[str, ...] = (),
    caller: str = "+441632960000",
) -> Decision:
    offered = Offered(
        peer=peer,
        request_user=request_user,
        to_user=request_user if to_user is None else to_user,
        diversions=diversions,
        caller_number=caller,
        caller_uri=f"sip:{caller}@10.0.0.1" if caller else "",
    )
    return decided(offered, organisation(*different))


def decided(offered: Offered, configuration: Configuration) -> Decision:
    gateway = recognise(offered.peer, configuration.gateways, {})
    return classify(offered, gateway, Directory(configuration))


def refused(decision: Decision) -> tuple[int, str]:
    assert isinstance(decision, Refused)
    return decision.status, decision.reason


class TestACallFromNobodyWeKnow:
    def test_is_refused_and_says_who_is_known(self) -> None:
        decision = decide("2000", peer=Peer(address="10.0.0.9", transport=Transport.UDP))

        status, reason = refused(decision)
        assert status == 403
        assert reason.startswith("no gateway is 10.0.0.9 over UDP; known are: lync by")


class TestAGateway:
    def test_that_is_disabled_may_not_call(self) -> None:
        decision = decide("2000", replace(PBX, status=Status.DISABLED))

        assert refused(decision) == (403, "gateway pbx is disabled")

    def test_that_is_being_drained_is_sent_elsewhere(self) -> None:
        decision = decide("2000", replace(PBX, status=Status.NO_NEW_CALLS))

        assert refused(decision) == (503, "gateway pbx takes no new calls")
        assert isinstance(decision, Refused)
        assert decision.retry_after == 30


class TestAHuntGroup:
    BRANCH = DialPlan(name="branch")
    TO_BRANCH = HuntGroup(name="pbx-branch", gateway="pbx", dial_plan="branch", pilot="+43 1 5559")

    def test_leads_its_own_pilot_to_its_dial_plan(self) -> None:
        decision = decide("+4315559", self.BRANCH, self.TO_BRANCH)

        assert isinstance(decision, ToSubscriber)
        assert decision.dial_plan == self.BRANCH

    def test_for_every_pilot_takes_the_others(self) -> None:
        decision = decide("1001", self.BRANCH, self.TO_BRANCH)

        assert isinstance(decision, ToMailbox)
        assert decision.dial_plan == PLAN

    def test_of_another_gateway_does_not_count(self) -> None:
        groups = replace(EVERY_CALL_OF_PBX, gateway="lync"), replace(self.TO_BRANCH, pilot="1001")

        assert refused(decide("1000", self.BRANCH, *groups)) == (
            404,
            'no hunt group of gateway pbx has the pilot "1000"; its pilots are: 1001',
        )

    def test_that_is_missing_altogether_is_told(self) -> None:
        configuration = configuration_of(PLAN, PBX)
        offered = Offered(peer=FROM_PBX, request_user="1000")

        assert refused(decided(offered, configuration)) == (
            404,
            'no hunt group of gateway pbx has the pilot "1000"; its pilots are: none',
        )

    def test_to_a_dial_plan_that_is_not_there_is_told(self) -> None:
        decision = decide("1000", replace(EVERY_CALL_OF_PBX, dial_plan="gone"))

        assert refused(decision) == (
            500,
            "hunt group pbx-HQ leads to dial plan gone, which is not there",
        )


class TestASecuredDialPlan:
    @pytest.mark.parametrize("security", [Security.SIP_SECURED, Security.SECURED])
    def test_takes_calls_over_tls_only(self, security: Security) -> None:
        plan = replace(PLAN, security=security)

        assert refused(decide("2000", plan)) == (
            403,
            f"dial plan HQ is {security.value}: its calls must come over TLS",
        )
        assert isinstance(decide("2000", plan, peer=FROM_LYNC), ToAttendant)


class TestTheNumberOfAnAttendant:
    @pytest.mark.parametrize("number", ["2000", "+4315552000", "2000;phone-context=HQ"])
    def test_leads_to_it(self, number: str) -> None:
        decision = decide(number)

        assert decision == ToAttendant(
            gateway=PBX,
            dial_plan=PLAN,
            attendant=FRONT_DESK,
            because=f"{number} was dialled, which leads to auto attendant front desk",
        )

    def test_leads_to_it_although_a_subscriber_diverted_the_call_there(self) -> None:
        assert isinstance(decide("2000", diversions=("1001",)), ToAttendant)

    def test_leads_to_it_although_it_was_diverted_to_us(self) -> None:
        """The main number of the PBX diverts to the number of voice mail."""
        assert isinstance(decide("1000", diversions=("sip:2000@pbx",)), ToAttendant)

    def test_says_which_subscriber_calls(self) -> None:
        decision = decide("2000", caller="1002")

        assert isinstance(decision, ToAttendant)
        assert decision.caller == ELISHA

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (Status.DISABLED, (403, "auto attendant front desk is disabled")),
            (Status.NO_NEW_CALLS, (480, "auto attendant front desk takes no new calls")),
        ],
    )
    def test_leads_nowhere_while_it_takes_no_calls(
        self, status: Status, expected: tuple[int, str]
    ) -> None:
        assert refused(decide("2000", replace(FRONT_DESK, status=status))) == expected


class TestADivertedCall:
    @pytest.mark.parametrize("dialled", ["1000", "voicemail", "9999", "", "1001"])
    @pytest.mark.parametrize(
        "diversion", ["1001", "sip:1001@10.0.0.1;user=phone", "tel:+43-1-555-1001", "sip:antonio@x"]
    )
    def test_is_answered_for_the_one_who_diverted_it(self, dialled: str, diversion: str) -> None:
        """The number of voice mail is both what phones divert to and what subscribers dial."""
        decision = decide(dialled, diversions=(diversion,))

        assert decision == ToMailbox(
            gateway=PBX,
            dial_plan=PLAN,
            mailbox=ANTONIO,
            because=f"the call was diverted from {diversion}, the number of mailbox 1001",
        )

    def test_several_times_is_answered_for_whom_the_caller_wanted(self) -> None:
        decision = decide("1000", diversions=("1003", "1002"))

        assert isinstance(decision, ToMailbox)
        assert decision.mailbox == ELISHA

    def test_by_somebody_without_mailbox_first_is_answered_for_the_next(self) -> None:
        decision = decide("1000", diversions=("1003", "1777"))

        assert isinstance(decision, ToMailbox)
        assert decision.mailbox == EMILE

    def test_from_the_owner_is_the_owner_checking_their_mailbox(self) -> None:
        decision = decide("1000", diversions=("1001",), caller="1001")

        assert isinstance(decision, ToSubscriber)
        assert decision.mailbox == ANTONIO

    def test_by_somebody_without_mailbox_is_refused(self) -> None:
        assert refused(decide("9999", diversions=("1777", "1778"))) == (
            404,
            "the call was diverted from 1777, 1778: no mailbox in dial plan HQ",
        )

    def test_by_a_strangers_own_phone_still_reaches_subscriber_access(self) -> None:
        """Somebody's mobile number forwards to the access number."""
        assert isinstance(decide("1000", diversions=("+441632960999",)), ToSubscriber)


class TestADirectCallToASubscribersNumber:
    @pytest.mark.parametrize("number", ["1001", "1011", "antonio", "+4315551001"])
    def test_is_answered_for_them(self, number: str) -> None:
        decision = decide(number, caller="1002")

        assert decision == ToMailbox(
            gateway=PBX,
            dial_plan=PLAN,
            mailbox=ANTONIO,
            because=f"{number} was dialled, the number of mailbox 1001",
            caller=ELISHA,
        )

    @pytest.mark.parametrize("caller", ["1001", "1011", "+4315551001"])
    def test_by_its_owner_is_subscriber_access(self, caller: str) -> None:
        decision = decide("1001", caller=caller)

        assert decision == ToSubscriber(
            gateway=PBX,
            dial_plan=PLAN,
            mailbox=ANTONIO,
            because="1001 was dialled, and the caller is its owner",
            caller=ANTONIO,
        )

    def test_that_a_proxy_sent_to_voice_mail_is_known_by_its_to(self) -> None:
        """Without Diversion the only trace of whom the caller wanted is the To header."""
        decision = decide("1000", to_user="1001")

        assert isinstance(decision, ToMailbox)
        assert decision.because == "the call was addressed to 1001, the number of mailbox 1001"


class TestTheAccessNumber:
    def test_leads_a_subscriber_to_their_own_mailbox(self) -> None:
        decision = decide("1000", caller="1002")

        assert decision == ToSubscriber(
            gateway=PBX,
            dial_plan=PLAN,
            mailbox=ELISHA,
            because="1000 was dialled, a subscriber access number",
            caller=ELISHA,
        )

    @pytest.mark.parametrize("caller", ["", "+441632960000"])
    def test_asks_anybody_else_for_the_extension(self, caller: str) -> None:
        decision = decide("1000", caller=caller)

        assert isinstance(decision, ToSubscriber)
        assert decision.mailbox is None

    def test_asks_a_subscriber_without_access_for_another_extension(self) -> None:
        decision = decide("1000", replace(ELISHA, subscriber_access=False), caller="1002")

        assert isinstance(decision, ToSubscriber)
        assert decision.mailbox is None


class TestANumberThatIsNothing:
    def test_is_the_door_of_subscriber_access(self) -> None:
        decision = decide("9999", caller="1002")

        assert isinstance(decision, ToSubscriber)
        assert decision.mailbox == ELISHA
        assert decision.because == '"9999" is neither a mailbox nor an auto attendant'


def test_a_call_over_tls_is_known_by_its_certificate() -> None:
    decision = decide("1001", EVERY_CALL_OF_LYNC, peer=FROM_LYNC)

    assert isinstance(decision, ToMailbox)
    assert decision.gateway == LYNC
