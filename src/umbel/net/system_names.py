"""The machine's own resolver, which may know more than DNS, and hangs while DNS is down."""

import asyncio
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from umbel.core.errors import Unavailable
from umbel.core.instants import Duration

_THREADS: Final = 4
_NOT_THERE: Final = (socket.EAI_NONAME, socket.EAI_NODATA)


class SystemNames:
    """
    Asks the system, so that all counts that it knows.

    A question holds a thread until the system gives up, and that takes up to half a minute. The
    threads are its own: in those of the event loop it would hold up audio.
    """

    def __init__(self, patience: Duration) -> None:
        """Wait *patience* seconds for each answer."""
        self._patience = patience
        self._threads = ThreadPoolExecutor(_THREADS, "umbel-names")
        self._given_up: set[Future[tuple[str, ...]]] = set()
        """Questions that hold a thread although nobody waits for them any more."""

    async def look_up(self, name: str) -> tuple[str, ...]:
        """
        Give the addresses of a host name, best first; none where there is no such name.

        ``Unavailable``: nobody can say now. While questions before hang in all threads, that is
        said at once.
        """
        if len(self._given_up) >= _THREADS:
            raise Unavailable("DNS cannot say: the system's resolver hangs")
        answer = self._threads.submit(_addresses, name)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.wrap_future(answer)
        except TimeoutError:
            raise Unavailable(f"DNS did not answer within {self._patience:g} s") from None
        finally:
            if not answer.cancel() and not answer.done():
                self._given_up.add(answer)
                answer.add_done_callback(self._given_up.discard)

    def close(self) -> None:
        """Ask nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(name: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except UnicodeError:
        return ()  # It can be no host's.
    except OSError as error:
        if isinstance(error, socket.gaierror) and error.errno in _NOT_THERE:
            return ()
        raise Unavailable(f"DNS cannot say: {error.strerror or error}") from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))
