"""The RTP engine: a process of its own that sends and hears the audio of all calls in one tick.

``client`` is the node's side of it, ``process`` the other one; ``engine`` is what runs there.
"""

from .client import MediaEngine

__all__ = ["MediaEngine"]
