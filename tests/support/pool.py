"""Kamailio as the mediation pool of the incident: it knows servers by their common name only."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from .namespaces import Network
from .pki import Credentials
from .program import Running, require, running

POOL = "pool.domain.local"
PORT = 5061
PHONES = 5060

_CONFIG = """#!KAMAILIO
# A front-end pool as Lync is one, as far as certificates go:
#   it calls a node: the node's certificate must name it, as common name or alternative name;
#   a node asks it something: the common name of the node's certificate must be a server that it
#   knows. Alternative names do not count, and whoever is no known server is not told anything.
debug=2
log_stderror=yes
fork=yes
children=2
tcp_children=2
enable_tls=yes
auto_aliases=no
alias="domain.local"
alias="{pool}:{port}"
listen=udp:{address}:{phones}
listen=tls:{address}:{port} advertise "{pool}":{port}
tcp_connection_lifetime=3605
tcp_accept_no_cl=yes
use_dns_cache=no
dns_try_naptr=no
loadmodule "tls.so"
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
loadmodule "tcpops.so"
loadmodule "htable.so"
loadmodule "ctl.so"
loadmodule "corex.so"
modparam("tls", "config", "{folder}/tls.cfg")
modparam("ctl", "binrpc", "unix:{folder}/control")
modparam("usrloc", "db_mode", 0)
modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")
modparam("rr", "enable_full_lr", 1)
modparam("tm", "fr_timer", 3000)
modparam("tm", "fr_inv_timer", 8000)
# The topology: the servers that it knows.
modparam("htable", "htable", "servers=>size=4;initval=0")
# Whose turn it is to take a call.
modparam("htable", "htable", "turn=>size=2;initval=0")
# Which name it dials to come to an address, and how a certificate has it as alternative name.
modparam("htable", "htable", "name=>size=4")
modparam("htable", "htable", "alternative=>size=4")

event_route[htable:mod-init] {{
{known}
}}

# What a node says when the pool calls it is believed if its certificate is for the name dialled.
# No variable of Kamailio has more than the first alternative name, so they are looked for in the
# certificate's own bytes: a dNSName is tag 82, length, name (RFC 5280 section 4.2.1.6).
reply_route {{
    if (proto != TLS) {{ return; }}
    if ($tls_peer_subject_cn == $sht(name=>$si)) {{ return; }}
    $var(pem) = $tls_peer_raw_cert;
    $var(der) = $(var(pem){{s.rm,BEGIN CERTIFICATE}}{{s.rm,END CERTIFICATE}}{{s.rm,-}}{{s.rmws}}{{s.decode.base64}});
    $var(hex) = $(var(der){{s.encode.hexa}});
    if ($var(hex) =~ $sht(alternative=>$si)) {{ return; }}
    xlog("L_WARN", "The certificate is not for $sht(name=>$si), fqdn=$tls_peer_subject_cn\\n");
    tcp_close_connection();
    drop;
}}

request_route {{
    xlog("L_INFO", "REQ $rm $ru from $proto:$si:$sp\\n");
    if (proto == TLS) {{ route(TRUSTED); }}
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (!sanity_check("17895", "7")) {{ exit; }}
    if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "OK"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    if (!is_method("ACK") && t_precheck_trans()) {{ t_check_trans(); exit; }}
    t_check_trans();
    if (proto == UDP && is_method("INVITE|SUBSCRIBE|REFER|NOTIFY|UPDATE")) {{ set_contact_alias(); }}
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
    if (lookup("location")) {{ route(RELAY); exit; }}
    if (is_method("INVITE")) {{ route(NEXT_NODE); exit; }}
    sl_send_reply("404", "Not Found");
}}

route[TRUSTED] {{
    if ($sht(servers=>$tls_peer_subject_cn) != 1) {{
        xlog("L_WARN", "The peer is not a configured server on this network interface, fqdn=$tls_peer_subject_cn\\n");
        tcp_close_connection();
        exit;
    }}
}}

route[NEXT_NODE] {{
    $var(turn) = $shtinc(turn=>calls) mod {count};
    $du = "sip:" + $sht(turn=>$var(turn)) + ":5061;transport=tls";
    xlog("L_INFO", "INVITE $rU goes to $du\\n");
    route(RELAY);
}}

route[RELAY] {{
    t_on_reply("ANSWERED");
    if (!t_relay()) {{ sl_reply_error(); }}
    exit;
}}

onreply_route[ANSWERED] {{
    if (proto == UDP) {{ set_contact_alias(); }}
}}
"""

_TLS_CONFIG = """[server:default]
method = TLSv1.2+
private_key = {key}
certificate = {certificate}
ca_list = {trust}
verify_certificate = yes
require_certificate = yes

[client:default]
method = TLSv1.2+
private_key = {key}
certificate = {certificate}
ca_list = {trust}
verify_certificate = yes
require_certificate = yes
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The running pool."""

    address: str
    folder: Path
    program: Running

    @property
    def registrar(self) -> str:
        """Give what phones register with and send everything to."""
        return f"sip:{self.address}:{PHONES};transport=udp"

    @property
    def turned_away(self) -> list[str]:
        """
        Give the common name of each peer whose connection it closed without a word.

        It has none to tell where the peer was gone before its request was read: ``<null>``. Lines
        count when they are whole: it writes its log in pieces.
        """
        named = r"not a configured server .* fqdn=([^<\s]+)\n"
        return re.findall(named, self.program.output)

    @property
    def disbelieved(self) -> list[tuple[str, str]]:
        """Give whom it dialled and, instead of that name, the common name of who answered."""
        return re.findall(r"certificate is not for (\S+), fqdn=(\S+)\n", self.program.output)

    def requests(self, method: str, address: str) -> int:
        """Count the requests of a method that came over TLS from an address."""
        return len(re.findall(rf"REQ {method} \S+ from tls:{address}:", self.program.output))

    async def know(self, name: str) -> None:
        """Add a server to its topology, as its administrator would."""
        await self._control("htable.seti", "servers", name, "1")

    async def _control(self, *command: str) -> None:
        async with running(
            require("kamcmd", "kamailio"), "-s", f"unix:{self.folder}/control", *command,
            log=self.folder / "kamcmd.log",
        ) as kamcmd:  # fmt: skip
            if await kamcmd.wait(10) != 0 or "error" in kamcmd.output:
                raise kamcmd.fail("was refused")


@asynccontextmanager
async def mediation_pool(
    folder: Path, network: Network, nodes: tuple[str, ...], credentials: Credentials, trust: Path
) -> AsyncIterator[Pool]:
    """Run the pool in its namespace; it spreads calls over *nodes*, which also are all it knows."""
    program = require("kamailio", "kamailio kamailio-tls-modules")
    if not list(Path("/usr/lib").glob("*/kamailio/modules/tls.so")):
        pytest.skip("kamailio has no TLS module (as root: apt-get install kamailio-tls-modules)")
    folder.mkdir(parents=True)
    host = network.hosts[POOL]
    (folder / "kamailio.cfg").write_text(
        _CONFIG.format(
            pool=POOL, port=PORT, phones=PHONES, address=host.address, folder=folder,
            known=_topology(network, nodes), count=len(nodes),
        )
    )  # fmt: skip
    (folder / "tls.cfg").write_text(
        _TLS_CONFIG.format(key=credentials.key, certificate=credentials.certificate, trust=trust)
    )
    async with running(
        program, "-f", folder / "kamailio.cfg", "-Y", folder, "-w", folder,
        "-P", folder / "kamailio.pid", "-m", "64", "-M", "8", "-DD", "-E",
        log=folder / "kamailio.log", namespace=host.namespace, own_names=network.names,
    ) as run:  # fmt: skip
        await _until_listening(run, host.address)
        yield Pool(address=host.address, folder=folder, program=run)


def _topology(network: Network, nodes: tuple[str, ...]) -> str:
    lines = []
    for number, name in enumerate(nodes):
        lines.append(f"    $sht(servers=>{name}) = 1;")
        lines.append(f'    $sht(turn=>{number}) = "{name}";')
        address = network.hosts[name].address
        lines.append(f'    $sht(name=>{address}) = "{name}";')
        lines.append(f'    $sht(alternative=>{address}) = "{_as_alternative_name(name)}";')
    return "\n".join(lines)


def _as_alternative_name(name: str) -> str:
    """Give a dNSName as it stands in a certificate, in hexadecimal digits."""
    return f"82{len(name):02x}{name.encode().hex()}"


async def _until_listening(run: Running, address: str) -> None:
    async def accepts() -> bool:
        try:
            _reader, writer = await asyncio.open_connection(address, PORT)
        except OSError:
            return False
        writer.close()
        return True

    async with asyncio.timeout(10):
        while not await accepts():
            if run.process.returncode is not None:
                raise run.fail("ended")
            await asyncio.sleep(0.05)
