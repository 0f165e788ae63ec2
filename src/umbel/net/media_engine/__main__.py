"""``python -m umbel.net.media_engine FIRST LAST BEGIN [CORE]``: how a node starts its media engine.

Standard input is the stream to the node, so that its descriptor is a low one, which ``select``
needs, however many connections the node has.
"""

import socket
import sys

from .process import be_a_process, serve


def main(arguments: list[str]) -> None:
    """Serve the node at the other end of standard input until it closes that."""
    first, last, begin, *core = map(int, arguments)
    standing = be_a_process(core[0] if core else None)
    stream = socket.socket(fileno=sys.stdin.fileno())
    serve(stream, range(first, last + 1), begin=begin, standing=standing)


if __name__ == "__main__":
    main(sys.argv[1:])
