"""Builds the C programs of the bench, and finds the libsrtp that they use."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .progress import say

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".cache" / "bench"

_SOURCES: Final = Path(__file__).resolve().parent / "c"
_FLAGS: Final = ("-O2", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror")
_PROGRAMS: Final = {
    "load": (("load.c", "callers.c", "wires.c", "streams.c", "secure.c"), ("-lssl", "-lcrypto")),
    "loop": (("loop.c", "secure.c"), ("-lpthread",)),
    "answer": (("answer.c",), ("-lssl", "-lcrypto")),
}
_NEEDED: Final = {
    "gcc": "gcc",
    "/usr/include/stdio.h": "libc6-dev",
    "/usr/include/openssl/ssl.h": "libssl-dev",
    "/usr/include/srtp2/srtp.h": "libsrtp2-dev",
}
"""Programs and files, and the Debian packages that have them."""


class NotPossible(Exception):
    """Something that the bench cannot do without is not there; says what to do."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the compiled programs and their libsrtp are."""

    load: Path
    loop: Path
    answer: Path
    libsrtp: Path


def build() -> Programs:
    """Compile what is not compiled yet."""
    _install(tuple(package for what, package in _NEEDED.items() if not _is_there(what)))
    CACHE.mkdir(parents=True, exist_ok=True)
    libsrtp = _libsrtp()
    names = _python_names(libsrtp)
    load, loop, answer = (_compiled(name, names) for name in _PROGRAMS)
    return Programs(load=load, loop=loop, answer=answer, libsrtp=libsrtp)


def _is_there(what: str) -> bool:
    return Path(what).exists() if what.startswith("/") else shutil.which(what) is not None


def _install(packages: tuple[str, ...]) -> None:
    if not packages:
        return
    wanted = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NotPossible(f"these packages are missing: {wanted} (apt-get install {wanted})")
    say(f"Installing what the bench is built with: {wanted} …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quietly = ("apt-get", "-qq", "-y", "--no-install-recommends", "install", *packages)
    subprocess.run(("apt-get", "-qq", "update"), env=environment, capture_output=True, check=False)
    done = subprocess.run(quietly, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotPossible(f"apt-get could not install {wanted}:\n{done.stderr.strip()}")


def _compiled(name: str, names: Path) -> Path:
    """Give a program, named after all that it is made of, so that it is never an old one."""
    sources, libraries = _PROGRAMS[name]
    text = b"".join(path.read_bytes() for path in (names, *sorted(_SOURCES.iterdir())))
    digest = hashlib.sha256(text + repr((_FLAGS, libraries)).encode()).hexdigest()[:12]
    program = CACHE / f"{name}-{digest}"
    if program.exists():
        return program
    say(f"Compiling {program.name} …")
    for old in CACHE.glob(f"{name}-*"):
        old.unlink()
    files = (*sources, str(names))
    command = ("gcc", *_FLAGS, "-rdynamic", "-o", str(program), *files, *libraries, "-ldl", "-lm")
    done = subprocess.run(command, cwd=_SOURCES, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotPossible(f"gcc could not build {name}:\n{done.stderr}")
    return program


def _libsrtp() -> Path:
    """
    Give the library of pylibsrtp's wheel, which is built on OpenSSL.

    Debian's own is not, and more than twice as slow: a limit measured with it would flatter us.
    """
    package = importlib.util.find_spec("pylibsrtp")
    if package is not None and package.origin is not None:
        for binding in Path(package.origin).parent.glob("_binding*.so"):
            return binding
    raise NotPossible("pylibsrtp is not installed, whose libsrtp the bench uses: script/bootstrap")


def _python_names(libsrtp: Path) -> Path:
    """
    Write a C source with each name that pylibsrtp's file wants of Python.

    A program of ours that loads the file has no Python. libsrtp needs none, but the loader wants to
    find the names: here they are, for nothing.
    """
    command = ("nm", "--dynamic", "--undefined-only", "--format=just-symbols", str(libsrtp))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotPossible(f"nm could not read {libsrtp}: {done.stderr.strip()}")
    wanted = sorted(name for name in done.stdout.split() if name.startswith(("Py", "_Py")))
    lines = (f"char {name.partition('@')[0]}[64];" for name in wanted)
    path = CACHE / "python-names.c"
    path.write_text("/* Names of Python, of which nothing is used. */\n" + "\n".join(lines) + "\n")
    return path
