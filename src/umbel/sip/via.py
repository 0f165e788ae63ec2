"""Via: the way that a request took, and its responses go back (RFC 3261 section 20.42)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .grammar import TOKEN, Scanner
from .host import HIGHEST_PORT, read_host, read_port, write_host
from .parameters import NONE, as_parameters, read_parameters, write_parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """One hop of the way."""

    transport: str
    """In upper case: ``UDP``, ``TCP``, ``TLS``."""
    host: str
    """Of sent-by, as written; an IPv6 address stands without brackets."""
    port: int | None = None
    parameters: Mapping[str, str | None] = NONE

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", as_parameters(self.parameters))

    @classmethod
    def parse(cls, text: str, where: str = "Via") -> "Via":
        """Read one hop; raises ``MalformedMessage``."""
        scanner = Scanner(text, where)
        via = _read_via(scanner)
        scanner.expect_end("';' or the end")
        return via

    @classmethod
    def parse_many(cls, text: str, where: str = "Via") -> list["Via"]:
        """Read a comma-separated list of hops, one at least."""
        scanner = Scanner(text, where)
        vias = [_read_via(scanner)]
        while scanner.accept(","):
            vias.append(_read_via(scanner))
        scanner.expect_end("';', ',' or the end")
        return vias

    @property
    def branch(self) -> str | None:
        """Names the transaction (section 8.1.1.7)."""
        return self.parameters.get("branch")

    @property
    def received(self) -> str | None:
        """The address that the request really came from, without brackets (section 18.2.1)."""
        received = self.parameters.get("received")
        return None if received is None else received.removeprefix("[").removesuffix("]")

    @property
    def rport(self) -> int | None:
        """The port that the request really came from (RFC 3581)."""
        rport = self.parameters.get("rport")
        return int(rport) if rport is not None else None

    @property
    def asks_for_rport(self) -> bool:
        """Whether the sender wants its responses where the request came from (RFC 3581)."""
        return "rport" in self.parameters

    @property
    def sent_by(self) -> str:
        """Host and port, as they are written."""
        return write_host(self.host, self.port)

    def with_parameters(self, values: Mapping[str, str | None]) -> "Via":
        """Give the same hop with *values* added to its parameters, or replaced."""
        parameters = as_parameters(self.parameters).having(values)
        return Via(transport=self.transport, host=self.host, port=self.port, parameters=parameters)

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {self.sent_by}{write_parameters(self.parameters)}"


_usual_hop = re.compile(
    rf"SIP/2\.0/([{TOKEN}]++) ([A-Za-z0-9._\-]++)(?::([1-5][0-9]{{4}}|[0-9]{{1,4}}))?(?=;)"
).match
"""A hop up to its parameters, with no more spaces than it needs; nearly all are written so."""


def _read_via(scanner: Scanner) -> Via:
    usual = _usual_hop(scanner.text, scanner.at)
    if usual is not None:
        scanner.at = usual.end()
        transport, host = usual[1].upper(), usual[2]
        port = None if usual[3] is None else int(usual[3])
    else:
        transport, host, port = _read_unusual_hop(scanner)
    start = scanner.at
    via = Via(transport=transport, host=host, port=port, parameters=read_parameters(scanner))
    rport = via.parameters.get("rport")
    if rport is not None and not _is_port(rport):
        scanner.at = start
        scanner.fail("a port as rport")
    return via


def _read_unusual_hop(scanner: Scanner) -> tuple[str, str, int | None]:
    scanner.skip_spaces()
    transport = _read_protocol(scanner)
    scanner.skip_spaces()
    host = read_host(scanner)
    return transport, host, read_port(scanner) if scanner.accept(":") else None


def _read_protocol(scanner: Scanner) -> str:
    """Read ``SIP/2.0/`` and a transport; white space may stand around the slashes."""
    start = scanner.at
    for part in ("SIP", "2.0"):
        if scanner.token("SIP/2.0").upper() != part:
            scanner.at = start
            scanner.fail("SIP/2.0")
        scanner.expect("/")
    return scanner.token("a transport").upper()


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= HIGHEST_PORT
