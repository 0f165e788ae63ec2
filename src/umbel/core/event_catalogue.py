"""Every kind of event, once. Numbers below 2000 mean what they mean to Exchange UM."""

from .events import Category, EventKind, Level

_I, _W, _E = Level.INFORMATION, Level.WARNING, Level.ERROR

_ALL: dict[int, EventKind] = {}


def _kind(number: int, level: Level, category: Category, sentence: str, do: str = "") -> EventKind:
    kind = EventKind(number=number, level=level, category=category, sentence=sentence, do=do)
    if number in _ALL:
        raise ValueError(f"event {number} is declared twice")
    _ALL[number] = kind
    return kind


def by_number(number: int) -> EventKind | None:
    """Find a kind by its number."""
    return _ALL.get(number)


def all_kinds() -> tuple[EventKind, ...]:
    """Give the whole catalogue, by number."""
    return tuple(_ALL[number] for number in sorted(_ALL))


LOCKED_OUT = _kind(
    1012, _W, Category.SUBSCRIBER_ACCESS,
    "Mailbox {mailbox} is locked out: the wrong PIN was entered {failures} times in a row.",
    "When the subscriber asks, give a new PIN: umbel mailbox pin {mailbox}",
)  # fmt: skip
LOGON_FAILURES = _kind(
    1013, _W, Category.SUBSCRIBER_ACCESS,
    "The caller {caller} was disconnected after {failures} failed logons to mailbox {mailbox}.",
    "Nothing, if the subscriber mistyped; many such events from one caller are an attack.",
)  # fmt: skip
CALL_REJECTED = _kind(
    1021, _W, Category.CALL,
    "The call {call} from {caller} to {dialled} was rejected with {status}: {reason}.",
    "The reason names what is missing; umbel gateway list shows who may call.",
)  # fmt: skip
TRANSFERRING = _kind(
    1024, _I, Category.CALL_TRANSFER,
    "Transferring the call {call} from {caller} to {target}.",
)  # fmt: skip
TRANSFER_FAILED = _kind(
    1025, _E, Category.CALL_TRANSFER,
    "The call {call} was not transferred to {target}: {reason}.",
    "The reason is the peer's answer to our REFER, or what it told about the new call; where it "
    "closed the connection instead: umbel diagnose",
)  # fmt: skip
TRANSFERRED = _kind(
    1026, _I, Category.CALL_TRANSFER,
    "The call {call} was transferred to {target}.",
)  # fmt: skip
AUTHENTICATED = _kind(
    1036, _I, Category.SUBSCRIBER_ACCESS,
    "The subscriber of mailbox {mailbox} logged on in call {call}.",
)  # fmt: skip
SERVICE_STARTED = _kind(
    1037, _I, Category.SYSTEM,
    "Node {node} is serving on {listeners}.",
)  # fmt: skip
SERVICE_STOPPED = _kind(
    2000, _I, Category.SYSTEM,
    "Node {node} stopped: {reason}.",
)  # fmt: skip
CALL_ENDED = _kind(
    2001, _I, Category.CALL,
    "The call {call} from {caller} to {dialled} ended after {seconds} s in {flow}: {reason}.",
)  # fmt: skip
CALL_FAILED = _kind(
    2002, _E, Category.CALL,
    "The call {call} from {caller} was dropped by an internal error: {error}.",
    "Please report it with the log around this time: it is a fault of Umbel.",
)  # fmt: skip
FAULT = _kind(
    2003, _E, Category.SYSTEM,
    "An internal error was met ({what}): {error}. The calls in progress go on.",
    "Please report it with the log around this time: it is a fault of Umbel.",
)  # fmt: skip
MESSAGE_DELIVERED = _kind(
    2010, _I, Category.CALL_ANSWERING,
    "A message of {seconds} s from {caller} was delivered to mailbox {mailbox}.",
)  # fmt: skip
MESSAGE_INTERRUPTED = _kind(
    2011, _W, Category.CALL_ANSWERING,
    "A message of {seconds} s from {caller} to mailbox {mailbox} was cut short when its node "
    "{lost_node} stopped; what was spoken has been delivered.",
    "Find out why that node stopped: umbel events --since 1d",
)  # fmt: skip
RECORDING_WAITS = _kind(
    2012, _W, Category.CALL_ANSWERING,
    "The store did not take what the caller {caller} says in call {call}: {reason}. It is kept in "
    "memory and tried again each second.",
    "See to the store soon: space on its disk, the rights of its folder, its server.",
)  # fmt: skip
MESSAGE_NOT_TAKEN = _kind(
    2013, _E, Category.CALL_ANSWERING,
    "The caller {caller} could leave no message in mailbox {mailbox}: {reason}.",
    "See to the store: space on its disk ([store] keep_free), the rights of its folder, its server.",
)  # fmt: skip
ENGINE_LOST = _kind(
    2020, _E, Category.SYSTEM,
    "A media engine of node {node} stopped ({reason}) with {calls} calls; another takes them over.",
    "If it happens again, report it with the log around this time.",
)  # fmt: skip
NO_ROOM_TO_TRANSCODE = _kind(
    2021, _W, Category.SYSTEM,
    "Node {node} has {limit} calls with {codecs}, as many as it may have: the call {call} gets "
    "G.711, or 503 where its peer offers nothing else. Told once a minute at most.",
    "Have the peers offer G.711 (PCMU or PCMA) as well, or first; or raise transcoded_calls in "
    "[media] of umbel.toml, where the machine has time left.",
)  # fmt: skip
NODE_FULL = _kind(
    2024, _W, Category.SYSTEM,
    "Node {node} takes no new calls for now: {cause}. {calls} calls go on. Its media engines use "
    "{busy} % of their time; within a second the worst tick began {late} ms late, and {skipped} were "
    "left out.",
    "Give media another processor ([media] cores in umbel.toml) or add a node; where the engines come "
    "late without being busy, find out what else runs on their processors. The load of all nodes: "
    "umbel node list",
)  # fmt: skip
NODE_HAS_ROOM = _kind(
    2025, _I, Category.SYSTEM,
    "Node {node} takes new calls again after {lasted}; {count} calls were refused meanwhile.",
)  # fmt: skip
ENGINE_NOT_PINNED = _kind(
    2026, _W, Category.SYSTEM,
    "The media engine of node {node} that was to have processor {core} for itself is not pinned to it: "
    "the system did not allow that.",
    "Name processors in [media] cores that the service may use: AllowedCPUs of its unit, or the cpuset "
    "of its container.",
)  # fmt: skip
CONFIGURATION_CHANGED = _kind(
    2030, _I, Category.ADMINISTRATION,
    "The configuration was changed: {changes}.",
)  # fmt: skip
GATEWAY_UNRESPONSIVE = _kind(
    1400, _W, Category.CONNECTIVITY,
    "The following UM IP gateways did not respond as expected to a SIP OPTIONS request. "
    "Transport = {transport}, Address = {address}, Port = {port}, Response Code = {code}, "
    "Message = {message}\n"
    "Gateway {gateway} is {state}. Cause: {cause}.\n"
    "Seen: {evidence}.\n"
    "Our certificate: {subject}. The peer's: {names}. Rule: {rule}.",
    "{do}. To see all that is known: umbel diagnose {gateway}",
)  # fmt: skip
GATEWAY_RECOVERED = _kind(
    1401, _I, Category.CONNECTIVITY,
    "The UM IP gateway {gateway} responds as expected to SIP OPTIONS requests again, after {lasted}. "
    "Transport = {transport}, Address = {address}, Port = {port}, Response Code = {code}.",
)  # fmt: skip
GATEWAY_DRAINING = _kind(
    2045, _I, Category.CONNECTIVITY,
    "Gateway {gateway} takes no new calls for now: {message}. None are sent to it.",
)  # fmt: skip
HANDSHAKE_FAILED = _kind(
    2040, _W, Category.TLS,
    "TLS with {peer} failed ({role}): {reason}.",
    "The reason names the step, the alert and the side that ended it; compare both certificates.",
)  # fmt: skip
MALFORMED_MESSAGE = _kind(
    2041, _W, Category.SIP,
    "A malformed SIP message came from {peer}: {reason}.",
    "The reason says what was found at which byte and what was expected there.",
)  # fmt: skip
GATEWAY_WITHOUT_ADDRESS = _kind(
    2042, _W, Category.CONNECTIVITY,
    "The host name {address} of gateway {gateway} has no IP address, so its calls are not known: "
    "{reason}.",
    "Check the name with: getent hosts {address} – and mend it with: umbel gateway set {gateway} "
    "--address NAME",
)  # fmt: skip
CERTIFICATE_DOUBTFUL = _kind(
    2043, _W, Category.TLS,
    "The certificate of node {node} is doubtful: {seen}; {means}.",
    "{do}. The node takes up new files by itself.",
)  # fmt: skip
NOT_TOLD = _kind(
    2044, _W, Category.CONNECTIVITY,
    "Within a minute {address} caused {count} more events with number {number}, which are not listed.",
    "A peer that does this is broken or hostile: mend it, or keep it out with a firewall.",
)  # fmt: skip
CONNECTION_TURNED_AWAY = _kind(
    2046, _W, Category.CONNECTIVITY,
    "A connection of {peer} was turned away before a byte of it was read: {reason}.",
    "If it is a gateway, find out why it opens so many; others are kept out with a firewall.",
)  # fmt: skip
RECORDING_MISSING = _kind(
    2050, _W, Category.SYSTEM,
    "The recording {recording} was not played: {reason}. The caller heard instead: {instead}.",
    "Record it again, or put it as a WAV file into the folder that [prompts] folder names.",
)  # fmt: skip
LANGUAGE_MISSING = _kind(
    2051, _W, Category.SYSTEM,
    "Callers who were to hear {language} hear {instead}: {reason}.",
    "Set a language that Umbel speaks: umbel dialplan set NAME --language {instead}",
)  # fmt: skip
STORE_UNAVAILABLE = _kind(
    2060, _E, Category.SYSTEM,
    "Node {node} cannot use its store: {reason}. Calls are answered, but messages are not taken.",
    "See to the store: space on its disk, the rights of its folder, its server.",
)  # fmt: skip
STORE_AVAILABLE = _kind(
    2061, _I, Category.SYSTEM,
    "Node {node} can use its store again.",
)  # fmt: skip
TRACE_UNAVAILABLE = _kind(
    2062, _W, Category.SYSTEM,
    "Node {node} does not keep a trace of its SIP messages: {reason}. Calls are not touched.",
    "See to the folder that [trace] names in umbel.toml: space on its disk, its rights.",
)  # fmt: skip
TRACE_AVAILABLE = _kind(
    2063, _I, Category.SYSTEM,
    "Node {node} keeps a trace of its SIP messages again.",
)  # fmt: skip
CERTIFICATE_REPLACED = _kind(
    2070, _I, Category.TLS,
    "Node {node} uses a new certificate from the next connection on: {new_subject}, serial "
    "{new_serial}, SHA-256 {new_fingerprint}, from {new_begins} to {new_ends}. Before: "
    "{old_subject}, serial {old_serial}, SHA-256 {old_fingerprint}, from {old_begins} to {old_ends}.",
)  # fmt: skip
TRUST_REPLACED = _kind(
    2071, _I, Category.TLS,
    "Node {node} has read its TLS files anew; its certificate is the same, and it trusts {count} "
    "authorities.",
)  # fmt: skip
CERTIFICATE_NOT_USED = _kind(
    2072, _E, Category.TLS,
    "The new TLS files of node {node} are not used, the old certificate stays in use: {seen} "
    "({code}).",
    "{do}. To check files before they are used: umbel certificate install CERTIFICATE",
)  # fmt: skip
CERTIFICATE_EXPIRES = _kind(
    2073, _W, Category.TLS,
    "The certificate of node {node} ({subject}, serial {serial}) expires on {ends}, in {left}.",
    "Renew it: umbel certificate renew, or umbel certificate request for your own authority.",
)  # fmt: skip
CERTIFICATE_ISSUED = _kind(
    2074, _I, Category.CONNECTIVITY,
    "The built-in authority issued a certificate to node {to}, which {how}.",
)  # fmt: skip
CERTIFICATE_REFUSED = _kind(
    2075, _W, Category.CONNECTIVITY,
    "The built-in authority refused a certificate to node {to}: {reason}.",
    "If it is one of your nodes: umbel certificate token {to}, then there: umbel certificate join "
    "TOKEN. If not, somebody writes to the store.",
)  # fmt: skip
CERTIFICATE_NOT_RENEWED = _kind(
    2076, _W, Category.CONNECTIVITY,
    "The certificate of node {node} was to be renewed by {source} and was not: {reason}. It is "
    "valid until {ends}.",
    "The reason names what is missing; to try at once: umbel certificate renew",
)  # fmt: skip
