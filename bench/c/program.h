/* What both programs share: the clock, how they fail, and where stream number i is. */
#pragma once

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define MICROSECOND 1000ull
#define MILLISECOND 1000000ull
#define SECOND 1000000000ull
#define FRAME 160 /* samples of 20 ms at 8000 a second */
#define RTP_HEADER 12
#define LONGEST_PACKET 1500
#define RTP_PACKET (RTP_HEADER + FRAME)
#define SRTP_TAG 10

/* Twenty sockets, one for each millisecond of a frame, carry all streams of the generator: a
 * stream has an address of its own in 127.1.0.0/16, so to the other side each is another peer. */
#define SLOTS 20
extern uint16_t first_peer_port; /* 30200, or as --first-peer-port says */
#define FIRST_PEER_ADDRESS 0x7f010001u

/* Nanoseconds of the clock by which the kernel stamps what arrives. */
static inline uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static inline _Noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

static inline void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory)
        fail("no memory for %zu times %zu octets", count, size);
    return memory;
}

static inline struct sockaddr_in endpoint(uint32_t address, uint16_t port)
{
    struct sockaddr_in it = {.sin_family = AF_INET, .sin_port = htons(port)};
    it.sin_addr.s_addr = htonl(address);
    return it;
}

static inline struct sockaddr_in peer_of_stream(unsigned stream)
{
    return endpoint(FIRST_PEER_ADDRESS + stream / SLOTS,
                    (uint16_t)(first_peer_port + 2 * (stream % SLOTS)));
}

/* The stream that a peer is; a number that no stream has where the endpoint is no peer. */
static inline unsigned stream_of_peer(const struct sockaddr_in *peer)
{
    unsigned slot = (unsigned)(ntohs(peer->sin_port) - first_peer_port) / 2;
    if (slot >= SLOTS)
        return UINT32_MAX;
    return (ntohl(peer->sin_addr.s_addr) - FIRST_PEER_ADDRESS) * SLOTS + slot;
}
