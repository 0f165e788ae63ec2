"""The decoder that each transcoded stream has for itself."""

from umbel.media import g722
from umbel.media.jitter_buffer import JitterBuffer, StreamDecoder
from umbel.media.session import Codec

from . import libopus


def jitter_buffer(codec: Codec, depth: int) -> JitterBuffer:
    """Make the buffer for a stream of a transcoded codec; packets may be late by *depth* samples."""
    decoder: StreamDecoder = libopus.Decoder() if codec is Codec.OPUS else g722.Decoder()
    return JitterBuffer(decoder, codec.clock_rate, depth)
