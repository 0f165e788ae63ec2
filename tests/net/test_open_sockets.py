"""A node can hold as many connections as its limits say."""

import resource

from umbel.net.open_sockets import allow_many_sockets


def test_the_administrators_limit_is_the_only_one() -> None:
    former, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, most))
    try:
        allow_many_sockets()

        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (former, most))
