#include "callers.h"

#include <arpa/inet.h>
#include <ctype.h>

#define T1 (500 * MILLISECOND)
#define ANSWER_PATIENCE (8 * SECOND)
#define BYE_PATIENCE (4 * SECOND)
#define OPTIONS_PATIENCE (2 * SECOND)
#define LONGEST_MESSAGE 4096

enum state { IDLE, CALLING, UP, ENDING };

struct call {
    enum state state;
    unsigned generation, wire;
    bool had_provisional;
    uint64_t began, up_since, ending_since, next_repeat, interval, give_up;
    uint64_t hang_up_at, key_at, key_pressed;
    char key;
    char user[64], to[256], target[256];
    uint8_t sends_with[MASTER_KEY];
};

struct question { /* OPTIONS */
    unsigned generation;
    uint64_t asked;
};

struct tally tally;
unsigned calls_up, calls_active;

static struct call *calls;
static unsigned *idle, idle_count, run_number;
static struct question *questions;
static unsigned question_count;
static struct server to;
static bool is_secure;
static const char *NAMES[] = {"UDP", "TCP", "TLS"};
static const char *PARAMETERS[] = {"", ";transport=tcp", ";transport=tls"};

/* --- figures -------------------------------------------------------------------------------- */

static void keep(struct durations *it, uint64_t began)
{
    if (it->count == it->room) {
        it->room = it->room ? 2 * it->room : 1024;
        it->values = realloc(it->values, it->room * sizeof *it->values);
        if (!it->values)
            fail("no memory for durations");
    }
    it->values[it->count++] = (uint32_t)((now() - began) / MICROSECOND);
}

static int order(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return a < b ? -1 : a > b;
}

double percentile_of(struct durations *it, double share)
{
    if (!it->count)
        return 0;
    qsort(it->values, it->count, sizeof *it->values, order);
    return it->values[(size_t)(share * (double)(it->count - 1) + 0.5)] / 1000.0;
}

void tally_begin(void)
{
    struct durations *all[] = {&tally.setup, &tally.bye, &tally.options, &tally.handshakes,
                               &tally.keys};
    struct tally fresh;
    memset(&fresh, 0, sizeof fresh);
    struct durations *anew[] = {&fresh.setup, &fresh.bye, &fresh.options, &fresh.handshakes,
                                &fresh.keys};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        *anew[i] = *all[i];
        anew[i]->count = 0;
    }
    tally = fresh;
    wires_lost = handshakes_failed = 0;
}

/* --- reading messages ----------------------------------------------------------------------- */

struct text {
    const char *at;
    size_t length;
};

/* The value of a header field's first occurrence from `from` on; its end is where to look on. */
static struct text field(const char *from, const char *end, const char *name, char compact)
{
    size_t length = strlen(name);
    while (from < end && *from != '\r') {
        const char *stop = memchr(from, '\r', (size_t)(end - from));
        if (!stop)
            break;
        const char *value = NULL;
        if (!strncasecmp(from, name, length) && from[length] == ':')
            value = from + length + 1;
        else if (compact && tolower((unsigned char)*from) == compact && from[1] == ':')
            value = from + 2;
        if (value) {
            while (value < stop && *value == ' ')
                value++;
            return (struct text){value, (size_t)(stop - value)};
        }
        from = stop + 2;
    }
    return (struct text){NULL, 0};
}

static void copy(char *into, size_t room, struct text text)
{
    size_t length = text.length < room - 1 ? text.length : room - 1;
    memcpy(into, text.at ? text.at : "", length);
    into[length] = 0;
}

static void copy_uri(char *into, size_t room, struct text text)
{
    const char *open = text.at ? memchr(text.at, '<', text.length) : NULL;
    if (open) {
        const char *close = memchr(open, '>', text.length - (size_t)(open - text.at));
        if (close)
            text = (struct text){open + 1, (size_t)(close - open - 1)};
    }
    copy(into, room, text);
}

/* --- SDP ------------------------------------------------------------------------------------ */

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void write_base64(const uint8_t key[MASTER_KEY], char *text)
{
    for (int i = 0; i < MASTER_KEY; i += 3) {
        uint32_t bits = (uint32_t)key[i] << 16 | (uint32_t)key[i + 1] << 8 | key[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            *text++ = BASE64[bits >> shift & 63];
    }
    *text = 0;
}

static bool read_base64(const char *text, uint8_t key[MASTER_KEY])
{
    for (int i = 0; i < MASTER_KEY; i += 3) {
        uint32_t bits = 0;
        for (int j = 0; j < 4; j++, text++) {
            const char *digit = *text ? strchr(BASE64, *text) : NULL;
            if (!digit)
                return false;
            bits = bits << 6 | (uint32_t)(digit - BASE64);
        }
        key[i] = (uint8_t)(bits >> 16);
        key[i + 1] = (uint8_t)(bits >> 8);
        key[i + 2] = (uint8_t)bits;
    }
    return true;
}

static int write_sdp(unsigned index, char *text, size_t room)
{
    struct call *it = &calls[index];
    struct sockaddr_in here = streams[index].here;
    char address[INET_ADDRSTRLEN], crypto[128] = "", key[48];
    inet_ntop(AF_INET, &here.sin_addr, address, sizeof address);
    if (is_secure) {
        write_base64(it->sends_with, key);
        snprintf(crypto, sizeof crypto, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n", key);
    }
    return snprintf(text, room,
                    "v=0\r\no=- %u 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
                    "m=audio %u RTP/%s 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
                    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
                    "%sa=sendrecv\r\n",
                    it->generation, address, address, ntohs(here.sin_port),
                    is_secure ? "SAVP" : "AVP", crypto);
}

/* Let the call's stream begin as the answer says; false where that says nothing that can be done. */
static bool follow_answer(unsigned index, const char *body)
{
    char address[64] = "";
    unsigned port = 0;
    uint8_t receives_with[MASTER_KEY] = {0};
    const char *media = strstr(body, "m=audio "), *connection = NULL, *key = NULL;
    if (!media || sscanf(media, "m=audio %u", &port) != 1 || !port)
        return false;
    connection = strstr(media, "c=IN IP4 ");
    if (!connection)
        connection = strstr(body, "c=IN IP4 ");
    if (!connection || sscanf(connection, "c=IN IP4 %63[0-9.]", address) != 1)
        return false;
    key = strstr(media, "inline:");
    if (is_secure && (!key || !read_base64(key + 7, receives_with)))
        return false;
    struct sockaddr_in there = endpoint(0, (uint16_t)port);
    if (!inet_aton(address, &there.sin_addr))
        return false;
    stream_on(index, there, calls[index].sends_with, receives_with);
    return true;
}

/* --- writing messages ----------------------------------------------------------------------- */

static void send_request(unsigned index, const char *method, const char *target, unsigned sequence,
                         const char *body)
{
    struct call *it = &calls[index];
    char text[LONGEST_MESSAGE];
    const char *here = wire_here(it->wire);
    int length = snprintf(
        text, sizeof text,
        "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bK%s%x-%u-%u\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:caller@%s>;tag=%x-%u-%u\r\nTo: %s\r\n"
        "Call-ID: %x-%u-%u\r\nCSeq: %u %s\r\nContact: <sip:caller@%s%s>\r\n"
        "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n%sContent-Length: %zu\r\n\r\n%s",
        method, target, NAMES[to.transport], here, method, run_number, index, it->generation, here,
        run_number, index, it->generation, it->to, run_number, index, it->generation, sequence,
        method, here, PARAMETERS[to.transport],
        *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    wire_send(it->wire, text, (size_t)length);
}

static void uri_of_user(const char *user, char *text, size_t room)
{
    snprintf(text, room, "sip:%s@%s:%u%s", user, to.host, ntohs(to.address.sin_port),
             PARAMETERS[to.transport]);
}

static void send_invite(unsigned index)
{
    char body[1024];
    write_sdp(index, body, sizeof body);
    send_request(index, "INVITE", calls[index].target, 1, body);
}

static void send_ack_of_refusal(unsigned index)
{
    struct call *it = &calls[index];
    char text[LONGEST_MESSAGE];
    int length = snprintf(text, sizeof text,
                          "ACK %s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bKINVITE%x-%u-%u"
                          "\r\nMax-Forwards: 70\r\nFrom: <sip:caller@%s>;tag=%x-%u-%u\r\nTo: %s\r\n"
                          "Call-ID: %x-%u-%u\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
                          it->target, NAMES[to.transport], wire_here(it->wire), run_number, index,
                          it->generation, wire_here(it->wire), run_number, index, it->generation,
                          it->to, run_number, index, it->generation);
    wire_send(it->wire, text, (size_t)length);
}

static void respond(unsigned wire, const char *text, const char *end, const char *body)
{
    char answer[LONGEST_MESSAGE];
    int length = snprintf(answer, sizeof answer, "SIP/2.0 200 OK\r\n");
    struct text via = {text, 0};
    while ((via = field(via.at + via.length, end, "Via", 'v')).at)
        length += snprintf(answer + length, sizeof answer - (size_t)length, "Via: %.*s\r\n",
                           (int)via.length, via.at);
    struct text from = field(text, end, "From", 'f'), towards = field(text, end, "To", 't');
    struct text call_id = field(text, end, "Call-ID", 'i'), cseq = field(text, end, "CSeq", 0);
    length += snprintf(answer + length, sizeof answer - (size_t)length,
                       "From: %.*s\r\nTo: %.*s\r\nCall-ID: %.*s\r\nCSeq: %.*s\r\n"
                       "Contact: <sip:caller@%s%s>\r\n%sContent-Length: %zu\r\n\r\n%s",
                       (int)from.length, from.at, (int)towards.length, towards.at,
                       (int)call_id.length, call_id.at, (int)cseq.length, cseq.at, wire_here(wire),
                       PARAMETERS[to.transport], *body ? "Content-Type: application/sdp\r\n" : "",
                       strlen(body), body);
    wire_send(wire, answer, (size_t)length);
}

/* --- calls ---------------------------------------------------------------------------------- */

static void forget(unsigned index)
{
    struct call *it = &calls[index];
    if (it->state == UP)
        calls_up--;
    it->state = IDLE;
    stream_off(index);
    calls_active--;
    idle[idle_count++] = index;
}

static void wait_for_answer(struct call *it, uint64_t patience)
{
    uint64_t time = now();
    it->interval = T1;
    it->next_repeat = time + T1;
    it->give_up = time + patience;
}

bool call_user(const char *user, uint64_t hold, char key, uint64_t key_after)
{
    static unsigned generation, wire;
    if (!idle_count)
        return false;
    unsigned index = idle[--idle_count];
    struct call *it = &calls[index];
    memset(it, 0, sizeof *it);
    it->state = CALLING;
    it->generation = ++generation;
    it->wire = wire++ % wire_count;
    it->began = now();
    it->hang_up_at = hold; /* counted from the answer */
    it->key = key;
    it->key_at = key_after;
    snprintf(it->user, sizeof it->user, "%s", user);
    uri_of_user(user, it->target, sizeof it->target);
    snprintf(it->to, sizeof it->to, "<%.200s>", it->target);
    secure_key(it->generation * 2654435761u, true, it->sends_with);
    calls_active++;
    tally.tried++;
    wait_for_answer(it, ANSWER_PATIENCE);
    send_invite(index);
    return true;
}

void hang_up(unsigned index)
{
    struct call *it = &calls[index];
    if (it->state != UP)
        return;
    it->state = ENDING;
    calls_up--;
    tally.packets += streams[index].packets_heard;
    stream_off(index);
    it->ending_since = now();
    wait_for_answer(it, BYE_PATIENCE);
    send_request(index, "BYE", it->target, 2, "");
}

bool is_up(unsigned index)
{
    return calls[index].state == UP;
}

static void be_answered(unsigned index, const char *text, const char *end)
{
    struct call *it = &calls[index];
    if (it->state != CALLING) {
        send_request(index, "ACK", it->target, 1, ""); /* a 2xx that was sent again */
        return;
    }
    copy(it->to, sizeof it->to, field(text, end, "To", 't'));
    copy_uri(it->target, sizeof it->target, field(text, end, "Contact", 'm'));
    send_request(index, "ACK", it->target, 1, "");
    it->state = UP;
    calls_up++;
    it->up_since = now();
    if (it->hang_up_at)
        it->hang_up_at += it->up_since;
    if (it->key)
        it->key_at += it->up_since;
    keep(&tally.setup, it->began);
    if (follow_answer(index, end)) {
        tally.answered++;
    } else {
        tally.broken++;
        hang_up(index);
    }
}

static void take_response(unsigned index, unsigned status, const char *text, const char *end)
{
    struct call *it = &calls[index];
    struct text cseq = field(text, end, "CSeq", 0);
    bool is_of_bye = cseq.at && memmem(cseq.at, cseq.length, "BYE", 3);
    if (status < 200) {
        it->had_provisional = true;
    } else if (is_of_bye) {
        if (it->state != ENDING)
            return;
        tally.hung_up++;
        keep(&tally.bye, it->ending_since);
        forget(index);
    } else if (status < 300) {
        be_answered(index, text, end);
    } else if (it->state == CALLING) {
        copy(it->to, sizeof it->to, field(text, end, "To", 't'));
        send_ack_of_refusal(index);
        tally.refused++;
        tally.status = status;
        forget(index);
    }
}

static void take_request(unsigned wire, unsigned index, const char *text, const char *end)
{
    char body[1024] = "";
    bool is_ours = index != UINT32_MAX && calls[index].state != IDLE;
    if (!strncmp(text, "ACK ", 4))
        return;
    if (is_ours && !strncmp(text, "INVITE ", 7))
        write_sdp(index, body, sizeof body);
    respond(wire, text, end, body);
    if (!is_ours || strncmp(text, "BYE ", 4))
        return;
    struct call *it = &calls[index];
    if (it->state == UP && it->key_pressed)
        keep(&tally.keys, it->key_pressed);
    else if (it->state == UP)
        tally.ended_by_server++;
    tally.packets += streams[index].packets_heard;
    forget(index);
}

static void ask(unsigned index);

static void take_options_answer(unsigned index, unsigned generation, unsigned status)
{
    if (index >= question_count || questions[index].generation != generation)
        return;
    if (status < 200)
        return;
    if (status < 300) {
        tally.answered++;
        keep(&tally.options, questions[index].asked);
    } else {
        tally.refused++;
        tally.status = status;
    }
    ask(index);
}

static void take(unsigned wire, const char *text, size_t length)
{
    const char *end = memmem(text, length, "\r\n\r\n", 4);
    if (!end)
        return;
    end += 4;
    char call_id[80];
    unsigned run = 0, index = UINT32_MAX, generation = 0, status = 0;
    copy(call_id, sizeof call_id, field(text, end, "Call-ID", 'i'));
    bool is_response = sscanf(text, "SIP/2.0 %u", &status) == 1;
    bool is_question = call_id[0] == 'o';
    if (sscanf(call_id + is_question, "%x-%u-%u", &run, &index, &generation) != 3 ||
        run != run_number)
        index = UINT32_MAX;
    else if (is_question) {
        take_options_answer(index, generation, status);
        return;
    } else if (index >= stream_count || calls[index].generation != generation)
        index = UINT32_MAX;
    if (!is_response)
        take_request(wire, index, text, end);
    else if (index != UINT32_MAX && calls[index].state != IDLE)
        take_response(index, status, text, end);
}

/* --- OPTIONS and handshakes ----------------------------------------------------------------- */

static void ask(unsigned index)
{
    static unsigned generation;
    char text[LONGEST_MESSAGE];
    unsigned wire = index % wire_count;
    const char *here = wire_here(wire);
    struct question *it = &questions[index];
    it->generation = ++generation;
    it->asked = now();
    tally.tried++;
    int length = snprintf(text, sizeof text,
                          "OPTIONS sip:%s:%u%s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;"
                          "branch=z9hG4bKo%x-%u-%u\r\nMax-Forwards: 70\r\n"
                          "From: <sip:caller@%s>;tag=o%u\r\nTo: <sip:%s:%u>\r\n"
                          "Call-ID: o%x-%u-%u\r\nCSeq: 1 OPTIONS\r\nContact: <sip:caller@%s%s>\r\n"
                          "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n",
                          to.host, ntohs(to.address.sin_port), PARAMETERS[to.transport],
                          NAMES[to.transport], here, run_number, index, generation, here,
                          generation, to.host, ntohs(to.address.sin_port), run_number, index,
                          generation, here, PARAMETERS[to.transport]);
    wire_send(wire, text, (size_t)length);
}

void options_begin(unsigned outstanding)
{
    free(questions);
    questions = allocate(outstanding, sizeof *questions);
    question_count = outstanding;
    for (unsigned i = 0; i < outstanding; i++)
        ask(i);
}

void options_end(void)
{
    question_count = 0;
}

static void count_handshake(uint64_t began)
{
    tally.answered++;
    keep(&tally.handshakes, began);
}

void handshakes_begin(unsigned outstanding)
{
    on_handshake = count_handshake;
    shakers_want(outstanding);
}

void handshakes_end(void)
{
    shakers_want(0);
}

/* --- time ----------------------------------------------------------------------------------- */

static bool repeats_now(struct call *it, uint64_t time)
{
    if (to.transport != UDP || time < it->next_repeat)
        return false;
    it->interval *= 2;
    it->next_repeat = time + it->interval;
    tally.repeated++;
    return true;
}

static void age(unsigned index, uint64_t time)
{
    struct call *it = &calls[index];
    switch (it->state) {
    case IDLE:
        break;
    case CALLING:
        if (time > it->give_up) {
            tally.timed_out++;
            forget(index);
        } else if (!it->had_provisional && repeats_now(it, time)) {
            send_invite(index);
        }
        break;
    case UP:
        if (it->key && time > it->key_at) {
            stream_press(index, it->key);
            it->key = 0;
            it->key_pressed = time;
        }
        if (it->hang_up_at && time > it->hang_up_at)
            hang_up(index);
        break;
    case ENDING:
        if (time > it->give_up) {
            tally.unanswered_bye++;
            forget(index);
        } else if (repeats_now(it, time)) {
            send_request(index, "BYE", it->target, 2, "");
        }
        break;
    }
}

void callers_tick(uint64_t time)
{
    static uint64_t next;
    if (time < next)
        return;
    next = time + 2 * MILLISECOND;
    if (calls_active)
        for (unsigned i = 0; i < stream_count; i++)
            age(i, time);
    for (unsigned i = 0; i < question_count; i++)
        if (time > questions[i].asked + OPTIONS_PATIENCE) {
            tally.timed_out++;
            ask(i);
        }
    tally.lost_connections = wires_lost;
    if (handshakes_failed)
        tally.refused = handshakes_failed;
}

void callers_ready(uint64_t tag, uint32_t events)
{
    wires_ready(tag, events);
}

void callers_begin(struct server server, const char *from, unsigned connections, unsigned most,
                   bool are_secure, int poll)
{
    to = server;
    is_secure = are_secure;
    run_number = (uint32_t)now();
    calls = allocate(most, sizeof *calls);
    idle = allocate(most, sizeof *idle);
    for (unsigned i = most; i > 0; i--)
        idle[idle_count++] = i - 1;
    wires_begin(server, from, connections, poll, take);
}
