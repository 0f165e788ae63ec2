/* The limit of this machine: what a media engine has to do, and nothing more, in a plain C loop.
 *
 * Every 20 ms: take what came for every call, decode it (G.711) into its place by its sequence
 * number, hand whole seconds to a sink thread, and send the next frame of a looped prompt.
 *
 *   loop --sockets shared|own --does playing,recording --most N [--first-port P] [--sink-core C]
 *        [--first-peer-port P] [--libsrtp FILE]
 *
 * On standard input: "calls N" opens calls up to number N and answers with their ports;
 * "figures" answers with what was counted so far. The end of it is the end of the program.
 * Answers are JSON objects, one a line. Peers are where program.h says, and so are the keys.
 */
#include "program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "g711.h"
#include "secure.h"

#define CALLS_OF_A_PAIR 64 /* as many as the engine puts on one */
#define KEPT 100           /* frames kept of a call: the second that is heard and the one before */
#define SECOND_FRAMES 50
#define GRACE 5 /* frames that a late packet may come after its second was full */
#define BATCH 128
#define HOST 0x7f000001u

struct call {
    int rtp; /* the socket that it is on */
    struct sockaddr_in peer;
    uint16_t sequence, first_heard;
    uint32_t timestamp, ssrc;
    unsigned at; /* frame of the prompt */
    bool was_heard;
    unsigned seconds; /* handed over */
    srtp_t sends, receives;
    int16_t kept[KEPT][FRAME];
};

static struct call *calls;
static unsigned count, most;
static bool is_shared, plays, records, is_secure;
uint16_t first_peer_port = 30200;
static uint16_t first_port = 12000;
static int *sockets, socket_count, poll_of_sockets, sink;
static int16_t decoded[256];
static uint8_t prompt[PROMPT_FRAMES * FRAME];
static uint64_t ticks, skipped, sent, received, strange, recorded;

/* --- sockets and calls -------------------------------------------------------------------- */

static int bound_socket(uint16_t port)
{
    int it = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in here = endpoint(HOST, port);
    int whole = IP_PMTUDISC_PROBE; /* as the engine: never divided, which is cheaper */
    if (it < 0 || bind(it, (void *)&here, sizeof here)
        || setsockopt(it, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof whole))
        fail("port %u: %s", port, strerror(errno));
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)socket_count};
    if (epoll_ctl(poll_of_sockets, EPOLL_CTL_ADD, it, &event))
        fail("epoll: %s", strerror(errno));
    sockets[socket_count++] = it;
    return it;
}

static uint16_t port_of_call(unsigned index)
{
    return (uint16_t)(first_port + 2 * (is_shared ? index / CALLS_OF_A_PAIR : index));
}

static void open_call(unsigned index)
{
    struct call *call = &calls[index];
    call->peer = peer_of_stream(index);
    call->sequence = (uint16_t)(index * 31);
    call->ssrc = index + 1;
    call->at = index * 7 % PROMPT_FRAMES;
    bool begins = !is_shared || index % CALLS_OF_A_PAIR == 0;
    call->rtp = begins ? bound_socket(port_of_call(index)) : calls[index - 1].rtp;
    if (!is_shared && connect(call->rtp, (void *)&call->peer, sizeof call->peer))
        fail("connect: %s", strerror(errno));
    if (is_secure) {
        uint8_t key[MASTER_KEY];
        secure_key(index, false, key);
        call->sends = secure_context(key, true);
        secure_key(index, true, key);
        call->receives = secure_context(key, false);
    }
}

/* --- recordings ----------------------------------------------------------------------------- */

/* Give the oldest whole second of a call to the sink. */
static void hand_over(struct call *call)
{
    int16_t(*oldest)[FRAME] = call->kept + call->seconds * SECOND_FRAMES % KEPT;
    ssize_t done = write(sink, oldest, sizeof call->kept / 2);
    recorded += done > 0 ? (uint64_t)done : 0;
    call->seconds++;
}

static void *run_sink(void *end)
{
    static uint8_t taken[1 << 18];
    while (read(*(int *)end, taken, sizeof taken) > 0)
        ;
    return NULL;
}

static void start_sink(int core)
{
    static int ends[2];
    if (pipe(ends))
        fail("pipe: %s", strerror(errno));
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    sink = ends[1];
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_sink, &ends[0]))
        fail("a thread could not be started");
    if (core >= 0) {
        cpu_set_t cores;
        CPU_ZERO(&cores);
        CPU_SET(core, &cores);
        pthread_setaffinity_np(thread, sizeof cores, &cores);
    }
}

/* --- receiving ------------------------------------------------------------------------------ */

static void hear(struct call *call, uint8_t *packet, int length)
{
    if (is_secure && !secure_unprotect(call->receives, packet, &length)) {
        strange++;
        return;
    }
    if (length != RTP_PACKET) {
        strange++;
        return;
    }
    received++;
    if (!records)
        return;
    uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);
    if (!call->was_heard) {
        call->was_heard = true;
        call->first_heard = sequence;
    }
    uint32_t frame = call->seconds * SECOND_FRAMES;
    uint16_t ahead = (uint16_t)(sequence - call->first_heard - frame);
    if (ahead > INT16_MAX)
        return; /* of a second that is gone */
    frame += ahead;
    int16_t *place = call->kept[frame % KEPT];
    for (int i = 0; i < FRAME; i++)
        place[i] = decoded[packet[RTP_HEADER + i]];
    if (frame >= (call->seconds + 1) * SECOND_FRAMES + GRACE)
        hand_over(call);
}

static struct mmsghdr batch[BATCH];
static struct iovec pieces[BATCH][2];
static struct sockaddr_in names[BATCH];
static uint8_t buffers[BATCH][LONGEST_PACKET];

static void drain_shared(int from)
{
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            pieces[i][0] = (struct iovec){buffers[i], LONGEST_PACKET};
            batch[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
                                               .msg_namelen = sizeof names[i],
                                               .msg_iov = pieces[i],
                                               .msg_iovlen = 1};
        }
        int got = recvmmsg(from, batch, BATCH, 0, NULL);
        for (int i = 0; i < got; i++) {
            unsigned index = stream_of_peer(&names[i]);
            if (index < count && calls[index].rtp == from)
                hear(&calls[index], buffers[i], (int)batch[i].msg_len);
            else
                strange++;
        }
        if (got < BATCH)
            return;
    }
}

static void drain_own(struct call *call)
{
    ssize_t got;
    while ((got = recv(call->rtp, buffers[0], LONGEST_PACKET, 0)) >= 0)
        hear(call, buffers[0], (int)got);
}

static void receive_all(void)
{
    static struct epoll_event *ready;
    if (!ready)
        ready = allocate(most + 1, sizeof *ready);
    int got = epoll_wait(poll_of_sockets, ready, (int)most + 1, 0);
    for (int i = 0; i < got; i++) {
        uint32_t which = ready[i].data.u32;
        if (is_shared)
            drain_shared(sockets[which]);
        else
            drain_own(&calls[which]);
    }
}

/* --- sending -------------------------------------------------------------------------------- */

static void write_header(struct call *call, uint8_t *packet)
{
    uint32_t fields[2] = {htonl(call->timestamp), htonl(call->ssrc)};
    packet[0] = 0x80;
    packet[1] = 0; /* PCMU */
    packet[2] = (uint8_t)(call->sequence >> 8);
    packet[3] = (uint8_t)call->sequence;
    memcpy(packet + 4, fields, sizeof fields);
    call->sequence++;
    call->at = (call->at + 1) % PROMPT_FRAMES;
}

/* Prepare message number `place` of the batch with the call's next packet. */
static void write_packet(struct call *call, int place)
{
    uint8_t *packet = buffers[place];
    uint8_t *sound = prompt + call->at * FRAME;
    int length = RTP_PACKET;
    struct msghdr *message = &batch[place].msg_hdr;
    write_header(call, packet);
    if (is_secure) {
        memcpy(packet + RTP_HEADER, sound, FRAME);
        secure_protect(call->sends, packet, &length);
        pieces[place][0] = (struct iovec){packet, (size_t)length};
    } else {
        pieces[place][0] = (struct iovec){packet, RTP_HEADER};
        pieces[place][1] = (struct iovec){sound, FRAME};
    }
    *message = (struct msghdr){.msg_iov = pieces[place], .msg_iovlen = is_secure ? 1 : 2};
    if (is_shared) {
        message->msg_name = &call->peer;
        message->msg_namelen = sizeof call->peer;
    }
}

static void send_shared(void)
{
    for (unsigned from = 0; from < count; from += CALLS_OF_A_PAIR) {
        unsigned to = from + CALLS_OF_A_PAIR < count ? from + CALLS_OF_A_PAIR : count;
        for (unsigned i = from; i < to; i++)
            write_packet(&calls[i], (int)(i - from));
        int done = sendmmsg(calls[from].rtp, batch, to - from, 0);
        sent += done > 0 ? (uint64_t)done : 0;
    }
}

static void send_own(void)
{
    for (unsigned i = 0; i < count; i++) {
        write_packet(&calls[i], 0);
        sent += sendmsg(calls[i].rtp, &batch[0].msg_hdr, 0) > 0;
    }
}

/* --- the tick and the commands -------------------------------------------------------------- */

static void tick(void)
{
    /* Sent first, as the engine does: what comes in makes nothing late that goes out. */
    if (plays) {
        if (is_shared)
            send_shared();
        else
            send_own();
    }
    receive_all();
}

static void tell_figures(void)
{
    printf("{\"answer\":\"figures\",\"calls\":%u,\"ticks\":%lu,\"skipped\":%lu,\"sent\":%lu,"
           "\"received\":%lu,\"strange\":%lu,\"recorded\":%lu}\n",
           count, ticks, skipped, sent, received, strange, recorded);
}

static void open_calls(unsigned wanted)
{
    if (wanted > most)
        fail("calls %u: at most %u, as --most says", wanted, most);
    unsigned before = count;
    for (; count < wanted; count++)
        open_call(count);
    printf("{\"answer\":\"calls\",\"first\":%u,\"ports\":[", before);
    for (unsigned i = before; i < count; i++)
        printf(i > before ? ",%u" : "%u", port_of_call(i));
    printf("]}\n");
}

static bool obey(void)
{
    char line[80];
    unsigned wanted;
    if (!fgets(line, sizeof line, stdin))
        return false;
    if (sscanf(line, "calls %u", &wanted) == 1)
        open_calls(wanted);
    else if (!strcmp(line, "figures\n"))
        tell_figures();
    else
        fail("found \"%s\", expected calls N or figures", line);
    fflush(stdout);
    return true;
}

static bool command_waits(void)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}

static void run(void)
{
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (;;) {
        due.tv_nsec += 20 * (long)MILLISECOND;
        if (due.tv_nsec >= (long)SECOND) {
            due.tv_nsec -= (long)SECOND;
            due.tv_sec++;
        }
        struct timespec at;
        clock_gettime(CLOCK_MONOTONIC, &at);
        int64_t late = (at.tv_sec - due.tv_sec) * (int64_t)SECOND + at.tv_nsec - due.tv_nsec;
        ticks++;
        for (unsigned i = 0; i < count; i++)
            calls[i].timestamp += FRAME;
        if (late > (int64_t)(20 * MILLISECOND)) {
            skipped++; /* the time of this tick has passed: it is left out */
            continue;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        tick();
        if (command_waits() && !obey())
            return;
    }
}

static void read_arguments(int given, char **arguments)
{
    int sink_core = -1;
    for (int i = 1; i + 1 < given; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (!strcmp(name, "--sockets"))
            is_shared = !strcmp(value, "shared");
        else if (!strcmp(name, "--does"))
            plays = strstr(value, "playing"), records = strstr(value, "recording");
        else if (!strcmp(name, "--most"))
            most = (unsigned)atoi(value);
        else if (!strcmp(name, "--first-port"))
            first_port = (uint16_t)atoi(value);
        else if (!strcmp(name, "--first-peer-port"))
            first_peer_port = (uint16_t)atoi(value);
        else if (!strcmp(name, "--sink-core"))
            sink_core = atoi(value);
        else if (!strcmp(name, "--libsrtp"))
            is_secure = secure_load(value) != NULL;
        else
            fail("%s: there is no such option", name);
    }
    if (records)
        start_sink(sink_core);
}

int main(int given, char **arguments)
{
    struct rlimit files = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &files);
    read_arguments(given, arguments);
    setvbuf(stdin, NULL, _IONBF, 0);
    calls = allocate(most, sizeof *calls);
    sockets = allocate(most, sizeof *sockets);
    poll_of_sockets = epoll_create1(0);
    ulaw_prompt(prompt);
    for (int i = 0; i < 256; i++)
        decoded[i] = ulaw_decode((uint8_t)i);
    run();
    return 0;
}
