"""Names with addresses of their own on this machine, which win over DNS."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from umbel.core.addresses import is_ip_address

HOSTS_FILE: Final = Path("/etc/hosts")


def read_hosts(path: Path) -> Mapping[str, Sequence[str]]:
    """Read a hosts file: addresses by lower-case name. A file that is not there has none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    hosts: dict[str, list[str]] = {}
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        if not is_ip_address(address):
            continue
        for name in names:
            hosts.setdefault(name.lower().rstrip("."), []).append(address)
    return hosts
