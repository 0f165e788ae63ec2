"""Opus as telephones have it (RFC 7587): what is told of it in SDP, and what of that binds us."""

from typing import Final

BITS_PER_SECOND: Final = 24000
"""Of what we send: prompts are encoded once for all calls, so that all calls have the same."""

SAMPLES_PER_SECOND: Final = 16000
"""At which prompts are encoded: speech has nothing above its wide band."""

PARAMETERS: Final = (
    f"maxplaybackrate=8000;sprop-maxcapturerate={SAMPLES_PER_SECOND};stereo=0;useinbandfec=1"
)
"""Of our ``fmtp`` (section 6.1): recordings have 8000 samples a second, so more would be wasted."""


def can_be_sent(parameters: str) -> bool:
    """
    Say whether the peer takes the bits that we send; *parameters* are those of its ``fmtp``.

    ``maxaveragebitrate`` binds us; all else says what the peer sends, or what it would prefer.
    """
    for parameter in parameters.lower().split(";"):
        name, _, value = parameter.partition("=")
        most = value.strip()
        if name.strip() == "maxaveragebitrate" and most.isascii() and most.isdigit():
            return len(most) > 6 or int(most) >= BITS_PER_SECOND
    return True
