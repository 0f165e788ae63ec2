"""An engine in virtual time and a telephone, for each test that asks for them."""

from collections.abc import Iterator

import pytest
from tests.support.rtp_peer import RtpPeer
from tests.support.studio import Studio


@pytest.fixture
def studio() -> Iterator[Studio]:
    with Studio() as studio:
        yield studio


@pytest.fixture
def peer() -> Iterator[RtpPeer]:
    with RtpPeer() as peer:
        yield peer
