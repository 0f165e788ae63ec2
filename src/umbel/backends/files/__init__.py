"""What is kept in files: recorded audio."""

from .audio import FileAudio

__all__ = ["FileAudio"]
