"""The small organisation of ``umbel try``: an auto attendant, three subscribers, an operator."""

from dataclasses import dataclass

NODE = "umbel.localhost"
ATTENDANT = "9000"
ACCESS = "9001"
PIN = "271828"
"""Of every subscriber, so that a newcomer can listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A subscriber of the organisation."""

    extension: str
    name: str


SUBSCRIBERS = (
    Subscriber(extension="2001", name="Antonio Meucci"),
    Subscriber(extension="2002", name="Elisha Gray"),
    Subscriber(extension="2003", name="Alexander Graham Bell"),
)
OPERATOR = Subscriber(extension="2000", name="Emma Nutt")
"""The first woman who was a telephone operator, in 1878."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the system listens, all on loopback."""

    udp: int
    """TCP has the same."""
    tls: int
    exchange: int
    """Of the telephone exchange that the proof plays."""


def site(ports: Ports) -> str:
    """Give the organisation as a site file."""
    mailboxes = "\n".join(_mailbox(person) for person in (*SUBSCRIBERS, OPERATOR))
    return f"""\
# The organisation of umbel try. Change it and run: umbel apply site.toml

[[dialplan]]
name = "office"
digits = 4
access_numbers = ["{ACCESS}"]
operator = "{OPERATOR.extension}"

# The telephone exchange that the proof plays: TLS with a certificate, and SRTP.
[[gateway]]
name = "exchange"
address = "exchange.localhost"
port = {ports.exchange}
transport = "tls"
srtp = true

# Any softphone on this machine.
[[gateway]]
name = "softphone"
address = "127.0.0.1"
transport = "udp"

[[policy]]
name = "standard"

[[huntgroup]]
name = "exchange"
gateway = "exchange"
dial_plan = "office"

[[huntgroup]]
name = "softphone"
gateway = "softphone"
dial_plan = "office"

[[attendant]]
name = "reception"
dial_plan = "office"
pilots = ["{ATTENDANT}"]

[[attendant.keys]]
key = "1"
label = "Antonio Meucci"
action = "extension"
target = "2001"

[[attendant.keys]]
key = "2"
label = "a message for Elisha Gray"
action = "mailbox"
target = "2002"

{mailboxes}"""


def _mailbox(person: Subscriber) -> str:
    return f"""\
[[mailbox]]
extension = "{person.extension}"
name = "{person.name}"
dial_plan = "office"
policy = "standard"
"""


def settings(ports: Ports) -> str:
    """Give the settings file of the node."""
    return f"""\
# The settings of umbel try: what is this machine's own. Everything else is in the store.
[node]
name = "{NODE}"

[store]
url = "sqlite:///umbel.db"

[tls]
certificate = "certificates/{NODE}.pem"
key = "certificates/{NODE}.key"
trust = "certificates/authority.pem"

[[listener]]
transport = "udp"
address = "127.0.0.1"
port = {ports.udp}

[[listener]]
transport = "tcp"
address = "127.0.0.1"
port = {ports.udp}

[[listener]]
transport = "tls"
address = "127.0.0.1"
advertise = "127.0.0.1"
port = {ports.tls}
"""
