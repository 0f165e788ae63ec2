"""How many sockets this process may have open."""

import resource


def allow_many_sockets() -> None:
    """
    Take as many as the administrator allows: shells and services begin with 1024.

    Connections that say nothing would use those up, and then no call's audio gets a port.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
