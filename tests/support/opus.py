"""Says which tests need the system's libopus."""

import pytest

from umbel.net.media_engine import libopus

WITH_OPUS = pytest.mark.skipif(
    not libopus.is_available(),
    reason=f"libopus is not installed (as root: apt-get install {libopus.PACKAGE})",
)
