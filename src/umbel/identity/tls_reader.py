"""Taking fields off the front of TLS structures (RFC 8446 section 3)."""


class Truncated(Exception):
    """The bytes end before what they announce."""


class Reader:
    """Takes fields from the front of some bytes."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def take(self, count: int) -> bytes:
        """Take *count* bytes."""
        if count > len(self._octets):
            raise Truncated
        taken, self._octets = self._octets[:count], self._octets[count:]
        return taken

    def number(self, octets: int) -> int:
        """Take an unsigned number."""
        return int.from_bytes(self.take(octets))

    def numbers(self, octets: int) -> list[int]:
        """Take unsigned numbers of a size until nothing is left."""
        of_all = self.rest()
        if len(of_all) % octets:
            raise Truncated
        starts = range(0, len(of_all), octets)
        return [int.from_bytes(of_all[start : start + octets]) for start in starts]

    def vector(self, length_octets: int) -> "Reader":
        """Take a vector that is preceded by its length."""
        return Reader(self.take(self.number(length_octets)))

    def rest(self) -> bytes:
        """Take what is left."""
        return self.take(len(self._octets))

    def __bool__(self) -> bool:
        return bool(self._octets)
