/* The generator's RTP: paced sending, and what arrives, judged by when it arrives.
 *
 * Twenty sockets serve the twenty milliseconds of a frame, each all the streams of one of them: a
 * packet of every stream every 20 ms, spread evenly. What comes back is stamped by the kernel, so
 * a busy generator never makes a server look late; that it sent late itself is counted. */
#pragma once

#include "secure.h"

struct stream {
    bool is_on;
    struct sockaddr_in here, there;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
    unsigned at;               /* frame of the prompt */
    uint64_t began;            /* when it was switched on */
    char key;                  /* a telephone event that is being sent; 0: none */
    unsigned key_packets;      /* sent of it */
    uint32_t key_timestamp;
    srtp_t sends, receives;
    uint8_t packet[RTP_PACKET + SRTP_TAG + 4];

    bool was_heard;
    uint64_t first_heard;
    uint32_t first_timestamp, last_timestamp;
    int64_t earliest;          /* least of arrival minus media time: where its grid is */
    uint64_t packets_heard;
    uint32_t window_heard, window_on_time;
    bool in_window;
};

/* What a window of time showed of all streams that were on at its beginning. */
struct window {
    uint64_t expected, heard, on_time, silent_streams, streams;
    uint64_t sent, sent_late, unverified;
    double seconds, p50, p99, p999, worst; /* lateness in milliseconds */
};

#define ON_TIME (10 * MILLISECOND)

extern struct stream *streams;
extern unsigned stream_count;

/* Write what all streams say in a loop, each from somewhere on (mu-law). */
void write_prompt(const char *path);

void streams_begin(unsigned most, bool are_secure);
void stream_on(unsigned index, struct sockaddr_in there, const uint8_t *sends_with,
               const uint8_t *receives_with);
void stream_off(unsigned index);
/* Press a key (RFC 4733): three packets of it going on, three of its end. */
void stream_press(unsigned index, char key);

/* Send what is due and take what came. To be called every millisecond. */
void streams_tick(uint64_t time);

void window_begin(void);
struct window window_end(void);
