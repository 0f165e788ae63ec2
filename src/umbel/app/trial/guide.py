"""What ``umbel try`` tells the newcomer: whom to dial, and what else to try."""

import shlex
from pathlib import Path

from .organisation import ACCESS, ATTENDANT, OPERATOR, PIN, SUBSCRIBERS, Ports


def how_to_call(folder: Path, ports: Ports, programs: Path | None) -> str:
    """
    Say what to dial from a softphone, and what else to try.

    *programs*: the folder of ``umbel``, where a terminal does not find it by its name.
    """
    people = ", ".join(f"{person.extension} {person.name}" for person in (*SUBSCRIBERS, OPERATOR))
    here = f"127.0.0.1:{ports.udp}"
    return f"""
This system stays up until Ctrl-C, and calls are shown here. Dial with any softphone on this
machine (no account, no password):

    the auto attendant      sip:{ATTENDANT}@{here}
    leave a message         sip:2002@{here}
    hear messages           sip:{ACCESS}@{here}   then an extension, then PIN {PIN} and #
    the same over TLS       sip:{ATTENDANT}@127.0.0.1:{ports.tls};transport=tls

    people                  {people}
    authority for TLS       {folder / "certificates" / "authority.pem"}

In another terminal:

    {_environment(folder, programs)}
    umbel calls --follow
    umbel message list 2002
    umbel diagnose
    umbel trace all
    umbel events
    umbel mailbox list
    umbel apply {shlex.quote(str(folder / "site.toml"))}

The last one after a change in that file: a new key of the attendant, another subscriber, …
"""


def _environment(folder: Path, programs: Path | None) -> str:
    exported = f"UMBEL_SETTINGS={shlex.quote(str(folder / 'umbel.toml'))}"
    if programs is not None:
        exported += f' PATH={shlex.quote(str(programs))}:"$PATH"'
    return f"export {exported}"
