"""Pebble, the ACME server that Let's Encrypt made for tests, with a name server of its own."""

import asyncio
import json
import ssl
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from .pki import Authority
from .program import free_port, require, running, until_listening

_PACKAGE = "pebble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pebble:
    """A running Pebble. Every name leads to 127.0.0.1."""

    directory: str
    trust: Path
    """Whom to believe its web server."""
    http_port: int
    """Where it looks for the answer to http-01."""
    tls_port: int
    """Where it looks for the answer to tls-alpn-01."""
    management: int

    async def root(self) -> bytes:
        """Give the root that its certificates come from, PEM; another at each start."""
        return await asyncio.to_thread(self._fetch, "roots/0")

    def _fetch(self, path: str) -> bytes:
        context = ssl.create_default_context(cafile=str(self.trust))
        url = f"https://127.0.0.1:{self.management}/{path}"
        with urllib.request.urlopen(url, context=context, timeout=5) as answer:
            content: bytes = answer.read()
            return content


@asynccontextmanager
async def running_pebble(folder: Path) -> AsyncIterator[Pebble]:
    """Run Pebble and its name server for as long as the block."""
    server, names = require("pebble", _PACKAGE), require("pebble-challtestsrv", _PACKAGE)
    authority = Authority(folder / "pebble-pki")
    own = authority.issue("127.0.0.1", "localhost")
    made = Pebble(
        directory=f"https://127.0.0.1:{(port := free_port())}/dir",
        trust=authority.trust,
        http_port=free_port(),
        tls_port=free_port(),
        management=free_port(),
    )
    settings = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{made.management}",
        "certificate": str(own.certificate),
        "privateKey": str(own.key),
        "httpPort": made.http_port,
        "tlsPort": made.tls_port,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    dns, management = free_port(), free_port()
    async with (
        running(
            names, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "",
            "-tlsalpn01", "", "-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{management}",
            log=folder / "names.log",
        ),
        running(
            server, "-config", folder / "pebble.json", "-strict", "-dnsserver", f"127.0.0.1:{dns}",
            log=folder / "pebble.log",
            env={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20"},
        ),
    ):  # fmt: skip
        await until_listening(management)
        await until_listening(port)
        yield made
