"""What is read again and again, read once."""

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import TypeVar, cast

Reader = TypeVar("Reader", bound=Callable[..., object])


def remembering(*, most: int, longest: int) -> Callable[[Reader], Reader]:
    """
    Give a decorator: what reads a text still knows what it made of the *most* texts read lately.

    Strangers decide what is read, so a text of more than *longest* characters is read anew each time.
    What is read is given again: nobody may change it.
    """

    def decorate(read: Reader) -> Reader:
        known = lru_cache(maxsize=most)(read)

        @wraps(read)
        def reads(text: str | bytes, *more: Hashable) -> object:
            return (known if len(text) <= longest else read)(text, *more)

        return cast(Reader, reads)

    return decorate
