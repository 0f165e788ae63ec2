"""What is played to calls with Opus, whose packets differ in length: one by one, 20 ms each."""

from .encoding import silent_packet
from .playing import Playing


class PacketPlayers:
    """The plays of packets that go on; each row has at most one."""

    def __init__(self) -> None:
        self._playing: dict[int, Playing] = {}

    def begin(self, row: int, playing: Playing) -> None:
        """Play from where *playing*, whose tape is loaded, stands."""
        self._playing[row] = playing

    def stop(self, row: int) -> None:
        """Play no more; the play stands where the peer has heard it to."""
        self._playing.pop(row, None)

    def next_packet(self, row: int) -> tuple[bytes, bool]:
        """Give what is sent next, silence included, and whether that was the end of a play."""
        playing = self._playing.get(row)
        if playing is None:
            return silent_packet(), False
        packet = playing.next_packet()
        return packet or silent_packet(), playing.is_finished
