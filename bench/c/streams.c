#include "streams.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "g711.h"

#define BATCH 256
#define BUCKETS 4000 /* of a twentieth of a millisecond */
#define BUCKET (50 * MICROSECOND)
#define EVENT_PAYLOAD_TYPE 101
#define LOUD_KEY 10
#define VERIFIED 32 /* one in so many packets of SRTP is checked: the server is measured, not us */
#define QUEUE (8 << 20)

struct stream *streams;
unsigned stream_count;

uint16_t first_peer_port = 30200;
static bool is_secure;
static int rtp[SLOTS], rtcp[SLOTS];
static uint8_t prompt[PROMPT_FRAMES * FRAME];
static uint64_t slot_now, window_began;
static uint64_t lateness[BUCKETS + 1];
static struct window counted;

/* --- sockets -------------------------------------------------------------------------------- */

static int bound_socket(uint16_t port, bool is_stamped)
{
    int it = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), yes = 1, octets = QUEUE;
    struct sockaddr_in here = endpoint(INADDR_ANY, port);
    if (it < 0 || bind(it, (void *)&here, sizeof here))
        fail("UDP port %u of all addresses: %s", port, strerror(errno));
    if (setsockopt(it, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets))
        setsockopt(it, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    setsockopt(it, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
    setsockopt(it, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
    if (is_stamped && setsockopt(it, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes))
        fail("the kernel stamps no packets: %s", strerror(errno));
    return it;
}

void streams_begin(unsigned most, bool are_secure)
{
    stream_count = most;
    is_secure = are_secure;
    streams = allocate(most, sizeof *streams);
    for (unsigned i = 0; i < most; i++)
        streams[i].here = peer_of_stream(i);
    for (int i = 0; i < SLOTS; i++) {
        rtp[i] = bound_socket((uint16_t)(first_peer_port + 2 * i), true);
        rtcp[i] = bound_socket((uint16_t)(first_peer_port + 2 * i + 1), false);
    }
    ulaw_prompt(prompt);
    slot_now = now() / MILLISECOND;
}

void write_prompt(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(prompt, sizeof prompt, 1, file) != 1 || fclose(file))
        fail("%s: %s", path, strerror(errno));
}

/* --- one stream ----------------------------------------------------------------------------- */

static uint32_t number(void)
{
    static uint64_t state;
    if (!state)
        state = now() | 1;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint32_t)(state >> 24);
}

void stream_on(unsigned index, struct sockaddr_in there, const uint8_t *sends_with,
               const uint8_t *receives_with)
{
    struct stream *it = &streams[index];
    stream_off(index);
    it->there = there;
    it->sequence = (uint16_t)number();
    it->timestamp = number();
    it->ssrc = number();
    it->at = number() % PROMPT_FRAMES;
    it->began = now();
    it->key = 0;
    it->was_heard = it->in_window = false;
    it->packets_heard = 0;
    if (is_secure) {
        it->sends = secure_context(sends_with, true);
        it->receives = secure_context(receives_with, false);
    }
    it->is_on = true;
}

void stream_off(unsigned index)
{
    struct stream *it = &streams[index];
    secure_end(it->sends);
    secure_end(it->receives);
    it->sends = it->receives = NULL;
    it->is_on = it->in_window = false;
}

void stream_press(unsigned index, char key)
{
    streams[index].key = key;
    streams[index].key_packets = 0;
}

/* --- sending -------------------------------------------------------------------------------- */

static int write_key(struct stream *it, uint8_t *payload)
{
    const char *keys = "0123456789*#";
    unsigned elapsed = it->key_packets < 3 ? it->key_packets + 1 : 3;
    unsigned duration = elapsed * FRAME;
    payload[0] = (uint8_t)(strchr(keys, it->key) - keys);
    payload[1] = (uint8_t)((it->key_packets >= 3 ? 0x80 : 0) | LOUD_KEY);
    payload[2] = (uint8_t)(duration >> 8);
    payload[3] = (uint8_t)duration;
    if (++it->key_packets == 6)
        it->key = 0;
    return 4;
}

static int write_packet(struct stream *it)
{
    uint8_t *packet = it->packet;
    int length = RTP_PACKET;
    uint32_t timestamp = it->timestamp;
    packet[0] = 0x80;
    packet[1] = 0;
    packet[2] = (uint8_t)(it->sequence >> 8);
    packet[3] = (uint8_t)it->sequence;
    if (it->key) {
        bool is_first = !it->key_packets;
        if (is_first)
            it->key_timestamp = timestamp;
        timestamp = it->key_timestamp;
        packet[1] = EVENT_PAYLOAD_TYPE | (is_first ? 0x80 : 0);
        length = RTP_HEADER + write_key(it, packet + RTP_HEADER);
    } else {
        memcpy(packet + RTP_HEADER, prompt + it->at * FRAME, FRAME);
    }
    uint32_t fields[2] = {htonl(timestamp), htonl(it->ssrc)};
    memcpy(packet + 4, fields, sizeof fields);
    it->sequence++;
    it->timestamp += FRAME;
    it->at = (it->at + 1) % PROMPT_FRAMES;
    if (is_secure)
        secure_protect(it->sends, packet, &length);
    return length;
}


static void send_slot(int slot)
{
    static struct mmsghdr messages[BATCH];
    static struct iovec pieces[BATCH];
    static struct {
        _Alignas(struct cmsghdr) char octets[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } sources[BATCH];
    unsigned index = (unsigned)slot;
    while (index < stream_count) {
        unsigned filled = 0;
        for (; index < stream_count && filled < BATCH; index += SLOTS) {
            struct stream *it = &streams[index];
            if (!it->is_on)
                continue;
            pieces[filled] = (struct iovec){it->packet, (size_t)write_packet(it)};
            struct msghdr *message = &messages[filled].msg_hdr;
            *message = (struct msghdr){.msg_name = &it->there,
                                       .msg_namelen = sizeof it->there,
                                       .msg_iov = &pieces[filled],
                                       .msg_iovlen = 1,
                                       .msg_control = sources[filled].octets,
                                       .msg_controllen = sizeof sources[filled].octets};
            struct cmsghdr *control = CMSG_FIRSTHDR(message);
            control->cmsg_level = IPPROTO_IP;
            control->cmsg_type = IP_PKTINFO;
            control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
            struct in_pktinfo info = {.ipi_spec_dst = it->here.sin_addr};
            memcpy(CMSG_DATA(control), &info, sizeof info);
            filled++;
        }
        for (unsigned done = 0; done < filled;) {
            int taken = sendmmsg(rtp[slot], messages + done, filled - done, 0);
            /* A refusal of an earlier packet comes out here: the network may lose packets. */
            done += taken > 0 ? (unsigned)taken : 1;
        }
        counted.sent += filled;
        if (now() > (slot_now + 5) * MILLISECOND)
            counted.sent_late += filled;
    }
}

/* --- receiving ------------------------------------------------------------------------------ */

static void judge(struct stream *it, uint64_t arrived, uint32_t timestamp, bool is_marked)
{
    /* A grid begins with the stream, and where the sender says that something new begins. */
    bool jumps = (uint32_t)(timestamp - it->last_timestamp + 8000) > 16000;
    if (!it->was_heard || is_marked || jumps) {
        if (!it->was_heard)
            it->first_heard = arrived;
        it->was_heard = true;
        it->first_timestamp = timestamp;
        it->earliest = INT64_MAX;
    }
    /* Media time in nanoseconds, 125000 a sample; 32 bits are enough for six days. */
    uint64_t media = (uint64_t)(timestamp - it->first_timestamp) * 125000ull;
    int64_t offset = (int64_t)(arrived - media);
    if (offset < it->earliest)
        it->earliest = offset;
    uint64_t late = (uint64_t)(offset - it->earliest);
    it->last_timestamp = timestamp;
    it->packets_heard++;
    if (!it->in_window)
        return;
    uint64_t bucket = late / BUCKET;
    lateness[bucket < BUCKETS ? bucket : BUCKETS]++;
    it->window_heard++;
    if (late <= ON_TIME)
        it->window_on_time++;
}

static void hear(int slot, struct msghdr *message, uint8_t *packet, int length)
{
    uint64_t arrived = 0;
    struct sockaddr_in to = endpoint(0, (uint16_t)(first_peer_port + 2 * slot));
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    for (; control; control = CMSG_NXTHDR(message, control)) {
        if (control->cmsg_type == SCM_TIMESTAMPNS && control->cmsg_level == SOL_SOCKET) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
            arrived = (uint64_t)stamp.tv_sec * SECOND + (uint64_t)stamp.tv_nsec;
        } else if (control->cmsg_type == IP_PKTINFO && control->cmsg_level == IPPROTO_IP) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            to.sin_addr = info.ipi_addr;
        }
    }
    unsigned index = stream_of_peer(&to);
    if (index >= stream_count || !streams[index].is_on || length < RTP_HEADER)
        return;
    struct stream *it = &streams[index];
    struct sockaddr_in *from = message->msg_name;
    bool is_audio = (packet[1] & 0x7f) == 0;
    if (from->sin_port != it->there.sin_port || !is_audio)
        return;
    uint32_t timestamp;
    memcpy(&timestamp, packet + 4, sizeof timestamp);
    if (is_secure && it->packets_heard % VERIFIED == 0 &&
        !secure_unprotect(it->receives, packet, &length)) {
        counted.unverified++;
        return;
    }
    judge(it, arrived, ntohl(timestamp), packet[1] & 0x80);
}

static void drain(int slot)
{
    static struct mmsghdr messages[BATCH];
    static struct iovec pieces[BATCH];
    static struct sockaddr_in names[BATCH];
    static uint8_t buffers[BATCH][LONGEST_PACKET];
    static struct {
        _Alignas(struct cmsghdr) char octets[128];
    } controls[BATCH];
    int got;
    do {
        for (int i = 0; i < BATCH; i++) {
            pieces[i] = (struct iovec){buffers[i], LONGEST_PACKET};
            messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i],
                                                  .msg_namelen = sizeof names[i],
                                                  .msg_iov = &pieces[i],
                                                  .msg_iovlen = 1,
                                                  .msg_control = controls[i].octets,
                                                  .msg_controllen = sizeof controls[i].octets};
        }
        got = recvmmsg(rtp[slot], messages, BATCH, 0, NULL);
        for (int i = 0; i < got; i++)
            hear(slot, &messages[i].msg_hdr, buffers[i], (int)messages[i].msg_len);
    } while (got == BATCH);
    while (recv(rtcp[slot], buffers[0], LONGEST_PACKET, 0) >= 0)
        ;
}

void streams_tick(uint64_t time)
{
    uint64_t due = time / MILLISECOND;
    if (due > slot_now + 1000)
        slot_now = due - 1000; /* stopped for seconds: what was missed counts as lateness of ours */
    while (slot_now < due) {
        slot_now++;
        send_slot((int)(slot_now % SLOTS));
        /* A quarter of the sockets each millisecond: the kernel has stamped what waits there. */
        for (int slot = (int)(slot_now % 4); slot < SLOTS; slot += 4)
            drain(slot);
    }
}

/* --- windows -------------------------------------------------------------------------------- */

void window_begin(void)
{
    for (int slot = 0; slot < SLOTS; slot++)
        drain(slot);
    memset(&counted, 0, sizeof counted);
    memset(lateness, 0, sizeof lateness);
    for (unsigned i = 0; i < stream_count; i++) {
        struct stream *it = &streams[i];
        it->in_window = it->is_on;
        it->window_heard = it->window_on_time = 0;
        counted.streams += it->is_on;
    }
    window_began = now();
}

static double percentile(double share, uint64_t of)
{
    uint64_t below = 0, wanted = (uint64_t)ceil(share * (double)of);
    for (int i = 0; i <= BUCKETS; i++)
        if ((below += lateness[i]) >= wanted)
            return (i + 1) * (double)BUCKET / (double)MILLISECOND;
    return 0;
}

struct window window_end(void)
{
    for (int slot = 0; slot < SLOTS; slot++)
        drain(slot);
    double seconds = (double)(now() - window_began) / (double)SECOND;
    uint32_t each = (uint32_t)(seconds * 50);
    counted.seconds = seconds;
    for (unsigned i = 0; i < stream_count; i++) {
        struct stream *it = &streams[i];
        if (!it->in_window)
            continue;
        it->in_window = false;
        /* One packet more or less lies at the edges of the window. */
        uint32_t heard = it->window_heard + 1 >= each ? each : it->window_heard;
        uint32_t late = it->window_heard - it->window_on_time;
        counted.expected += each;
        counted.heard += heard;
        counted.on_time += heard > late ? heard - late : 0;
        counted.silent_streams += it->window_heard < each / 2;
    }
    uint64_t all = 0;
    for (int i = 0; i <= BUCKETS; i++)
        all += lateness[i];
    counted.p50 = all ? percentile(0.5, all) : 0;
    counted.p99 = all ? percentile(0.99, all) : 0;
    counted.p999 = all ? percentile(0.999, all) : 0;
    counted.worst = all ? percentile(1, all) : 0;
    return counted;
}
