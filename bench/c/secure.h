/* SRTP by a libsrtp that is found when the program runs: the fastest that can be had decides. */
#pragma once

#include <srtp2/srtp.h>

#include "program.h"

#define MASTER_KEY 30

/* Load libsrtp from a file; say which version it is. Fails where it is no libsrtp 2. */
const char *secure_load(const char *path);

/* Keys that both sides of a bench can work out from a stream's number: from the peers of the
 * server (towards_server) or from the server. They protect nothing but noise. */
void secure_key(unsigned stream, bool towards_server, uint8_t key[MASTER_KEY]);

/* A context of AES_CM_128_HMAC_SHA1_80 for one direction of one stream. */
srtp_t secure_context(const uint8_t key[MASTER_KEY], bool sends);
void secure_end(srtp_t context);

/* In place; the length changes. False: not authentic, or replayed. */
bool secure_protect(srtp_t context, uint8_t *packet, int *length);
bool secure_unprotect(srtp_t context, uint8_t *packet, int *length);
