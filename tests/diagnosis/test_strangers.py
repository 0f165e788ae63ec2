"""Cures for whom nothing can be set."""

from dataclasses import replace

import pytest

from umbel.core.findings import Finding, Severity
from umbel.diagnosis.peering import Peering
from umbel.diagnosis.strangers import in_words_for
from umbel.identity.chains import Trust
from umbel.identity.surroundings import Surroundings

AROUND = Surroundings(node="node01.example.org", gateway="192.0.2.7:5062", trust=Trust(anchors=()))
STRANGER = Peering(around=AROUND, target="192.0.2.7", is_configured=False)


def cure(do: str, peering: Peering = STRANGER) -> str:
    finding = Finding(code="a.b", severity=Severity.ERROR, seen="", means="", do=do)
    (told,) = in_words_for(peering, [finding])
    return told.do


class TestAStranger:
    @pytest.mark.parametrize(
        ("option", "instead"),
        [
            ("set {} --port 5061", "umbel diagnose 192.0.2.7:5061"),
            ("set {} --transport tls", "umbel diagnose 192.0.2.7:5062 --transport tls"),
            ("set {} --certificate-names NAME", "umbel diagnose 192.0.2.7:5062 --name NAME"),
            ("show {}", "umbel diagnose 192.0.2.7:5062"),
            (
                "set {} --username NAME --password PASSWORD",
                "umbel gateway add NAME --address 192.0.2.7 --username NAME --password PASSWORD",
            ),
        ],
    )
    def test_is_tried_again_or_added(self, option: str, instead: str) -> None:
        do = f"umbel gateway {option.format('192.0.2.7:5062')}; or not"

        assert cure(do) == f"{instead}; or not"

    def test_keeps_every_other_cure(self) -> None:
        assert cure("umbel certificate request") == "umbel certificate request"


class TestAGateway:
    def test_is_set(self) -> None:
        gateway = replace(STRANGER, is_configured=True)
        do = "umbel gateway set 192.0.2.7:5062 --port 5061"

        assert cure(do, gateway) == do
