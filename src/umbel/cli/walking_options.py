"""The options of commands that walk to a peer: who we are, what we show, how patient we are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from umbel.identity.rules import RULES
from umbel.media.local_media import MediaSecurity
from umbel.sip.hop import Transport

if TYPE_CHECKING:
    from umbel.app.diagnosing.question import Question

_FILE = click.Path(path_type=Path)
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_OPTIONS = (
    click.option(
        "--transport",
        type=click.Choice([one.lower() for one in Transport]),
        help="How to reach HOST; without it TLS, but TCP on port 5060.",
    ),
    click.option(
        "--rule", type=click.Choice(sorted(RULES)), help="How HOST judges our certificate."
    ),
    click.option(
        "--name", "names", multiple=True, help="A name that HOST's certificate must carry."
    ),
    click.option(
        "--node", default="", metavar="FQDN", help="Who we are; without it the settings' node."
    ),
    click.option("--certificate", type=_FILE, help="What we show, PEM, instead of the settings'."),
    click.option(
        "--key", type=_FILE, help="The key of --certificate, if it is not in the same file."
    ),
    click.option("--trust", type=_FILE, help="The authorities that we believe, PEM."),
    click.option("--caller", default="umbel", metavar="USER", help="Who the test call comes from."),
    click.option(
        "--srtp",
        type=click.Choice([one.value for one in MediaSecurity]),
        help="Whether the audio of the test call is encrypted, whatever is configured.",
    ),
    click.option(
        "--seconds",
        type=click.FloatRange(0.2, 300),
        default=8.0,
        show_default=True,
        help="How long both sides of the test call are given to speak.",
    ),
    click.option(
        "--patience",
        type=click.FloatRange(0.1, 60),
        default=5.0,
        show_default=True,
        help="Seconds that each step may take.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walking:
    """What somebody typed of these options."""

    transport: str | None
    rule: str | None
    names: tuple[str, ...]
    node: str
    certificate: Path | None
    key: Path | None
    trust: Path | None
    caller: str
    srtp: str | None
    seconds: float
    patience: float

    def question(
        self, *, peers: tuple[str, ...] = (), files: tuple[Path, ...] = (), call: str = ""
    ) -> "Question":
        """Say what is asked."""
        # Imported here, since it needs much: help and mistakes in what was typed come at once.
        from umbel.app.diagnosing.outfit import Asked
        from umbel.app.diagnosing.question import Question

        return Question(
            peers=peers,
            files=files,
            transport=Transport(self.transport.upper()) if self.transport else None,
            rule=RULES[self.rule] if self.rule else None,
            names=self.names,
            asked=Asked(
                node=self.node,
                certificate=self.certificate,
                key=self.key or self.certificate,
                trust=self.trust,
                patience=self.patience,
                call=call,
                caller=self.caller,
                listens=self.seconds,
                security=MediaSecurity(self.srtp) if self.srtp else None,
            ),
        )


def walking_options(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Give a command these options; it takes them by name, for ``Walking``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
