#include "wires.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <unistd.h>

#define ROOM (1 << 18)
#define FIRST_SHAKER_ADDRESS 0x7f020001u
#define SHAKER_ADDRESSES 60000

struct wire {
    int descriptor;
    SSL *tls;
    bool is_lost, waits_to_write;
    char here[32];
    char *read, *unsent;
    size_t read_length, unsent_length;
};

struct shaker {
    int descriptor;
    SSL *tls;
    uint64_t began;
};

unsigned wire_count;
uint64_t wires_lost, handshakes_failed;
void (*on_handshake)(uint64_t began);

static struct server to;
static struct in_addr ours;
static struct wire *wires;
static struct shaker *shakers;
static unsigned shaker_count;
static int watch;
static on_message taken;
static SSL_CTX *context;

/* --- opening -------------------------------------------------------------------------------- */

static void watch_for(int operation, int descriptor, uint32_t events, uint64_t tag)
{
    struct epoll_event event = {.events = events, .data.u64 = tag};
    epoll_ctl(watch, operation, descriptor, &event);
}

static void open_wire(unsigned index)
{
    struct wire *it = &wires[index];
    bool is_udp = to.transport == UDP;
    int yes = 1, octets = 8 << 20;
    it->descriptor = socket(AF_INET, is_udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = ours};
    if (bind(it->descriptor, (void *)&here, sizeof here))
        fail("an address of ours, %s: %s", inet_ntoa(ours), strerror(errno));
    if (connect(it->descriptor, (void *)&to.address, sizeof to.address))
        fail("%s port %u: %s", to.host, ntohs(to.address.sin_port), strerror(errno));
    if (is_udp)
        setsockopt(it->descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets);
    else
        setsockopt(it->descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    socklen_t size = sizeof here;
    getsockname(it->descriptor, (void *)&here, &size);
    snprintf(it->here, sizeof it->here, "%s:%u", inet_ntoa(here.sin_addr), ntohs(here.sin_port));
    if (to.transport == TLS) {
        it->tls = SSL_new(context);
        SSL_set_fd(it->tls, it->descriptor);
        if (SSL_connect(it->tls) != 1)
            fail("TLS with %s port %u: %s", to.host, ntohs(to.address.sin_port),
                 ERR_reason_error_string(ERR_get_error()));
    }
    it->read = allocate(ROOM, 1);
    it->unsent = allocate(ROOM, 1);
    fcntl(it->descriptor, F_SETFL, O_NONBLOCK);
    watch_for(EPOLL_CTL_ADD, it->descriptor, EPOLLIN, TAG(WIRE, index));
}

void wires_begin(struct server server, const char *from, unsigned connections, int poll,
                 on_message take)
{
    to = server;
    watch = poll;
    taken = take;
    if (!inet_aton(from, &ours))
        fail("found --from %s, expected an IP address", from);
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    wire_count = to.transport == UDP ? 1 : connections;
    wires = allocate(wire_count, sizeof *wires);
    for (unsigned i = 0; i < wire_count; i++)
        open_wire(i);
}

const char *wire_here(unsigned wire)
{
    return wires[wire].here;
}

/* --- writing -------------------------------------------------------------------------------- */

static void lose(struct wire *it)
{
    if (!it->is_lost)
        wires_lost++;
    it->is_lost = true;
    epoll_ctl(watch, EPOLL_CTL_DEL, it->descriptor, NULL);
}

static ssize_t write_some(struct wire *it, const char *octets, size_t length)
{
    if (!it->tls) {
        ssize_t done = send(it->descriptor, octets, length, MSG_NOSIGNAL);
        return done < 0 && errno == EAGAIN ? 0 : done;
    }
    int done = SSL_write(it->tls, octets, (int)length);
    if (done > 0)
        return done;
    int error = SSL_get_error(it->tls, done);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static void flush(unsigned index)
{
    struct wire *it = &wires[index];
    while (it->unsent_length && !it->is_lost) {
        ssize_t done = write_some(it, it->unsent, it->unsent_length);
        if (done < 0)
            lose(it);
        if (done <= 0)
            break;
        it->unsent_length -= (size_t)done;
        memmove(it->unsent, it->unsent + done, it->unsent_length);
    }
    bool waits = it->unsent_length > 0;
    if (waits != it->waits_to_write && !it->is_lost) {
        it->waits_to_write = waits;
        watch_for(EPOLL_CTL_MOD, it->descriptor, EPOLLIN | (waits ? EPOLLOUT : 0),
                  TAG(WIRE, index));
    }
}

void wire_send(unsigned index, const char *text, size_t length)
{
    struct wire *it = &wires[index];
    if (to.transport == UDP) {
        (void)!send(it->descriptor, text, length, 0); /* lost ones are sent again */
        return;
    }
    if (it->is_lost || it->unsent_length + length > ROOM) {
        lose(it);
        return;
    }
    memcpy(it->unsent + it->unsent_length, text, length);
    it->unsent_length += length;
    flush(index);
}

/* --- reading -------------------------------------------------------------------------------- */

static size_t body_length(const char *head, size_t length)
{
    for (const char *line = head; line && line < head + length;) {
        if (!strncasecmp(line, "Content-Length:", 15))
            return (size_t)strtoul(line + 15, NULL, 10);
        if (!strncasecmp(line, "l:", 2))
            return (size_t)strtoul(line + 2, NULL, 10);
        line = memchr(line, '\n', (size_t)(head + length - line));
        line = line ? line + 1 : NULL;
    }
    return 0;
}

static void take_whole_messages(unsigned index)
{
    struct wire *it = &wires[index];
    size_t at = 0;
    for (;;) {
        while (at < it->read_length && strchr("\r\n", it->read[at]))
            at++;
        char *begin = it->read + at;
        char *end = memmem(begin, it->read_length - at, "\r\n\r\n", 4);
        if (!end)
            break;
        size_t length = (size_t)(end + 4 - begin);
        length += body_length(begin, length);
        if (length > it->read_length - at)
            break;
        taken(index, begin, length);
        at += length;
    }
    it->read_length -= at;
    memmove(it->read, it->read + at, it->read_length);
}

static void read_datagrams(unsigned index)
{
    char *text = wires[index].read;
    for (int i = 0; i < 64; i++) {
        ssize_t got = recv(wires[index].descriptor, text, ROOM - 1, 0);
        if (got < 0)
            return;
        text[got] = 0;
        taken(index, text, (size_t)got);
    }
}

static void read_stream(unsigned index)
{
    struct wire *it = &wires[index];
    for (;;) {
        size_t room = ROOM - 1 - it->read_length;
        char *place = it->read + it->read_length;
        ssize_t got = it->tls ? SSL_read(it->tls, place, (int)room)
                              : recv(it->descriptor, place, room, 0);
        if (got <= 0) {
            bool waits = it->tls ? SSL_get_error(it->tls, (int)got) == SSL_ERROR_WANT_READ
                                 : got < 0 && errno == EAGAIN;
            if (!waits)
                lose(it);
            return;
        }
        it->read_length += (size_t)got;
        it->read[it->read_length] = 0;
        take_whole_messages(index);
    }
}

/* --- handshakes ----------------------------------------------------------------------------- */

static void begin_handshake(unsigned index)
{
    static unsigned address;
    struct shaker *it = &shakers[index];
    struct sockaddr_in here = endpoint(FIRST_SHAKER_ADDRESS + address++ % SHAKER_ADDRESSES, 0);
    it->began = now();
    it->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(it->descriptor, (void *)&here, sizeof here))
        fail("a handshake's address: %s", strerror(errno));
    if (connect(it->descriptor, (void *)&to.address, sizeof to.address) && errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    it->tls = SSL_new(context);
    SSL_set_fd(it->tls, it->descriptor);
    SSL_set_connect_state(it->tls);
    watch_for(EPOLL_CTL_ADD, it->descriptor, EPOLLIN | EPOLLOUT | EPOLLET, TAG(SHAKER, index));
}

static void end_handshake(unsigned index, bool succeeded)
{
    struct shaker *it = &shakers[index];
    if (succeeded) {
        on_handshake(it->began);
        SSL_shutdown(it->tls);
    } else {
        handshakes_failed++;
    }
    ERR_clear_error();
    SSL_free(it->tls);
    close(it->descriptor);
    it->tls = NULL;
    if (index < shaker_count)
        begin_handshake(index);
}

static void shake(unsigned index)
{
    struct shaker *it = &shakers[index];
    if (!it->tls)
        return;
    int done = SSL_do_handshake(it->tls);
    int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(it->tls, done);
    if (error == SSL_ERROR_NONE)
        end_handshake(index, true);
    else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        end_handshake(index, false);
}

void shakers_want(unsigned at_once)
{
    unsigned before = shaker_count;
    shaker_count = at_once;
    if (!shakers)
        shakers = allocate(1024, sizeof *shakers);
    if (at_once > 1024)
        fail("%u handshakes at once: at most 1024", at_once);
    for (unsigned i = before; i < at_once; i++)
        begin_handshake(i);
    for (unsigned i = at_once; i < before; i++)
        end_handshake(i, false);
}

/* --- the poll ------------------------------------------------------------------------------- */

void wires_ready(uint64_t tag, uint32_t events)
{
    unsigned index = (unsigned)(uint32_t)tag;
    if (tag >> 32 == SHAKER) {
        shake(index);
        return;
    }
    if (events & EPOLLOUT)
        flush(index);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        if (to.transport == UDP)
            read_datagrams(index);
        else
            read_stream(index);
    }
}
