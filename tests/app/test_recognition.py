"""A source is recognised once, and anew when what it was recognised by has changed."""

from dataclasses import replace

import pytest
from tests.support.organisation import PBX, organisation

from umbel.app import recognition
from umbel.app.offers import peer_of
from umbel.app.recognition import Recognition
from umbel.directory.peers import Resolved
from umbel.sip.hop import Source, Transport

SOURCE = Source(
    transport=Transport.UDP,
    address="192.0.2.77",
    port=5060,
    local_address="192.0.2.1",
    local_port=5060,
)
THERE = replace(PBX, address="192.0.2.77")
ELSEWHERE = replace(PBX, address="192.0.2.78")


def nothing() -> Resolved:
    """Resolve no name."""
    return {}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    """Give the sources that were looked at closely."""
    sources: list[Source] = []

    def noting(source: Source) -> object:
        sources.append(source)
        return peer_of(source)

    monkeypatch.setattr(recognition, "peer_of", noting)
    return sources


class TestASource:
    def test_is_asked_about_once(self, asked: list[Source]) -> None:
        known, configuration, resolved = Recognition(), organisation(THERE), nothing()

        for _ in range(3):
            assert known.gateway(SOURCE, configuration, resolved) == THERE
        assert asked == [SOURCE]

    def test_that_is_nobody_is_asked_about_once(self, asked: list[Source]) -> None:
        known, configuration, resolved = Recognition(), organisation(ELSEWHERE), nothing()

        for _ in range(3):
            assert known.gateway(SOURCE, configuration, resolved) is None
        assert asked == [SOURCE]

    def test_is_not_taken_for_another(self) -> None:
        known, configuration, resolved = Recognition(), organisation(THERE), nothing()
        known.gateway(SOURCE, configuration, resolved)

        other = replace(SOURCE, address="192.0.2.79")
        assert known.gateway(other, configuration, resolved) is None

    def test_is_recognised_anew_by_another_configuration(self) -> None:
        known, resolved = Recognition(), nothing()
        known.gateway(SOURCE, organisation(THERE), resolved)

        assert known.gateway(SOURCE, organisation(ELSEWHERE), resolved) is None

    def test_is_recognised_anew_when_a_name_leads_elsewhere(self) -> None:
        known, named = Recognition(), replace(PBX, address="pbx.example.org")
        configuration = organisation(named)

        assert known.gateway(SOURCE, configuration, {}) is None
        resolved = {named.name: frozenset({SOURCE.address})}
        assert known.gateway(SOURCE, configuration, resolved) == named
        assert known.gateway(SOURCE, configuration, {}) is None


class TestASourceThatIsGone:
    def test_is_forgotten(self) -> None:
        known, configuration, resolved = Recognition(), organisation(THERE), nothing()
        for port in range(1000):
            source = replace(SOURCE, port=port)
            assert known.gateway(source, configuration, resolved) == THERE

        assert len(known) == 1

    def test_leaves_nothing_to_who_comes_after_it(self, asked: list[Source]) -> None:
        """Even where the newcomer has its place in memory, and with it its number."""
        known, configuration, resolved = Recognition(), organisation(THERE), nothing()
        for address in ("192.0.2.77", "192.0.2.200") * 50:
            source = replace(SOURCE, address=address)
            expected = THERE if address == "192.0.2.77" else None
            assert known.gateway(source, configuration, resolved) == expected
        assert len(asked) == 100
