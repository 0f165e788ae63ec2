"""Hosts of their own for programs under test: network namespaces on one bridge."""

import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_NETWORKS = itertools.count(os.getpid() % 200)
"""For the third octet of 198.18.0.0/15, which is kept for tests of networks (RFC 2544)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One network namespace with an address."""

    namespace: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Hosts that reach each other and this machine, which has an address among them."""

    here: str
    """The address of this machine, where the test itself lives."""
    hosts: dict[str, Host]
    """By fully qualified domain name."""
    names: Path
    """What each of them is to see as ``/etc/hosts``."""


@contextmanager
def network(folder: Path, *names: str) -> Iterator[Network]:
    """Make a host for each name, for as long as the block; skip the test where that cannot be."""
    number = next(_NETWORKS) % 250
    bridge = f"u{os.getpid()}n{number}"  # With an end, no longer than the 15 that a name may have.
    prefix = f"198.18.{number}"
    hosts = {
        name: Host(namespace=f"{bridge}-{name.partition('.')[0]}", address=f"{prefix}.{last}")
        for last, name in enumerate(names, 11)
    }
    _require_namespaces()
    try:
        _make(bridge, f"{prefix}.1", hosts)
        yield Network(here=f"{prefix}.1", hosts=hosts, names=_hosts_file(folder, hosts))
    finally:
        for end, host in enumerate(hosts.values()):
            _try_ip("link", "delete", _end(bridge, end))
            _try_ip("netns", "delete", host.namespace)
        _try_ip("link", "delete", bridge)


def _make(bridge: str, here: str, hosts: dict[str, Host]) -> None:
    _ip("link", "add", bridge, "type", "bridge")
    _ip("address", "add", f"{here}/24", "dev", bridge)
    _ip("link", "set", bridge, "up")
    for number, host in enumerate(hosts.values()):
        outside = _end(bridge, number)
        _ip("netns", "add", host.namespace)
        _ip("link", "add", outside, "type", "veth", "peer", "eth0", "netns", host.namespace)
        _ip("link", "set", outside, "master", bridge, "up")
        _ip("-n", host.namespace, "link", "set", "lo", "up")
        _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        _ip("-n", host.namespace, "link", "set", "eth0", "up")


def _end(bridge: str, number: int) -> str:
    """Name the end of a host's cable that is in the bridge."""
    return f"{bridge}e{number}"


def _hosts_file(folder: Path, hosts: dict[str, Host]) -> Path:
    path = folder / "hosts"
    lines = ["127.0.0.1 localhost", *(f"{host.address} {name}" for name, host in hosts.items())]
    path.write_text("\n".join(lines) + "\n")
    return path


def _require_namespaces() -> None:
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root (run script/test as root)")
    if shutil.which("ip") is None:
        pytest.skip("ip is not installed (as root: apt-get install iproute2)")


def _ip(*arguments: str) -> None:
    if refusal := _try_ip(*arguments):
        asked = " ".join(arguments)
        pytest.skip(
            f"this machine allows no network of its own: ip {asked}: {refusal} (try another)"
        )


def _try_ip(*arguments: str) -> str:
    """Run ``ip`` and give what it complains of."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    return done.stderr.strip() or f"exit code {done.returncode}" if done.returncode else ""
