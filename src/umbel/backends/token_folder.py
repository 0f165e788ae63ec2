"""The tokens that the authority's machine has given out, each a file of its folder until used."""

import json
from pathlib import Path

from umbel.core.packing import pack, unpack
from umbel.identity.enrolment import KeptToken

from .private_keys import write_secret


class TokenFolder:
    """Tokens by their id. Whoever removes the file has used the token: nobody can do so twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, token: KeptToken) -> None:
        """Remember a token that was given out."""
        write_secret(self._file(token.id), json.dumps(pack(token)).encode())

    def find(self, id: str) -> KeptToken | None:
        """Find a token that was not used."""
        try:
            return unpack(KeptToken, json.loads(self._file(id).read_text("utf-8")))
        except FileNotFoundError:
            return None

    def use(self, id: str) -> bool:
        """Use a token up; say whether it was there to be used."""
        try:
            self._file(id).unlink()
        except FileNotFoundError:
            return False
        return True

    def _file(self, id: str) -> Path:
        """Give the file of a token; an id from the store is not believed to be a file's name."""
        return self._folder / f"{id if id.isalnum() else 'none'}.json"
