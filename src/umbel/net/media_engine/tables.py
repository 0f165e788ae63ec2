"""The arrays that all calls of an engine share; a call has the same row in each of them."""

from collections.abc import Callable

from umbel.media.comfort_noise import Noise
from umbel.media.engine import Event
from umbel.media.srtp import Protectors, Unprotectors

from .hearing import Hearing
from .native_tags import make_tags
from .packet_players import PacketPlayers
from .players import Players
from .recording import Recorder
from .seating import Seating
from .senders import Senders
from .tones import Tones


class Tables:
    """What is sent, played, heard and recorded, and where everybody is."""

    def __init__(self, rows: int, tell: Callable[[Event], None], noise: Noise) -> None:
        self.senders = Senders(rows)
        self.players = Players(rows)
        self.packet_players = PacketPlayers()
        tags = make_tags()
        self.protectors = Protectors(rows, tags)
        self.unprotectors = Unprotectors(rows, tags)
        self.recorder = Recorder(rows, tell, noise)
        self.tones = Tones(rows)
        self.hearing = Hearing(rows, self.recorder, self.tones, self.unprotectors)
        self.seating = Seating(rows)
