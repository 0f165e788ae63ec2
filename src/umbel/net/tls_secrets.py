"""The secrets of TLS connections, as NSS key log lines, for traces that are to be decrypted.

Python offers a file for all connections of a context, and no callback. The file here is one of
memory, never of a disk, and is emptied after each step of a handshake; because handshakes take
turns in one thread, what is in it then belongs to the connection that made the step.
"""

import os
from collections.abc import Callable

from .tls_identity import TlsIdentity

SecretsWatcher = Callable[[str, bytes], None]
"""Takes a connection's name and key log lines of it; a handshake brings them in several calls."""

_AT_MOST = 65536
"""Bytes read at once; a handshake has under 1000 of them."""


class TlsSecrets:
    """Hands over the secrets of handshakes while somebody watches; they are written nowhere."""

    def __init__(self) -> None:
        self._watcher: SecretsWatcher | None = None
        self._file: int | None = None

    def watch(self, watcher: SecretsWatcher | None) -> None:
        """Begin to hand secrets to *watcher*; ``None`` ends it."""
        self._watcher = watcher
        if watcher is not None and self._file is None:
            self._file = os.memfd_create("umbel-tls-secrets")

    def prepare(self, identity: TlsIdentity) -> None:
        """Have the handshakes of *identity* log their secrets here, or nowhere."""
        if self._watcher is None or self._file is None:
            identity.log_secrets_to(None)
            return
        identity.log_secrets_to(f"/proc/self/fd/{self._file}")
        os.ftruncate(self._file, 0)  # Python begins an empty file with a line about itself.

    def hand_over(self, connection: str) -> None:
        """Give the watcher what the last step of this connection's handshake has logged."""
        if self._watcher is None or self._file is None:
            return
        lines = os.pread(self._file, _AT_MOST, 0)
        if lines:
            os.ftruncate(self._file, 0)
            self._watcher(connection, lines)

    def close(self) -> None:
        """Forget all of it."""
        self._watcher = None
        if self._file is not None:
            os.close(self._file)
            self._file = None
