"""The C programs, built once."""

import shutil
from pathlib import Path

import pytest

from bench.building import Programs, build


@pytest.fixture(scope="session")
def programs() -> Programs:
    headers = ("/usr/include/openssl/ssl.h", "/usr/include/srtp2/srtp.h")
    if shutil.which("gcc") is None or not all(Path(name).exists() for name in headers):
        pytest.skip("to build it: apt-get install gcc libc6-dev libssl-dev libsrtp2-dev")
    return build()
