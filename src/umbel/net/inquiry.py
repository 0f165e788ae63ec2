"""Questions to DNS, with a record of what was asked and what came of it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

from umbel.core.errors import Unavailable

from .service_records import NamingAuthority, Service
from .system_names import SystemNames

_NO_SUCH_NAME = "no such name"
_NO_RECORDS = "none"
_NO_ANSWER = "no answer"


class Inquiry:
    """All that is asked to find the hops of one URI. Failures are kept, not raised."""

    def __init__(self, servers: dns.asyncresolver.Resolver | None, system: SystemNames) -> None:
        self._servers = servers
        self._system = system
        self._asked: list[str] = []
        self._is_unanswered = servers is None
        self._known: set[str] = set()

    @property
    def trail(self) -> str:
        """What was asked, and what came of it: ``SRV _sip._udp.example.org (no such name)``."""
        return ", then ".join(self._asked) or "nothing: this machine names no name server"

    @property
    def is_unanswered(self) -> bool:
        """Whether no name server answers; then the other questions are not asked either."""
        return self._is_unanswered

    @property
    def has_no_server(self) -> bool:
        """Whether there is nobody to ask."""
        return self._servers is None

    def is_known(self, name: str) -> bool:
        """Whether DNS knows *name*, if only without records of the kinds that were asked for."""
        return name in self._known

    async def naming_authorities(self, domain: str) -> list[NamingAuthority]:
        """Ask for NAPTR records that lead to SRV records (flag S)."""
        return [
            NamingAuthority(
                order=record.order,
                preference=record.preference,
                service=record.service.decode("ascii", "replace").upper(),
                replacement=_text(record.replacement),
            )
            for record in await self._ask(domain, "NAPTR")
            if record.flags.lower() == b"s"
        ]

    async def services(self, name: str) -> list[Service]:
        """Ask for SRV records."""
        return [
            Service(
                priority=record.priority,
                weight=record.weight,
                port=record.port,
                target=_text(record.target),
            )
            for record in await self._ask(name, "SRV")
        ]

    async def addresses(self, host: str) -> list[str]:
        """Ask for A and AAAA records, at the same time; IPv4 addresses come first."""
        kinds = await asyncio.gather(self._ask(host, "A"), self._ask(host, "AAAA"))
        return [record.address for records in kinds for record in records]

    async def system_addresses(self, host: str) -> Sequence[str]:
        """Ask the machine's own resolver, which may know more than DNS."""
        try:
            found = await self._system.look_up(host)
        except Unavailable as error:
            self._asked.append(f"the system's resolver ({error})")
            return ()
        if not found:
            self._asked.append(f"the system's resolver ({_NO_SUCH_NAME})")
        return found

    async def _ask(self, name: str, kind: str) -> list[Any]:
        """Ask one question; the records are dnspython's."""
        if self._servers is None or self._is_unanswered:
            return []
        try:
            answer = await self._servers.resolve(f"{name.rstrip('.')}.", kind, search=False)
        except dns.resolver.NXDOMAIN:
            outcome = _NO_SUCH_NAME
        except dns.resolver.NoAnswer:
            outcome = _NO_RECORDS
            self._known.add(name)
        except dns.exception.Timeout:
            outcome = _NO_ANSWER
            self._is_unanswered = True
        except dns.resolver.NoNameservers:
            outcome = "the name server failed"
        except dns.exception.DNSException as error:
            outcome = str(error) or type(error).__name__
        else:
            self._asked.append(f"{kind} {name} ({len(answer)})")
            return list(answer)
        self._asked.append(f"{kind} {name} ({outcome})")
        return []


def _text(name: Any) -> str:
    """Give a dnspython name as text in lower case, without the dot at its end."""
    return str(name).rstrip(".").lower()
