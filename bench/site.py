"""The node that the bench measures: its settings and its site, made in a folder of its own.

Whom it offers: an attendant whose greeting goes on for a quarter of an hour, a mailbox, and an
attendant that lets callers go who press a key that means nothing. All are the product's own
objects; only the prompts around them are short ones, as an administrator's recordings may be, so
that what is measured is what callers of a benchmark are there for.
"""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from umbel.app.administration import open_administration
from umbel.app.settings import load_settings
from umbel.backends.authority import Authority
from umbel.media import wav
from umbel.net.clock import SystemClock

from .contestants import prompt_file

PLAIN_CALLER: Final = "127.0.0.2"
SECURE_CALLER: Final = "127.0.0.3"
PLAY: Final = "9001"
VOICE_MAIL: Final = "2001"
MENU: Final = "9009"
MENU_KEY: Final = "9"

_NODE: Final = "bench.umbel.test"
_MARK: Final = "made-by-script-bench"
_FIRST_MEDIA_PORT: Final = 6000
_LAST_MEDIA_PORT: Final = 19999
_SHORT: Final = (
    "greeting-standard", "leave-message", "when-finished",  # before the tone of a mailbox
    "not-a-choice", "too-many-tries", "goodbye",            # after a key that means nothing
)  # fmt: skip
_SHORT_SECONDS: Final = 0.06

_SETTINGS: Final = """\
[node]
name = "{node}"

[store]
url = "sqlite:///umbel.db"
audio = "audio"
keep_free = 100

[tls]
certificate = "certificates/{node}.pem"
key = "certificates/{node}.key"
trust = "certificates/authority.pem"

[[listener]]
transport = "udp"
address = "127.0.0.1"
port = {port}

[[listener]]
transport = "tcp"
address = "127.0.0.1"
port = {port}

[[listener]]
transport = "tls"
address = "127.0.0.1"
advertise = "127.0.0.1"
port = {tls}

[media]
first_port = {first}
last_port = {last}

[prompts]
folder = "prompts"
time_zone = "UTC"
"""

_SITE: Final = """\
[[dialplan]]
name = "bench"
max_call = 7200
max_recording = 6000
recording_silence = 10

[[dialplan]]
name = "menu"
max_call = 7200
input_failures = 1

# Calls in the clear.
[[gateway]]
name = "plain"
address = "{plain}"
srtp = false
probe_every = 0

# Calls over TLS from a peer that shows no certificate, and is known by its address.
[[gateway]]
name = "secure"
address = "{secure}"
transport = "tcp"
srtp = true
probe_every = 0

[[huntgroup]]
name = "plain"
gateway = "plain"
dial_plan = "bench"

[[huntgroup]]
name = "secure"
gateway = "secure"
dial_plan = "bench"

[[huntgroup]]
name = "plain-menu"
gateway = "plain"
dial_plan = "menu"
pilot = "{menu}"

[[huntgroup]]
name = "secure-menu"
gateway = "secure"
dial_plan = "menu"
pilot = "{menu}"

[[policy]]
name = "standard"

[[attendant]]
name = "play"
dial_plan = "bench"
pilots = ["{play}"]
greeting = "endless.wav"
dial_extensions = false
dial_by_name = false

[[attendant]]
name = "menu"
dial_plan = "menu"
pilots = ["{menu}"]
greeting = "menu.wav"
dial_extensions = false
dial_by_name = false

[[mailbox]]
extension = "{voice_mail}"
name = "A"
dial_plan = "bench"
policy = "standard"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the node is kept, and where it listens."""

    folder: Path
    port: int
    """Of UDP and TCP; TLS has the next one."""

    @property
    def settings(self) -> Path:
        """The node's settings file."""
        return self.folder / "umbel.toml"

    @property
    def audio(self) -> Path:
        """The folder of its recordings."""
        return self.folder / "audio"


class NotOurs(Exception):
    """The folder holds something that the bench did not make, and so will not remove."""


def make_site(place: Place) -> None:
    """Make the node anew: no message, event or call of an earlier run is in its store."""
    _clear(place.folder)
    node = _NODE
    authority = Authority(place.folder / "certificates", SystemClock().wall())
    authority.issue(node, ("127.0.0.1",))
    settings = _SETTINGS.format(
        node=node,
        port=place.port,
        tls=place.port + 1,
        first=_FIRST_MEDIA_PORT,
        last=_LAST_MEDIA_PORT,
    )
    place.settings.write_text(settings, "utf-8")
    _make_prompts(place.folder / "prompts")
    asyncio.run(_apply(place))


def site() -> str:
    """Give the site file."""
    return _SITE.format(
        plain=PLAIN_CALLER,
        secure=SECURE_CALLER,
        play=PLAY,
        voice_mail=VOICE_MAIL,
        menu=MENU,
    )


async def _apply(place: Place) -> None:
    async with open_administration(load_settings(place.settings)) as administration:
        await administration.apply(site(), "the bench's site")


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise NotOurs(f"{folder} is not empty, and nothing that script/bench made")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def _make_prompts(folder: Path) -> None:
    phrases = folder / "en-US" / "phrase"
    phrases.mkdir(parents=True)
    short = wav.Sound(rate=8000, samples=np.zeros(int(_SHORT_SECONDS * 8000), np.int16))
    for name in _SHORT:
        (phrases / f"{name}.wav").write_bytes(wav.write(short))
    (folder / "endless.wav").hardlink_to(prompt_file())
    (folder / "menu.wav").hardlink_to(prompt_file())
