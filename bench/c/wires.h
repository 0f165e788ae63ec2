/* What SIP goes over: one UDP socket, or some TCP or TLS connections; messages come out whole. */
#pragma once

#include "program.h"

enum transport { UDP, TCP, TLS };

struct server {
    struct sockaddr_in address;
    char host[32]; /* as it is written in messages */
    enum transport transport;
};

typedef void (*on_message)(unsigned wire, const char *text, size_t length);

/* Tags of the poll: the upper half says what it is, the lower one which. */
#define WIRE 1ull
#define SHAKER 2ull
#define TAG(kind, number) ((kind) << 32 | (number))

extern unsigned wire_count;
extern uint64_t wires_lost, handshakes_failed;
extern void (*on_handshake)(uint64_t began);

void wires_begin(struct server server, const char *from, unsigned connections, int poll,
                 on_message take);
void wires_ready(uint64_t tag, uint32_t events);
void wire_send(unsigned wire, const char *text, size_t length);
const char *wire_here(unsigned wire); /* ADDRESS:PORT of our end */

/* TLS handshakes from ever other addresses, so many at once, until that is 0 again. */
void shakers_want(unsigned at_once);
