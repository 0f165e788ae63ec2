/* The limit of signalling: answers OPTIONS with 200, in one thread, over UDP, TCP and TLS.
 *
 *   answer PORT CERTIFICATE KEY
 *
 * UDP and TCP are on the port, TLS on the next one. It believes everything and remembers nothing:
 * what it takes is what the system and OpenSSL take. It ends by SIGTERM.
 */
#include "program.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define HOST 0x7f000001u
#define MOST 65536
#define LONGEST 8192
#define DATAGRAMS 64

struct connection {
    bool is_open, is_secure, is_up;
    SSL *tls;
    char *text; /* what came and is not a whole message yet */
    size_t length;
};

static struct connection connections[MOST]; /* by their descriptors */
static int watch, datagrams, plain, secure;
static SSL_CTX *context;

/* --- answers -------------------------------------------------------------------------------- */

/* Write the answer to a request, whose head ends at `end`; give its length. */
static size_t answer(const char *request, const char *end, char *text)
{
    static const char *copied[] = {"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
    static const char first[] = "SIP/2.0 200 OK\r\n";
    static const char last[] = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n"
                               "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n";
    char *at = mempcpy(text, first, sizeof first - 1);
    for (const char *line = request; line < end - 2;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
            if (!strncasecmp(line, copied[i], strlen(copied[i])))
                at = mempcpy(at, line, (size_t)(next - line));
        line = next;
    }
    at = mempcpy(at, last, sizeof last - 1);
    return (size_t)(at - text);
}

static void serve_datagrams(void)
{
    static struct mmsghdr taken[DATAGRAMS], sent[DATAGRAMS];
    static struct iovec in[DATAGRAMS], out[DATAGRAMS];
    static struct sockaddr_in from[DATAGRAMS];
    static char requests[DATAGRAMS][LONGEST], answers[DATAGRAMS][LONGEST];
    for (int i = 0; i < DATAGRAMS; i++) {
        in[i] = (struct iovec){requests[i], LONGEST / 2};
        taken[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                           .msg_namelen = sizeof from[i],
                                           .msg_iov = &in[i],
                                           .msg_iovlen = 1};
    }
    int got = recvmmsg(datagrams, taken, DATAGRAMS, 0, NULL);
    unsigned count = 0;
    for (int i = 0; i < got; i++) {
        char *end = memmem(requests[i], taken[i].msg_len, "\r\n\r\n", 4);
        if (!end)
            continue;
        out[count] = (struct iovec){answers[count], answer(requests[i], end + 4, answers[count])};
        sent[count].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                              .msg_namelen = sizeof from[i],
                                              .msg_iov = &out[count],
                                              .msg_iovlen = 1};
        count++;
    }
    if (count)
        sendmmsg(datagrams, sent, count, 0);
}

/* --- connections ---------------------------------------------------------------------------- */

static void end_connection(int descriptor)
{
    struct connection *it = &connections[descriptor];
    if (it->tls)
        SSL_free(it->tls);
    free(it->text);
    memset(it, 0, sizeof *it);
    ERR_clear_error();
    close(descriptor);
}

static void take_connections(int listener)
{
    int descriptor, yes = 1;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (descriptor >= MOST)
            fail("more than %d connections", MOST);
        struct connection *it = &connections[descriptor];
        it->is_open = true;
        it->is_secure = listener == secure;
        it->text = allocate(LONGEST, 1);
        if (it->is_secure) {
            it->tls = SSL_new(context);
            SSL_set_fd(it->tls, descriptor);
        }
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
        epoll_ctl(watch, EPOLL_CTL_ADD, descriptor, &event);
    }
}

/* Answers are short, and whoever asks waits for them: they find room. */
static bool write_answer(int descriptor, const char *text, size_t length)
{
    struct connection *it = &connections[descriptor];
    if (it->is_secure)
        return SSL_write(it->tls, text, (int)length) == (int)length;
    return send(descriptor, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool serve_whole_requests(int descriptor)
{
    static char text[64 * LONGEST];
    struct connection *it = &connections[descriptor];
    size_t at = 0, written = 0;
    char *end;
    while ((end = memmem(it->text + at, it->length - at, "\r\n\r\n", 4)) &&
           written + LONGEST < sizeof text) {
        end += 4;
        written += answer(it->text + at, end, text + written);
        at = (size_t)(end - it->text);
    }
    it->length -= at;
    memmove(it->text, it->text + at, it->length);
    return !written || write_answer(descriptor, text, written);
}

/* Read and answer all that is there; false: the connection is over. */
static bool serve_connection(int descriptor)
{
    struct connection *it = &connections[descriptor];
    if (it->is_secure && !it->is_up) {
        int done = SSL_accept(it->tls);
        if (done != 1)
            return SSL_get_error(it->tls, done) == SSL_ERROR_WANT_READ;
        it->is_up = true;
    }
    for (;;) {
        size_t room = LONGEST - it->length;
        char *place = it->text + it->length;
        ssize_t got = it->is_secure ? SSL_read(it->tls, place, (int)room)
                                    : recv(descriptor, place, room, 0);
        if (got <= 0)
            return it->is_secure ? SSL_get_error(it->tls, (int)got) == SSL_ERROR_WANT_READ
                                 : got < 0 && errno == EAGAIN;
        it->length += (size_t)got;
        if (!serve_whole_requests(descriptor) || it->length == LONGEST)
            return false;
    }
}

/* --- the beginning -------------------------------------------------------------------------- */

static int listening(int kind, uint16_t port)
{
    int it = socket(AF_INET, kind | SOCK_NONBLOCK, 0), yes = 1, octets = 8 << 20;
    struct sockaddr_in here = endpoint(HOST, port);
    setsockopt(it, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(it, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    if (bind(it, (void *)&here, sizeof here))
        fail("port %u: %s", port, strerror(errno));
    if (kind == SOCK_STREAM && listen(it, 1024))
        fail("port %u: %s", port, strerror(errno));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = it};
    epoll_ctl(watch, EPOLL_CTL_ADD, it, &event);
    return it;
}

int main(int given, char **arguments)
{
    if (given != 4)
        fail("expected: answer PORT CERTIFICATE KEY");
    uint16_t port = (uint16_t)atoi(arguments[1]);
    struct rlimit files = {MOST, MOST};
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, arguments[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, arguments[3], SSL_FILETYPE_PEM) != 1)
        fail("%s and %s: %s", arguments[2], arguments[3],
             ERR_reason_error_string(ERR_get_error()));
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    watch = epoll_create1(0);
    datagrams = listening(SOCK_DGRAM, port);
    plain = listening(SOCK_STREAM, port);
    secure = listening(SOCK_STREAM, (uint16_t)(port + 1));
    for (;;) {
        struct epoll_event events[256];
        int got = epoll_wait(watch, events, 256, -1);
        for (int i = 0; i < got; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == datagrams)
                serve_datagrams();
            else if (descriptor == plain || descriptor == secure)
                take_connections(descriptor);
            else if (connections[descriptor].is_open && !serve_connection(descriptor))
                end_connection(descriptor);
        }
    }
}
