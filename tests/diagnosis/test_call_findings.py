"""Test calls as values: what each showed, and what it means."""

from dataclasses import replace

import pytest
from tests.support.certificates import NOW

from umbel.core.findings import Severity
from umbel.diagnosis.call_findings import call_findings
from umbel.diagnosis.call_steps import call_steps
from umbel.diagnosis.call_trial import CallTrial, Heard, Passage
from umbel.diagnosis.diagnosis import Sightings, diagnosis_of
from umbel.diagnosis.peering import Peering
from umbel.diagnosis.steps import Sight
from umbel.identity.chains import Trust
from umbel.identity.surroundings import Surroundings

LYNC = Peering(
    around=Surroundings(node="node01.example.org", gateway="lync", trust=Trust(anchors=())),
    target="lync.example.org",
)
PASSAGE = Passage(sent=400, received=400, lost_by_peer=0, jitter=0.002, round_trip=0.02)
CALL = CallTrial(
    target="sip:2001@lync.example.org",
    status=200,
    reason="OK",
    took=0.3,
    offered="PCMU, encrypted",
    codec="PCMU",
    encryption="AES_CM_128_HMAC_SHA1_80",
    heard=Heard.SOUND,
    passage=PASSAGE,
)


def found(call: CallTrial) -> dict[str, Severity]:
    return {one.code: one.severity for one in call_findings(call, LYNC)}


def passed(**fields: float | None) -> CallTrial:
    return replace(CALL, passage=replace(PASSAGE, **fields))  # type: ignore[arg-type]  # by name


class TestAGoodCall:
    def test_has_nothing_to_say(self) -> None:
        assert found(CALL) == {}

    def test_shows_both_directions(self) -> None:
        steps = list(call_steps(CALL))

        assert [step.sight for step in steps] == [Sight.GOOD] * 3
        assert steps[1].text == "sound; 400 packets, 0 lost, jitter 2 ms"
        assert steps[2].text == "400 packets, 0 lost; 20 ms there and back"

    def test_with_an_echo_says_how_long_it_takes(self) -> None:
        echo = replace(CALL, heard=Heard.OURSELVES, echo_after=0.12)

        assert "an echo of what we say after 120 ms" in list(call_steps(echo))[1].text

    def test_is_a_part_of_its_diagnosis(self) -> None:
        silent = replace(CALL, heard=Heard.SILENCE)
        seen = Sightings(at=NOW, call=silent, wants_call=True)
        diagnosis = diagnosis_of(LYNC, "over TLS", seen)

        assert [one.code for one in diagnosis.findings] == ["call.silence"]
        assert [step.name for step in diagnosis.steps] == ["call", "we hear", "they hear"]


class TestARefusal:
    @pytest.mark.parametrize(
        ("status", "code", "severity"),
        [
            (401, "call.asks-for-password", Severity.ERROR),
            (403, "call.forbidden", Severity.ERROR),
            (404, "call.no-such-number", Severity.ERROR),
            (486, "call.not-taken", Severity.WARNING),
            (488, "call.incompatible-security", Severity.ERROR),
            (500, "call.failed", Severity.ERROR),
            (606, "call.incompatible-security", Severity.ERROR),
        ],
    )
    def test_means_what_its_status_means(self, status: int, code: str, severity: Severity) -> None:
        assert found(replace(CALL, status=status, reason="so")) == {code: severity}

    def test_is_shown_with_its_reason(self) -> None:
        (step,) = call_steps(replace(CALL, status=488, reason="Not Acceptable Here"))

        assert (step.sight, step.text) == (Sight.BAD, f"{CALL.target}: 488 Not Acceptable Here")


class TestNoAnswer:
    def test_after_ringing_is_nobodys_fault(self) -> None:
        ringing = replace(CALL, status=None, rang=180, took=20.0)

        assert found(ringing) == {"call.nobody-answers": Severity.WARNING}

    def test_after_nothing_is_a_trouble(self) -> None:
        lost = replace(CALL, status=None, took=20.0)
        (step,) = call_steps(lost)

        assert found(lost) == {"call.no-final-answer": Severity.ERROR}
        assert step.text.endswith("no answer within 20 s")


class TestSound:
    def test_that_does_not_come_is_an_error(self) -> None:
        assert found(replace(CALL, heard=Heard.NOTHING)) == {"call.no-audio": Severity.ERROR}

    def test_from_another_address_is_told_apart(self) -> None:
        elsewhere = replace(passed(received=0, refused=300), heard=Heard.NOTHING)
        (finding,) = call_findings(elsewhere, LYNC)

        assert finding.code == "call.audio-from-elsewhere"
        assert "--learn-media-address true" in finding.do

    def test_in_the_clear_over_tls_is_remarked(self) -> None:
        assert found(replace(CALL, encryption="")) == {"call.not-encrypted": Severity.INFO}

    def test_that_nobody_measured_is_not_judged(self) -> None:
        unmeasured = replace(CALL, passage=None)

        assert found(unmeasured) == {}
        assert list(call_steps(unmeasured))[2].sight is Sight.DOUBTFUL


class TestQuality:
    @pytest.mark.parametrize(
        ("fields", "code", "severity"),
        [
            ({"lost": 20}, "call.loss", Severity.WARNING),
            ({"lost": 500}, "call.loss", Severity.ERROR),
            ({"lost_by_peer": 20}, "call.loss-at-peer", Severity.WARNING),
            ({"lost_by_peer": None}, "call.no-reports", Severity.INFO),
            ({"jitter": 0.08}, "call.jitter", Severity.WARNING),
            ({"round_trip": 0.5}, "call.long-way", Severity.WARNING),
        ],
    )
    def test_is_told_from_where_people_hear_it(
        self, fields: dict[str, float | None], code: str, severity: Severity
    ) -> None:
        assert found(passed(**fields)) == {code: severity}

    def test_of_few_lost_packets_is_fine(self) -> None:
        assert found(passed(lost=2, lost_by_peer=2)) == {}
