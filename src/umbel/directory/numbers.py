"""Numbers and SIP addresses in the many forms that signalling and people write them, made one.

RFC 3261 section 19.1.6 and RFC 3966: ``tel:+43-1-5550``, ``sip:+4315550@gw;user=phone``,
``1001;phone-context=vienna``, ``sip:Ada@Example.ORG;transport=tls`` and plain ``1001``.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from umbel.core.remembering import remembering

_SCHEMES = ("sips:", "sip:", "tel:")
_VISUAL_SEPARATORS = str.maketrans("", "", "-.() ")
_NUMBER = re.compile(r"\+?[0-9*#]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a text names, comparable."""

    user: str
    """A number without separators, else the user part in lower case."""
    host: str = ""
    """In lower case, without port; empty for a number that stands alone."""

    @property
    def is_number(self) -> bool:
        """Say whether the user is a telephone number or an extension."""
        return _NUMBER.fullmatch(self.user) is not None

    @property
    def is_global(self) -> bool:
        """Say whether it is an E.164 number, with its plus sign."""
        return self.is_number and self.user.startswith("+")

    def ends_in(self, digits: int) -> str:
        """Give the last *digits* of an E.164 number: what a dial plan takes for the extension."""
        return self.user[-digits:] if self.is_global and len(self.user) > digits else ""


@remembering(most=4096, longest=128)  # Every call asks for the same pilots and access numbers.
def read_address(text: str) -> Address:
    """Read any of the forms; what is none of them is a user part as it stands."""
    text = _without_scheme(_inside_angle_brackets(text.strip()))
    user, at, host = text.rpartition("@")
    if not at:
        user, host = text, ""
    user = unquote(user.partition(";")[0].partition(":")[0])
    number = user.translate(_VISUAL_SEPARATORS)
    if _NUMBER.fullmatch(number):
        user = number
    return Address(user.lower(), _host_alone(host))


def _inside_angle_brackets(text: str) -> str:
    _, opened, rest = text.partition("<")
    return rest.partition(">")[0] if opened else text


def _without_scheme(text: str) -> str:
    for scheme in _SCHEMES:
        if text.lower().startswith(scheme):
            return text[len(scheme) :]
    return text


def _host_alone(host: str) -> str:
    host = re.split(r"[;?]", host, maxsplit=1)[0].lower()
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[")
    return host.partition(":")[0].rstrip(".")
