/* The load generator: callers with real RTP or SRTP, in one thread.
 *
 *   load --most N [--libsrtp FILE] [--first-peer-port P]
 *        [--server HOST:PORT --transport udp|tcp|tls [--from ADDRESS] [--connections N]]
 *
 * Commands come one a line on standard input; answers are JSON objects, one a line.
 *   to INDEX PORT            let stream INDEX talk with 127.0.0.1:PORT (no SIP; keys: secure.h)
 *   off                      switch all streams off
 *   prompt FILE              write what each stream says in a loop, from somewhere on (mu-law)
 *   window SECONDS           watch what arrives for so long, and tell
 *   calls N RATE USER        have N calls up, so many new ones a second, and tell
 *   rate RATE SECONDS HOLD USER   that many calls a second, each held for HOLD seconds
 *   press KEY AFTER RATE SECONDS USER   calls that press a key, and wait for BYE
 *   options OUTSTANDING SECONDS   requests that wait for each other, so many at once
 *   handshakes OUTSTANDING SECONDS   TLS connections, each from another address, then closed
 *   hang-up RATE             end all calls, so many a second
 * The end of the input ends all calls and the program.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "callers.h"

#define INPUT 0
static int watch;
static char input[1 << 16];
static size_t input_length;
static bool input_ended, is_sip, is_secure;

/* --- time passes ---------------------------------------------------------------------------- */

static void read_input(void)
{
    if (input_length + 1 >= sizeof input)
        fail("more commands than can be kept: wait for the answers");
    ssize_t got = read(0, input + input_length, sizeof input - input_length - 1);
    if (got > 0) {
        input_length += (size_t)got;
        return;
    }
    if (got == 0) {
        input_ended = true;
        epoll_ctl(watch, EPOLL_CTL_DEL, 0, NULL);
    }
}

/* Let all that is due happen until a time, or, where it may be interrupted, until input came. */
static void pass_until(uint64_t end, bool until_input)
{
    struct epoll_event events[128];
    for (;;) {
        uint64_t time = now();
        streams_tick(time);
        if (is_sip)
            callers_tick(time);
        time = now();
        if (time >= end)
            return;
        uint64_t next = (time / MILLISECOND + 1) * MILLISECOND;
        uint64_t wait = (next < end ? next : end) - time;
        struct timespec patience = {0, (long)wait};
        int got = epoll_pwait2(watch, events, 128, &patience, NULL);
        for (int i = 0; i < got; i++) {
            if (events[i].data.u64 == INPUT)
                read_input();
            else
                callers_ready(events[i].data.u64, events[i].events);
        }
        if (until_input && (input_ended || memchr(input, '\n', input_length)))
            return;
    }
}

static void pass(double seconds)
{
    pass_until(now() + (uint64_t)(seconds * (double)SECOND), false);
}

static double own_cpu(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* --- answers -------------------------------------------------------------------------------- */

static void tell_window(void)
{
    struct window it = window_end();
    printf("{\"answer\":\"window\",\"seconds\":%.3f,\"streams\":%lu,\"expected\":%lu,"
           "\"heard\":%lu,\"on_time\":%lu,\"silent_streams\":%lu,\"sent\":%lu,\"sent_late\":%lu,"
           "\"unverified\":%lu,\"p50\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"worst\":%.2f,"
           "\"ended_by_server\":%lu}\n",
           it.seconds, it.streams, it.expected, it.heard, it.on_time, it.silent_streams, it.sent,
           it.sent_late, it.unverified, it.p50, it.p99, it.p999, it.worst, tally.ended_by_server);
}

static void tell_durations(const char *name, struct durations *it)
{
    printf(",\"%s\":{\"count\":%zu,\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"worst\":%.3f}", name,
           it->count, percentile_of(it, 0.5), percentile_of(it, 0.95), percentile_of(it, 0.99),
           percentile_of(it, 1));
}

static void tell_tally(const char *answer, double seconds, double cpu)
{
    printf("{\"answer\":\"%s\",\"seconds\":%.3f,\"generator_cpu\":%.3f,\"up\":%u,\"tried\":%lu,"
           "\"answered\":%lu,\"refused\":%lu,\"status\":%u,\"timed_out\":%lu,\"broken\":%lu,"
           "\"ended_by_server\":%lu,\"hung_up\":%lu,\"unanswered_bye\":%lu,\"repeated\":%lu,"
           "\"lost_connections\":%lu,\"packets\":%lu",
           answer, seconds, cpu, calls_up, tally.tried, tally.answered, tally.refused,
           tally.status, tally.timed_out, tally.broken, tally.ended_by_server, tally.hung_up,
           tally.unanswered_bye, tally.repeated, tally.lost_connections, tally.packets);
    tell_durations("setup", &tally.setup);
    tell_durations("bye", &tally.bye);
    tell_durations("options", &tally.options);
    tell_durations("handshakes", &tally.handshakes);
    tell_durations("keys", &tally.keys);
    printf("}\n");
}

/* --- commands ------------------------------------------------------------------------------- */

static void talk_to(unsigned index, unsigned port)
{
    uint8_t sends_with[MASTER_KEY], receives_with[MASTER_KEY];
    secure_key(index, true, sends_with);
    secure_key(index, false, receives_with);
    stream_on(index, endpoint(0x7f000001u, (uint16_t)port), sends_with, receives_with);
}

static void be_off(void)
{
    for (unsigned i = 0; i < stream_count; i++)
        stream_off(i);
    printf("{\"answer\":\"off\"}\n");
}

/* Watch whole frames: then every stream has a whole number of slots in the window. */
static void watch_window(double seconds)
{
    window_begin();
    pass(seconds);
    tell_window();
}

static uint64_t failures(void)
{
    return tally.refused + tally.timed_out + tally.broken;
}

static void make_calls(unsigned wanted, double rate, const char *user)
{
    tally_begin();
    uint64_t began = now(), next = began, step = (uint64_t)((double)SECOND / rate);
    unsigned missing = wanted > calls_up ? wanted - calls_up : 0;
    uint64_t patience = began + (uint64_t)missing * step + 20 * SECOND;
    while (calls_up < wanted && now() < patience && failures() <= missing / 20 + 3) {
        if (calls_active < wanted && now() >= next && call_user(user, 0, 0, 0))
            next += step;
        pass_until(calls_active < wanted ? next : now() + 5 * MILLISECOND, false);
    }
    tell_tally("calls", (double)(now() - began) / (double)SECOND, 0);
}

static void call_at_rate(double rate, double seconds, double hold, const char *user, char key)
{
    tally_begin();
    uint64_t began = now(), next = began, step = (uint64_t)((double)SECOND / rate);
    uint64_t end = began + (uint64_t)(seconds * (double)SECOND);
    uint64_t held = (uint64_t)(hold * (double)SECOND);
    double cpu = own_cpu();
    while (now() < end) {
        while (next <= now()) {
            next += step;
            call_user(user, key ? held + 6 * SECOND : held, key, held);
        }
        pass_until(next < end ? next : end, false);
    }
    double took = (double)(now() - began) / (double)SECOND;
    cpu = own_cpu() - cpu;
    uint64_t patience = now() + held + 10 * SECOND;
    while (calls_active && now() < patience)
        pass(0.02);
    tell_tally(key ? "press" : "rate", took, cpu / took);
}

static void hang_up_all(double rate)
{
    tally_begin();
    uint64_t began = now(), next = began;
    for (unsigned i = 0; i < stream_count; i++) {
        if (!is_up(i))
            continue;
        hang_up(i);
        next += (uint64_t)((double)SECOND / rate);
        pass_until(next, false);
    }
    while (calls_active && now() < next + 10 * SECOND)
        pass(0.02);
    tell_tally("hang-up", (double)(now() - began) / (double)SECOND, 0);
}

static void ask_options(unsigned outstanding, double seconds)
{
    options_begin(outstanding);
    pass(1);
    tally_begin();
    double cpu = own_cpu();
    uint64_t began = now();
    pass(seconds);
    double took = (double)(now() - began) / (double)SECOND;
    tell_tally("options", took, (own_cpu() - cpu) / took);
    options_end();
    pass(0.2);
}

static void shake_hands(unsigned outstanding, double seconds)
{
    tally_begin();
    handshakes_begin(outstanding);
    double cpu = own_cpu();
    uint64_t began = now();
    pass(seconds);
    double took = (double)(now() - began) / (double)SECOND;
    tell_tally("handshakes", took, (own_cpu() - cpu) / took);
    handshakes_end();
}

static void tell_prompt(const char *path)
{
    write_prompt(path);
    printf("{\"answer\": \"prompt\"}\n");
}

static bool is_media_command(const char *line)
{
    unsigned index, port;
    double seconds;
    char path[256];
    if (sscanf(line, "to %u %u", &index, &port) == 2 && index < stream_count)
        talk_to(index, port);
    else if (!strcmp(line, "off"))
        be_off();
    else if (sscanf(line, "window %lf", &seconds) == 1)
        watch_window(seconds);
    else if (sscanf(line, "prompt %255s", path) == 1)
        tell_prompt(path);
    else
        return false;
    return true;
}

static bool is_sip_command(const char *line)
{
    unsigned number;
    double rate, seconds, hold;
    char user[64], key;
    if (sscanf(line, "calls %u %lf %63s", &number, &rate, user) == 3)
        make_calls(number, rate, user);
    else if (sscanf(line, "rate %lf %lf %lf %63s", &rate, &seconds, &hold, user) == 4)
        call_at_rate(rate, seconds, hold, user, 0);
    else if (sscanf(line, "press %c %lf %lf %lf %63s", &key, &hold, &rate, &seconds, user) == 5)
        call_at_rate(rate, seconds, hold, user, key);
    else if (sscanf(line, "options %u %lf", &number, &seconds) == 2)
        ask_options(number, seconds);
    else if (sscanf(line, "handshakes %u %lf", &number, &seconds) == 2)
        shake_hands(number, seconds);
    else if (sscanf(line, "hang-up %lf", &rate) == 1)
        hang_up_all(rate);
    else
        return false;
    return true;
}

static void obey_all(void)
{
    char *end;
    while ((end = memchr(input, '\n', input_length))) {
        char line[256];
        size_t length = (size_t)(end - input);
        if (length >= sizeof line)
            fail("a command of %zu characters", length);
        memcpy(line, input, length);
        line[length] = 0;
        input_length -= length + 1;
        memmove(input, end + 1, input_length);
        if (!is_media_command(line) && !(is_sip && is_sip_command(line)))
            fail("found \"%s\", expected a command that the head of load.c names", line);
    }
    fflush(stdout);
}

/* --- the beginning -------------------------------------------------------------------------- */

struct arguments {
    unsigned most, connections;
    const char *libsrtp, *server, *transport, *from;
};

static struct arguments read_arguments(int given, char **arguments)
{
    struct arguments it = {.most = 100, .connections = 8, .transport = "udp", .from = "127.0.0.2"};
    for (int i = 1; i + 1 < given; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (!strcmp(name, "--most"))
            it.most = (unsigned)atoi(value);
        else if (!strcmp(name, "--connections"))
            it.connections = (unsigned)atoi(value);
        else if (!strcmp(name, "--libsrtp"))
            it.libsrtp = value;
        else if (!strcmp(name, "--server"))
            it.server = value;
        else if (!strcmp(name, "--transport"))
            it.transport = value;
        else if (!strcmp(name, "--first-peer-port"))
            first_peer_port = (uint16_t)atoi(value);
        else if (!strcmp(name, "--from"))
            it.from = value;
        else
            fail("%s: there is no such option", name);
    }
    return it;
}

static struct server read_server(const char *text, const char *transport)
{
    struct server it = {.transport = !strcmp(transport, "tls")   ? TLS
                                     : !strcmp(transport, "tcp") ? TCP
                                                                 : UDP};
    const char *colon = strchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof it.host)
        fail("found --server %s, expected ADDRESS:PORT", text);
    memcpy(it.host, text, (size_t)(colon - text));
    it.address = endpoint(0, (uint16_t)atoi(colon + 1));
    if (!inet_aton(it.host, &it.address.sin_addr))
        fail("found --server %s, expected an IP address", text);
    return it;
}

int main(int given, char **arguments)
{
    struct rlimit files = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    struct arguments it = read_arguments(given, arguments);
    if (it.libsrtp) {
        secure_load(it.libsrtp);
        is_secure = true;
    }
    watch = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = INPUT};
    epoll_ctl(watch, EPOLL_CTL_ADD, 0, &event);
    fcntl(0, F_SETFL, O_NONBLOCK);
    streams_begin(it.most, is_secure);
    if (it.server) {
        is_sip = true;
        callers_begin(read_server(it.server, it.transport), it.from, it.connections, it.most,
                      is_secure, watch);
    }
    while (!input_ended) {
        obey_all();
        pass_until(UINT64_MAX, true);
    }
    if (is_sip)
        hang_up_all(200);
    return 0;
}
