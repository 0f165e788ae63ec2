"""The tokens that the authority's machine has given out, each a file of its folder until used."""

import json
from datetime import datetime
from pathlib import Path

from umbel.identity.enrolment import KeptToken

from .private_keys import write_secret


class TokenFolder:
    """Tokens by their id. Whoever removes the file has used the token: nobody can do so twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, token: KeptToken) -> None:
        """Remember a token that was given out."""
        content = {
            "node": token.node,
            "names": token.names,
            "secret": token.secret.hex(),
            "expires": token.expires.isoformat(),
        }
        write_secret(self._file(token.id), json.dumps(content).encode())

    def find(self, id: str) -> KeptToken | None:
        """Find a token that was not used."""
        try:
            content = json.loads(self._file(id).read_text("utf-8"))
        except FileNotFoundError:
            return None
        return KeptToken(
            id=id,
            node=content["node"],
            names=tuple(content["names"]),
            secret=bytes.fromhex(content["secret"]),
            expires=datetime.fromisoformat(content["expires"]),
        )

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
