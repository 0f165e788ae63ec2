"""The RTP engine: processes of their own that send and hear the audio of all calls in one tick.

``engines`` and ``client`` are the node's side, ``process`` the other one; ``engine`` is what runs there.
"""

from .client import Lost, MediaEngine
from .engines import MediaEngines

__all__ = ["Lost", "MediaEngine", "MediaEngines"]
