"""Certificates and keys: ours and the peer's, their names, chains, dates and usages; and clocks."""

import ssl
from collections.abc import Sequence
from datetime import timedelta

from tests.support import certificates
from tests.support.certificates import BOTH_ROLES, CLIENT_ONLY, SERVER_ONLY, rsa_key

from umbel.app.settings import ListenerSettings
from umbel.core.findings import Finding
from umbel.directory.objects import Transport

from .bench import (
    LOOPBACK,
    NODE,
    PEER,
    Authority,
    Bench,
    answering,
    calls_of_a_peer,
    http_date,
    key_pem,
    knows,
    lync,
    now,
    plain,
    sealed_key_pem,
)
from .failure import failure

ARRAY = "um.domain.local"
OTHER_NODE = "node02.domain.local"


async def _as_lync(bench: Bench) -> int:
    """Be a pool that knows both nodes by their common names."""
    return await bench.peer(tls=bench.tls(lets_in=knows(NODE, OTHER_NODE)))


@failure(
    "1",
    symptom="subscribers hear their messages; transfers, message-waiting and Play on Phone fail",
    cause="the common name is the array's, the node's name is an alternative name only",
    finding="handshake.closed-after-our-certificate",
    cure="a certificate for each node, with its own name as common name",
    says="common name is um.domain.local, this node is node01.domain.local",
)
async def a_shared_certificate(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await _as_lync(bench)
    own = bench.authority.issue(NODE if is_cured else ARRAY, dns=(ARRAY, NODE, OTHER_NODE))
    return await bench.diagnose(lync(port), own=own)


@failure(
    "2",
    symptom="the same, with a wildcard certificate",
    cause="the common name is a wildcard",
    finding="handshake.closed-after-our-certificate",
    cure="the node's own name as common name; a wildcard may stay among the alternative names",
    says="common name is *.domain.local",
)
async def a_wildcard_certificate(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await _as_lync(bench)
    name = NODE if is_cured else "*.domain.local"
    return await bench.diagnose(lync(port), own=bench.authority.issue(name))


@failure(
    "4",
    symptom="TLS never comes up",
    cause="our certificate signed itself",
    finding="handshake.alert-unknown-ca",
    cure="a certificate of an authority that both sides trust",
    says="signed itself",
)
async def a_self_signed_certificate(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    own = bench.authority.issue()
    if not is_cured:
        alone = certificates.issue(NODE, begins=now() - timedelta(days=1))
        own = bench.authority.write(alone, [alone.certificate])
    return await bench.diagnose(lync(port), own=own)


@failure(
    "5",
    symptom="TLS fails since the authority was changed",
    cause="this node does not trust the authority of the gateway",
    finding="handshake.peer-certificate-refused",
    cure="add the authority to the file that [tls] trust names",
    says="New Root",
)
async def an_authority_that_we_do_not_trust(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    new = Authority(bench.folder, name="New Root")
    both = bench.folder / "both.pem"
    both.write_bytes(bench.authority.trust.read_bytes() + new.trust.read_bytes())
    port = await bench.peer(tls=bench.tls(files=new.issue(PEER), trust=both))
    trust = both if is_cured else bench.authority.trust
    return await bench.diagnose(lync(port), own=bench.authority.issue(), trust=trust)


@failure(
    "5",
    symptom="TLS fails since the authority was changed",
    cause="the gateway does not trust our authority",
    finding="handshake.alert-unknown-ca",
    cure="have our authority trusted there",
    says="does not know the authority that issued the certificate",
)
async def an_authority_that_they_do_not_trust(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    new = Authority(bench.folder, name="New Root")
    both = bench.folder / "both.pem"
    both.write_bytes(bench.authority.trust.read_bytes() + new.trust.read_bytes())
    theirs = both if is_cured else new.trust
    port = await bench.peer(tls=bench.tls(files=new.issue(PEER), trust=theirs))
    return await bench.diagnose(lync(port), own=bench.authority.issue(), trust=both)


@failure(
    "5",
    symptom="TLS fails, although both trust the same root",
    cause="our intermediate authority is missing in our certificate's file",
    finding="handshake.alert-unknown-ca",
    cure="add it to the file that [tls] certificate names",
    says="Laboratory Issuing",
)
async def a_missing_intermediate(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    issuing = certificates.authority("Laboratory Issuing", issuer=bench.authority.root)
    own = bench.authority.issue(by=[issuing], sends=is_cured)
    return await bench.diagnose(lync(port), own=own)


@failure(
    "6",
    symptom="a new certificate has no effect",
    cause="the running listener still shows the old one",
    finding="own.certificate-not-in-use",
    cure="have the node take it",
)
async def a_new_certificate_without_effect(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    old = bench.authority.issue(ends=now() + timedelta(days=120))
    new = bench.authority.issue(ends=now() + timedelta(days=350), begins=now())
    served = await bench.peer(tls=bench.tls(files=new if is_cured else old, asks=False))
    listener = ListenerSettings(transport=Transport.TLS, address=LOOPBACK, port=served)
    return await bench.diagnose(lync(port), own=new, listeners=(listener,))


@failure(
    "8",
    symptom="the gateway hangs up, although our certificate is right",
    cause="this node is not among the servers that the gateway trusts",
    finding="handshake.closed-after-our-certificate",
    cure="have it added there",
    says="is not among the servers that it trusts",
)
async def a_node_that_nobody_knows(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    known = knows(OTHER_NODE, NODE) if is_cured else knows(OTHER_NODE)
    port = await bench.peer(tls=bench.tls(lets_in=known))
    return await bench.diagnose(lync(port), own=bench.authority.issue())


@failure(
    "22",
    symptom="all of a sudden no TLS at all",
    cause="our certificate has expired",
    finding="handshake.alert-certificate-expired",
    cure="renew it",
    says="was valid until",
)
async def an_expired_certificate(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    ends = now() + timedelta(days=90 if is_cured else -1)
    return await bench.diagnose(lync(port), own=bench.authority.issue(ends=ends))


@failure(
    "22",
    symptom="all of a sudden no TLS with one gateway",
    cause="the gateway's certificate has expired",
    finding="handshake.peer-certificate-refused",
    cure="have it renewed",
    says="was valid until",
)
async def an_expired_gateway(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    theirs = bench.authority.issue(PEER, ends=now() + timedelta(days=90 if is_cured else -1))
    port = await bench.peer(tls=bench.tls(files=theirs))
    return await bench.diagnose(lync(port), own=bench.authority.issue())


@failure(
    "",
    symptom="nothing yet",
    cause="our certificate expires in a few days",
    finding="chain.expires-soon",
    cure="renew it",
    says="is valid for",
)
async def a_certificate_that_soon_expires(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    own = bench.authority.issue(ends=now() + timedelta(days=200 if is_cured else 5))
    return await bench.diagnose(lync(port), own=own)


@failure(
    "23",
    symptom="Lync refuses the certificate, or handshakes take long",
    cause="the certificate names no revocation list",
    finding="chain.no-distribution-point",
    cure="a certificate with a distribution point",
)
async def a_certificate_without_a_list(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    return await bench.diagnose(lync(port), own=bench.authority.issue(has_list=is_cured))


@failure(
    "24",
    symptom="a strict gateway refuses what this node sends",
    cause="our certificate is for servers only",
    finding="handshake.alert-unsupported-certificate",
    cure="a certificate for serverAuth and clientAuth",
    says="clientAuth is needed",
)
async def a_certificate_for_servers_only(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    usages = BOTH_ROLES if is_cured else SERVER_ONLY
    gateway = plain(port, transport=Transport.TLS, rule="rfc5922")
    return await bench.diagnose(gateway, own=bench.authority.issue(usages=usages))


@failure(
    "24",
    symptom="TLS with one gateway fails",
    cause="the gateway's certificate is not for servers",
    finding="handshake.peer-certificate-refused",
    cure="have another one installed there",
    says="serverAuth is needed",
)
async def a_gateway_that_is_no_server(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    usages = BOTH_ROLES if is_cured else CLIENT_ONLY
    theirs = bench.authority.issue(PEER, usages=usages)
    port = await bench.peer(tls=bench.tls(files=theirs))
    return await bench.diagnose(lync(port), own=bench.authority.issue())


@failure(
    "25",
    symptom="Lync behaves oddly with our certificate",
    cause="it is signed with RSASSA-PSS",
    finding="chain.rsassa-pss",
    cure="a certificate signed in the form of PKCS #1 v1.5",
)
async def a_signature_of_another_form(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    bench.authority.root = certificates.authority(
        "Laboratory RSA Root", key=rsa_key(), begins=now() - timedelta(days=400)
    )
    port = await bench.peer(tls=bench.tls(files=bench.authority.issue(PEER)))
    own = bench.authority.issue(pss=not is_cured, key=rsa_key())
    return await bench.diagnose(lync(port), own=own)


@failure(
    "26",
    symptom="handshakes fail after one side was hardened",
    cause="the gateway speaks TLS 1.1 at most",
    finding="handshake.alert-protocol-version",
    cure="switch TLS 1.2 on there",
)
async def a_gateway_of_another_time(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    highest = ssl.TLSVersion.TLSv1_2 if is_cured else ssl.TLSVersion.TLSv1_1
    port = await bench.peer(tls=bench.tls(highest=highest))
    return await bench.diagnose(lync(port), own=bench.authority.issue())


@failure(
    "31",
    symptom="TLS fails since the certificate was moved here",
    cause="the private key is missing",
    finding="pem.unreadable",
    cure="copy it too",
    says="No such file",
)
async def a_missing_key(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    own = bench.authority.issue()
    if not is_cured:
        own.key.unlink()
    return await bench.diagnose(lync(port), own=own)


@failure(
    "31",
    symptom="TLS fails since the certificate was moved here",
    cause="the private key is encrypted with a passphrase",
    finding="pem.encrypted-key",
    cure="openssl pkey takes the passphrase off",
)
async def an_encrypted_key(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    own = bench.authority.issue()
    if not is_cured:
        own.key.write_bytes(sealed_key_pem(own.issued))
    return await bench.diagnose(lync(port), own=own)


@failure(
    "31",
    symptom="TLS fails since the certificate was renewed",
    cause="the key is not that of the certificate",
    finding="tls.key-does-not-fit",
    cure="name the key that the certificate was requested with",
)
async def a_key_of_another_certificate(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    own = bench.authority.issue()
    if not is_cured:
        own.key.write_bytes(key_pem(bench.authority.issue("another.domain.local").issued))
    return await bench.diagnose(lync(port), own=own)


@failure(
    "32",
    symptom="one node alone refuses and is refused",
    cause="its clock is behind: a certificate is not valid yet",
    finding="handshake.peer-certificate-refused",
    cure="set the clock",
    says="is valid from",
)
async def a_clock_that_is_behind(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    begins = now() + timedelta(hours=-1 if is_cured else 5)
    theirs = bench.authority.issue(PEER, begins=begins)
    port = await bench.peer(tls=bench.tls(files=theirs))
    return await bench.diagnose(lync(port), own=bench.authority.issue())


@failure(
    "32",
    symptom="certificates are refused for their dates now and then; logs do not match",
    cause="the clocks of both machines differ",
    finding="clock.differs",
    cure="NTP on both",
)
async def clocks_that_differ(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    date = http_date(now() + timedelta(minutes=0 if is_cured else 10))
    return await bench.diagnose(plain(await bench.peer(answering(headers={"Date": date}))))


@failure(
    "33",
    symptom="the wrong certificate is used",
    cause="it does not stand first in the file",
    finding="tls.key-fits-another",
    cure="put the node's own first",
)
async def a_certificate_that_is_not_first(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    own, other = bench.authority.issue(), bench.authority.issue("old.domain.local")
    chain = [own.issued.certificate, bench.authority.root.certificate]
    if not is_cured:
        chain.insert(0, other.issued.certificate)
    return await bench.diagnose(lync(port), own=bench.authority.write(own.issued, chain))


@failure(
    "33",
    symptom="this node refuses the gateway",
    cause="the gateway shows a certificate of another service",
    finding="identity.peer-not-recognised",
    cure="have the right one assigned there, or: umbel gateway set lync --certificate-names NAME",
    says="mail.domain.local",
)
async def a_gateway_with_another_name(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls("mail.domain.local"))
    names = ("mail.domain.local",) if is_cured else ()
    return await bench.diagnose(lync(port, certificate_names=names), own=bench.authority.issue())


@failure(
    "34",
    symptom="outgoing calls fail in secured mode",
    cause="the gateway is configured by its IP address",
    finding="gateway.tls-by-address",
    cure="umbel gateway set lync --address NAME",
)
async def a_gateway_by_its_address(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    address = PEER if is_cured else LOOPBACK
    return await bench.diagnose(lync(port, address=address), own=bench.authority.issue())


@failure(
    "36",
    symptom="TLS fails since the name was moved to the other data centre",
    cause="the certificate there lacks the name",
    finding="identity.peer-not-recognised",
    cure="a certificate there with all names",
    says="dr.domain.local",
)
async def a_name_that_moved(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    names = ("dr.domain.local", PEER) if is_cured else ("dr.domain.local",)
    theirs = bench.authority.issue("dr.domain.local", dns=names)
    port = await bench.peer(tls=bench.tls(files=theirs))
    return await bench.diagnose(lync(port), own=bench.authority.issue())


@failure(
    "",
    symptom="the gateway ends TLS at the end of the handshake",
    cause="this node has no certificate to show",
    finding="handshake.no-own-certificate",
    cure="umbel certificate request",
    says="this node sent none",
)
async def no_certificate_at_all(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    port = await bench.peer(tls=bench.tls())
    return await bench.diagnose(lync(port), own=bench.authority.issue() if is_cured else None)


@failure(
    "4",
    symptom="calls of the gateway do not arrive, while it answers us",
    cause="the gateway does not trust our authority when it is the one who calls",
    finding="handshake.alert-unknown-ca",
    cure="have our authority trusted there",
    says="does not know the authority",
)
async def a_gateway_that_refuses_to_call(bench: Bench, is_cured: bool) -> Sequence[Finding]:
    """The other direction, which only the gateway can try: what the node saw of it last."""
    port = await bench.peer(tls=bench.tls())
    own = bench.authority.issue()
    ours, stranger = bench.authority.trust, Authority(bench.folder, name="New Root").trust
    theirs = ours if is_cured else stranger
    seen = await calls_of_a_peer(own, bench.authority.issue(PEER), ours=ours, theirs=theirs)
    return await bench.diagnose(lync(port), own=own, observations=[seen])
