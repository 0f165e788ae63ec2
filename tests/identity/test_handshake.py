"""When a handshake counts as verified."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from umbel.identity.handshake import Ending, HandshakeReport, Role

GOOD = HandshakeReport(
    role=Role.SERVER,
    local=("192.0.2.1", 5061),
    remote=("192.0.2.2", 40000),
    at=datetime(2026, 3, 10, tzinfo=UTC),
    took=0.002,
    ending=Ending.SUCCEEDED,
    peer_chain=(b"leaf",),
)


class TestIsVerified:
    def test_with_a_chain_that_openssl_found_good(self) -> None:
        """The three conditions together."""
        assert GOOD.is_verified

    @pytest.mark.parametrize(
        "report",
        [
            replace(GOOD, peer_chain=()),
            replace(GOOD, verify_code=10),
            replace(GOOD, ending=Ending.REFUSED_BY_PEER),
        ],
    )
    def test_is_false_where_one_condition_fails(self, report: HandshakeReport) -> None:
        """A peer that showed nothing is nobody, however well the handshake went."""
        assert not report.is_verified
