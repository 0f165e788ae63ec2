"""Asterisk as Debian's unstable release has it, unpacked beside the system and configured for us.

It plays a file of a quarter of an hour, records into 16-bit WAV files as Umbel does, and answers
OPTIONS. Only the modules that this takes are loaded; everything else is as it comes.
"""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from umbel.backends.authority import Authority
from umbel.media import g711, wav
from umbel.media.session import Codec
from umbel.net.clock import SystemClock

from . import site
from .building import CACHE, ROOT, NotPossible
from .contestants import prompt_file
from .progress import say
from .servers import seconds_in

_NAME: Final = "asterisk.umbel.test"
_MODULES: Final = (
    "res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb",
    "res_pjproject", "res_rtp_asterisk", "res_srtp", "res_pjsip", "res_pjsip_session",
    "res_pjsip_pubsub", "res_pjsip_sdp_rtp", "res_pjsip_caller_id", "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_nat", "chan_pjsip", "pbx_config", "app_playback", "app_record", "codec_ulaw",
    "format_wav", "format_pcm",
)  # fmt: skip

_MAIN: Final = """\
[directories]
astetcdir => {folder}/etc
astmoddir => {modules}
astvarlibdir => {folder}/var
astdbdir => {folder}/var
astkeydir => {folder}/var
astdatadir => {data}
astagidir => {folder}/var
astspooldir => {folder}/spool
astrundir => {folder}/run
astlogdir => {folder}/log
[options]
maxfiles = 60000
"""

_PJSIP: Final = """\
[udp]
type = transport
protocol = udp
bind = 127.0.0.1:{port}

[tcp]
type = transport
protocol = tcp
bind = 127.0.0.1:{port}

[tls]
type = transport
protocol = tls
bind = 127.0.0.1:{tls}
cert_file = {folder}/certificates/{name}.pem
priv_key_file = {folder}/certificates/{name}.key
method = tlsv1_2

[plain]
type = endpoint
context = bench
disallow = all
allow = ulaw
direct_media = no

[plain]
type = identify
endpoint = plain
match = {plain}

[secure]
type = endpoint
context = bench
disallow = all
allow = ulaw
direct_media = no
media_encryption = sdes

[secure]
type = identify
endpoint = secure
match = {secure}
"""

_EXTENSIONS: Final = """\
[bench]
exten => s,1,Hangup()
exten => {play},1,Answer()
 same => n(again),Playback({folder}/prompt)
 same => n,Goto(again)
exten => {voice_mail},1,Answer()
 same => n,Record({folder}/audio/${{UNIQUEID}}.wav,0,0,kq)
"""


class AsteriskServer:
    """Asterisk, as a server that is measured."""

    name = "Asterisk"
    port = 5580
    play = site.PLAY
    voice_mail = site.VOICE_MAIL
    piece = 32768 / 16000  # the buffer that it gives to a file

    def __init__(self) -> None:
        self._home = CACHE / "asterisk"
        self._folder = CACHE / "asterisk-site"

    def fetch(self) -> None:
        """Unpack it, once."""
        if (self._home / "run").exists():
            return
        say("Unpacking Asterisk of Debian's unstable release (once; about 60 MB) …")
        command = (str(ROOT / "script" / "unpack-unstable"), str(self._home), "asterisk")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotPossible(f"no Asterisk can be had here: {done.stderr.strip()}")

    def version(self) -> str:
        """Give what it says that it is."""
        command = (str(self._home / "run"), "asterisk", "-V")
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    def command(self) -> Sequence[str]:
        """Write its configuration anew, and give the command."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for name in ("etc", "var", "spool", "run", "log", "audio"):
            (self._folder / name).mkdir(parents=True)
        Authority(self._folder / "certificates", SystemClock().wall()).issue(_NAME, ("127.0.0.1",))
        for name, text in self._files().items():
            (self._folder / "etc" / name).write_text(text, "utf-8")
        sound = wav.read(prompt_file().read_bytes()).samples
        (self._folder / "prompt.ulaw").write_bytes(
            g711.encode(Codec.PCMU, np.asarray(sound)).tobytes()
        )
        main = str(self._folder / "etc" / "asterisk.conf")
        return (str(self._home / "run"), "asterisk", "-f", "-C", main)

    def environment(self) -> Mapping[str, str]:
        """Give nothing."""
        return {}

    def recorded(self) -> float:
        """Give the seconds in its recordings."""
        return seconds_in(self._folder / "audio")

    def _files(self) -> dict[str, str]:
        unpacked = self._home / "unpacked" / "usr"
        words = {
            "folder": self._folder,
            "modules": _modules(unpacked),
            "data": unpacked / "share" / "asterisk",
            "port": self.port,
            "tls": self.port + 1,
            "name": _NAME,
            "plain": site.PLAIN_CALLER,
            "secure": site.SECURE_CALLER,
            "play": self.play,
            "voice_mail": self.voice_mail,
        }
        modules = "\n".join(f"load = {name}.so" for name in _MODULES)
        return {
            "asterisk.conf": _MAIN.format(**words),
            "pjsip.conf": _PJSIP.format(**words),
            "extensions.conf": _EXTENSIONS.format(**words),
            "modules.conf": f"[modules]\nautoload = no\n{modules}\n",
            "rtp.conf": "[general]\nrtpstart = 6000\nrtpend = 19999\n",
            "logger.conf": "[logfiles]\nconsole => error\n",
        }


def _modules(unpacked: Path) -> Path:
    found = next(iter(sorted(unpacked.glob("lib/*/asterisk/modules"))), None)
    if found is None:
        raise NotPossible(f"no modules of Asterisk in {unpacked}: remove that folder, and again")
    return found
