"""``python -m umbel.net.media_engine FIRST LAST``: how a node starts its media engine.

Standard input is the stream to the node, so that its descriptor is a low one, which ``select``
needs, however many connections the node has.
"""

import socket
import sys

from .process import be_a_process, serve


def main(arguments: list[str]) -> None:
    """Serve the node at the other end of standard input until it closes that."""
    first, last = map(int, arguments)
    be_a_process()
    serve(socket.socket(fileno=sys.stdin.fileno()), range(first, last + 1))


if __name__ == "__main__":
    main(sys.argv[1:])
