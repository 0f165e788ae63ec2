"""Why a URI led to no hop (RFC 3263 section 4)."""

from enum import StrEnum

from umbel.core.errors import Unavailable


class WhyUnresolved(StrEnum):
    """What DNS said instead of an address."""

    NO_SUCH_NAME = "there is no such name"
    NO_ADDRESS = "the name has no address"
    SERVICE_LEADS_NOWHERE = "its SRV records name hosts that have no address"
    NO_SUCH_SERVICE = "the domain says that it offers no such service"
    NO_ANSWER = "no name server answered"
    NO_NAME_SERVER = "this machine names no name server"


class Unresolved(Unavailable):
    """No place to send to was found; the text has the whole story."""

    def __init__(self, text: str, *, why: WhyUnresolved, asked: str = "") -> None:
        super().__init__(text)
        self.why = why
        self.asked = asked
        """The questions with their outcomes: ``SRV _sip._udp.example.org (no such name)``."""
