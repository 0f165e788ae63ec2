/* The generator's SIP: calls that are made, held and hung up, OPTIONS, and TLS handshakes. */
#pragma once

#include "streams.h"
#include "wires.h"

/* Durations in microseconds, kept one by one: few enough, and percentiles need no model. */
struct durations {
    uint32_t *values;
    size_t count, room;
};

struct tally {
    uint64_t tried, answered, refused, timed_out, broken, ended_by_server, hung_up, unanswered_bye;
    uint64_t repeated, lost_connections, packets;
    unsigned status; /* of the last refusal */
    struct durations setup, bye, options, handshakes, keys;
};

extern struct tally tally;
extern unsigned calls_up, calls_active;

/* Descriptors of sockets are watched by this; what it tells goes to callers_ready. */
void callers_begin(struct server server, const char *from, unsigned connections, unsigned most,
                   bool are_secure, int poll);
void callers_ready(uint64_t tag, uint32_t events);
void callers_tick(uint64_t time);

/* Make a call that is hung up after so long (0: never), or after a key was answered by BYE. */
bool call_user(const char *user, uint64_t hold, char key, uint64_t key_after);
void hang_up(unsigned index);
bool is_up(unsigned index);

void options_begin(unsigned outstanding);
void options_end(void);

void handshakes_begin(unsigned outstanding);
void handshakes_end(void);

double percentile_of(struct durations *durations, double share); /* milliseconds */
void tally_begin(void);
