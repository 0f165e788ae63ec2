"""Names with addresses of their own on this machine, which win over DNS."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final

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
        if not _is_address(address):
            continue
        for name in names:
            hosts.setdefault(name.lower().rstrip("."), []).append(address)
    return hosts


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
