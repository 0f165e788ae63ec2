"""``python -m umbel.net.media_engine FD FIRST LAST``: how a node starts its media engine."""

import socket
import sys

from .process import be_a_process, serve


def main(arguments: list[str]) -> None:
    """Serve the node at the other end of the inherited socket until it closes."""
    descriptor, first, last = map(int, arguments)
    be_a_process()
    serve(socket.socket(fileno=descriptor), range(first, last + 1))


if __name__ == "__main__":
    main(sys.argv[1:])
