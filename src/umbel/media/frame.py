"""The piece of audio that everything is measured in."""

from typing import Final

FRAME: Final = 160
"""Samples in one tick of 20 ms."""
