"""Transfer: what Refer-To asks for and what NOTIFY tells; who was called before, and why."""

import pytest

from umbel.core.errors import PeerError
from umbel.sip.diversion import Diversion, HistoryEntry
from umbel.sip.errors import MalformedMessage, UnsupportedVersion
from umbel.sip.event import Event, SubscriptionState
from umbel.sip.reason import Reason
from umbel.sip.refer import ReferTarget, StatusFragment
from umbel.sip.replaces import Replaces
from umbel.sip.session_expires import SessionExpires
from umbel.sip.uri import Uri


class TestReferTarget:
    REPLACES = Replaces(call_id="1@h", to_tag="a", from_tag="b")

    def test_is_a_uri(self) -> None:
        uri = Uri.parse("sip:gray@example.org")

        assert ReferTarget.of(uri) == ReferTarget(uri=uri)
        assert ReferTarget(uri=uri).to_uri() == uri

    def test_may_name_the_dialog_to_replace(self) -> None:
        uri = Uri.parse("sip:gray@example.org?Replaces=1%40h%3Bto-tag%3Da%3Bfrom-tag%3Db")

        target = ReferTarget.of(uri)

        assert target == ReferTarget(uri=Uri.parse("sip:gray@example.org"), replaces=self.REPLACES)
        assert ReferTarget.of(Uri.parse(str(target.to_uri()))) == target

    def test_with_a_malformed_dialog_says_where(self) -> None:
        with pytest.raises(MalformedMessage, match=r"Refer-To, Replaces, byte 3: found the end"):
            ReferTarget.of(Uri.parse("sip:gray@example.org?Replaces=1%40h"))

    def test_can_be_written_for_confirmed_dialogs_or_early_ones(self) -> None:
        assert str(self.REPLACES) == "1@h;to-tag=a;from-tag=b"
        early = Replaces.parse("1@h;from-tag=b;to-tag=a;early-only")
        assert early.is_early_only
        assert str(early) == "1@h;to-tag=a;from-tag=b;early-only"


class TestStatusFragment:
    @pytest.mark.parametrize(
        ("body", "status", "reason", "is_final"),
        [
            (b"SIP/2.0 100 Trying\r\n", 100, "Trying", False),
            (b"SIP/2.0 200 OK", 200, "OK", True),
            (b"\r\nSIP/2.0 486 Busy Here\r\nTo: x\r\n", 486, "Busy Here", True),
            (b"SIP/2.0 603\n", 603, "", True),
        ],
    )
    def test_is_read(self, body: bytes, status: int, reason: str, is_final: bool) -> None:
        fragment = StatusFragment.parse(body)

        assert fragment == StatusFragment(status=status, reason=reason)
        assert fragment.is_final is is_final

    @pytest.mark.parametrize("body", [b"", b"To: x\r\n", b"INVITE sip:a SIP/2.0", b"SIP/2.0 x"])
    def test_that_is_none_is_refused(self, body: bytes) -> None:
        with pytest.raises(MalformedMessage):
            StatusFragment.parse(body)

    def test_of_another_version_is_refused(self) -> None:
        with pytest.raises(UnsupportedVersion):
            StatusFragment.parse(b"SIP/3.0 200 OK")

    def test_is_written_with_a_reason(self) -> None:
        assert bytes(StatusFragment(status=180, reason="")) == b"SIP/2.0 180 Ringing\r\n"
        assert bytes(StatusFragment(status=180, reason="Ring")) == b"SIP/2.0 180 Ring\r\n"


class TestDiversion:
    def test_without_parameters_is_unknown_and_counts_once(self) -> None:
        (diversion,) = Diversion.parse_many("<sip:2001@example.org>")

        assert (diversion.reason, diversion.counter) == ("unknown", 1)
        assert str(diversion) == "<sip:2001@example.org>"

    def test_with_a_strange_counter_counts_once(self) -> None:
        assert Diversion.parse_many("<sip:a>;counter=many")[0].counter == 1

    def test_comes_latest_first(self) -> None:
        diversions = Diversion.parse_many("<sip:2>;reason=user-busy, <sip:1>")

        assert [diversion.uri.host for diversion in diversions] == ["2", "1"]


class TestHistoryEntry:
    def test_tells_why_in_the_headers_of_its_uri(self) -> None:
        (entry,) = HistoryEntry.parse_many(
            "<sip:2001@example.org?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>;index=1.2"
        )

        assert entry.reasons == [Reason(protocol="SIP", cause=302, text="Moved")]
        assert entry.index == (1, 2)

    def test_without_a_reason_has_none(self) -> None:
        (entry,) = HistoryEntry.parse_many("<sip:2001@example.org>;index=1.x")

        assert (entry.reasons, entry.index, entry.cause) == ([], (), None)
        assert str(entry) == "<sip:2001@example.org>;index=1.x"

    def test_is_not_spoiled_by_a_malformed_reason(self) -> None:
        (entry,) = HistoryEntry.parse_many("<sip:2001@example.org?Reason=%3B>;index=1")

        assert entry.reasons == []

    @pytest.mark.parametrize("value", ["x", "9999999999"])
    def test_with_a_strange_cause_has_none(self, value: str) -> None:
        assert HistoryEntry.parse_many(f"<sip:a;cause={value}>")[0].cause is None


class TestReason:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("SIP", Reason(protocol="SIP")),
            ('SIP;cause=200;text="Call completed elsewhere"', Reason(protocol="SIP", cause=200, text="Call completed elsewhere")),
            ("Q.850;cause=16", Reason(protocol="Q.850", cause=16)),
            ("Q.850;cause=x;text=short", Reason(protocol="Q.850", text="short")),
        ],
    )  # fmt: skip
    def test_is_read(self, text: str, reason: Reason) -> None:
        assert Reason.parse(text) == reason
        assert Reason.parse(str(reason)) == reason

    def test_is_written_with_its_text_in_quotes(self) -> None:
        assert str(Reason(protocol="SIP", cause=486, text="Busy")) == 'SIP;cause=486;text="Busy"'

    def test_is_found_among_many(self) -> None:
        reasons = Reason.parse_many('SIP;cause=486;text="a,b" , Q.850 ; cause = 17')

        assert [(reason.protocol, reason.cause) for reason in reasons] == [
            ("SIP", 486),
            ("Q.850", 17),
        ]

    def test_with_an_empty_cause_has_none(self) -> None:
        assert Reason.parse("SIP;cause").cause is None

    @pytest.mark.parametrize("text", ["", "SIP,", "SIP x"])
    def test_that_is_malformed_is_refused(self, text: str) -> None:
        with pytest.raises(PeerError):
            Reason.parse(text)


class TestSubscriptions:
    def test_end_with_a_reason(self) -> None:
        state = SubscriptionState.parse("Terminated ; reason=NoResource;retry-after=5")

        assert state.is_terminated
        assert (state.reason, state.retry_after, state.expires) == ("noresource", 5, None)
        assert str(state) == "terminated;reason=NoResource;retry-after=5"

    def test_may_say_nothing_more(self) -> None:
        state = SubscriptionState.parse("active;expires=soon")

        assert (state.reason, state.expires) == (None, None)

    def test_are_of_a_package(self) -> None:
        event = Event.parse("Message-Summary")

        assert (str(event), event.id) == ("message-summary", None)


class TestSessionExpires:
    def test_may_leave_the_refresher_open(self) -> None:
        assert SessionExpires.parse("90").refresher is None
