"""Kamailio as proxy, registrar and gateway: in the path with Record-Route, UDP, TCP and TLS."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from .pki import Credentials
from .program import Running, free_port, require, running, until_listening

_CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
{enable_tls}
auto_aliases=no
alias="{domain}"
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
{listen_tls}
tcp_connection_lifetime=3605
tcp_accept_no_cl=yes
use_dns_cache=no
dns_try_naptr=no
{load_tls}
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "sanity.so"
loadmodule "xlog.so"
loadmodule "nathelper.so"
loadmodule "corex.so"
{tls_parameters}
modparam("usrloc", "db_mode", 0)
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")
modparam("rr", "enable_full_lr", 1)
modparam("tm", "fr_timer", 3000)
modparam("tm", "fr_inv_timer", 8000)

request_route {{
    xlog("L_INFO", "REQ $rm $ru from $proto:$si:$sp\\n");
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (!sanity_check("17895", "7")) {{ exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    if (!is_method("ACK") && t_precheck_trans()) {{ t_check_trans(); exit; }}
    t_check_trans();
    if (is_method("INVITE|SUBSCRIBE|REFER|NOTIFY|UPDATE")) {{ set_contact_alias(); }}
    if (has_totag()) {{
        handle_ruri_alias();
        if (loose_route()) {{ route(RELAY); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
        route(RELAY); exit;
    }}
    remove_hf("Route");
    if (is_method("INVITE|SUBSCRIBE")) {{ record_route(); }}
    if (is_method("REGISTER")) {{
        fix_nated_register();
        if (!save("location")) {{ sl_reply_error(); }}
        exit;
    }}
    if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "OK"); exit; }}
    if (is_method("INVITE|NOTIFY|MESSAGE|OPTIONS") && lookup("location")) {{
        t_on_failure("UNANSWERED");
        route(RELAY); exit;
    }}
    if (is_method("INVITE") && $(rU{{s.substr,0,1}}) == "2") {{
        # A subscriber whose phone is not there.
        $var(why) = "unavailable";
        route(VOICEMAIL); exit;
    }}
    if (is_method("INVITE")) {{ $du = "{umbel}"; route(RELAY); exit; }}
    sl_send_reply("404", "Not Found");
}}

route[VOICEMAIL] {{
    append_hf("Diversion: <sip:$rU@{domain}>;reason=no-answer\\r\\n");
    $du = "{umbel}";
    route(RELAY);
}}

route[RELAY] {{
    t_on_reply("ANSWERED");
    if (!t_relay()) {{ sl_reply_error(); }}
    exit;
}}

failure_route[UNANSWERED] {{
    if (t_is_canceled()) exit;
    $var(why) = "no-answer";
    if (t_check_status("486")) {{ $var(why) = "user-busy"; }}
    if (t_check_status("480|486|408")) {{ route(VOICEMAIL); }}
}}

onreply_route[ANSWERED] {{
    set_contact_alias();
}}
"""

_TLS_CONFIG = """[server:default]
method = TLSv1.2+
private_key = {key}
certificate = {certificate}
ca_list = {trust}
verify_certificate = {verify}
require_certificate = {verify}

[client:default]
method = TLSv1.2+
private_key = {key}
certificate = {certificate}
ca_list = {trust}
verify_certificate = yes
require_certificate = yes
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A running Kamailio."""

    port: int
    """UDP and TCP."""
    tls_port: int
    domain: str
    program: Running

    @property
    def uri(self) -> str:
        """Give what phones register with and send everything to."""
        return f"sip:127.0.0.1:{self.port};transport=udp"

    def carried(self, method: str, transport: str) -> int:
        """Give how many requests of a method came to it over a transport."""
        return len(re.findall(rf"REQ {method} \S+ from {transport}:", self.program.output))


@asynccontextmanager
async def kamailio(
    folder: Path,
    *,
    umbel: str,
    ports: tuple[int, int] | None = None,
    domain: str = "umbel.test",
    voice_mail: str = "3000",
    credentials: Credentials | None = None,
    trust: Path | None = None,
    require_client: bool = False,
) -> AsyncIterator[Proxy]:
    """
    Run a proxy that sends what nobody registered for to *umbel* (a SIP URI).

    Calls to subscribers (numbers with a 2) who cannot be reached it diverts to *voice_mail*
    there. *ports* are those of UDP and TCP, and of TLS; ``None``: ones that are free.
    """
    program = require("kamailio", "kamailio kamailio-tls-modules")
    folder.mkdir(parents=True, exist_ok=True)
    port, tls_port = ports or (free_port(), free_port())
    tls = credentials is not None
    if tls and not list(Path("/usr/lib").glob("*/kamailio/modules/tls.so")):
        pytest.skip("kamailio has no TLS module (apt-get install kamailio-tls-modules)")
    (folder / "kamailio.cfg").write_text(
        _CONFIG.format(
            domain=domain,
            port=port,
            umbel=umbel,
            voice_mail=voice_mail,
            enable_tls="enable_tls=yes" if tls else "",
            listen_tls=f"listen=tls:127.0.0.1:{tls_port}" if tls else "",
            load_tls='loadmodule "tls.so"' if tls else "",
            tls_parameters=f'modparam("tls", "config", "{folder}/tls.cfg")' if tls else "",
        )
    )
    if credentials is not None:
        (folder / "tls.cfg").write_text(
            _TLS_CONFIG.format(
                key=credentials.key,
                certificate=credentials.certificate,
                trust=trust,
                verify="yes" if require_client else "no",
            )
        )
    async with running(
        program, "-f", folder / "kamailio.cfg", "-Y", folder, "-w", folder,
        "-P", folder / "kamailio.pid", "-m", "64", "-M", "8", "-DD", "-E",
        log=folder / "kamailio.log",
    ) as run:  # fmt: skip
        await until_listening(port)
        yield Proxy(port=port, tls_port=tls_port, domain=domain, program=run)
