/* HMAC-SHA1 of many packets at once (RFC 2104): what SRTP costs most, where Python makes it.
 *
 * Optional: script/bootstrap builds it where there is a compiler. native_tags.py loads it;
 * without it, and in the tests as its measure, hashlib does the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 64
#define WORDS 5
#define TAG 20

static inline uint32_t rotated(uint32_t word, int bits)
{
    return word << bits | word >> (32 - bits);
}

static inline uint32_t read_word(const uint8_t *octets)
{
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}

static inline void write_word(uint8_t *octets, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        octets[i] = (uint8_t)(word >> (24 - 8 * i));
}

/* --- SHA-1 (FIPS 180-4 section 6.1), one block ---------------------------------------------------- */

static void compress_plainly(uint32_t *state, const uint8_t *block)
{
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int t = 0; t < 16; t++)
        w[t] = read_word(block + 4 * t);
    for (int t = 16; t < 80; t++)
        w[t] = rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (int t = 0; t < 80; t++) {
        uint32_t f = t < 20   ? ((b & (c ^ d)) ^ d) + 0x5a827999
                     : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                     : t < 60 ? ((b & c) | (d & (b | c))) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
        f += rotated(a, 5) + e + w[t];
        e = d, d = c, c = rotated(b, 30), b = a, a = f;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

static void (*compress)(uint32_t *state, const uint8_t *block) = compress_plainly;

#if defined(__x86_64__) && defined(__GNUC__) && !defined(UMBEL_PLAIN)
#include <cpuid.h>
#include <immintrin.h>

#define HAS_SHA (1u << 29) /* of EBX of leaf 7 */

/* Four rounds at a time, by the processor's own instructions. */
__attribute__((target("sha,sse4.1"))) static void compress_by_four(uint32_t *state,
                                                                    const uint8_t *block)
{
    const __m128i order = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0x1b);
    __m128i e = _mm_set_epi32((int)state[4], 0, 0, 0), before = abcd, e_before = e, w[4], kept;
    int i = 0;
#define FIVE_TIMES(function)                                                                       \
    for (int end = i + 5; i < end; i++) {                                                          \
        __m128i *now = w + i % 4;                                                                  \
        if (i < 4)                                                                                 \
            *now = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), order);           \
        else                                                                                       \
            *now = _mm_sha1msg2_epu32(                                                             \
                _mm_xor_si128(_mm_sha1msg1_epu32(*now, w[(i + 1) % 4]), w[(i + 2) % 4]),           \
                w[(i + 3) % 4]);                                                                   \
        kept = abcd;                                                                               \
        abcd = _mm_sha1rnds4_epu32(                                                                \
            abcd, i ? _mm_sha1nexte_epu32(e, *now) : _mm_add_epi32(e, *now), function);            \
        e = kept;                                                                                  \
    }
    FIVE_TIMES(0)
    FIVE_TIMES(1)
    FIVE_TIMES(2)
    FIVE_TIMES(3)
    e = _mm_sha1nexte_epu32(e, e_before);
    abcd = _mm_shuffle_epi32(_mm_add_epi32(abcd, before), 0x1b);
    _mm_storeu_si128((__m128i *)state, abcd);
    state[4] = (uint32_t)_mm_extract_epi32(e, 3);
}

__attribute__((constructor)) static void choose(void)
{
    unsigned a, b, c, d;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && b & HAS_SHA)
        compress = compress_by_four;
}
#endif

/* --- HMAC ----------------------------------------------------------------------------------------- */

/* Add the last octets, and the length of all *octets* that were added. */
static void finish(uint32_t *state, const uint8_t *rest, size_t size, uint64_t octets)
{
    uint8_t blocks[2 * BLOCK] = {0};
    size_t end = size < BLOCK - 8 ? BLOCK : 2 * BLOCK;
    memcpy(blocks, rest, size);
    blocks[size] = 0x80;
    write_word(blocks + end - 8, (uint32_t)(octets >> 29));
    write_word(blocks + end - 4, (uint32_t)(octets << 3));
    for (size_t at = 0; at < end; at += BLOCK)
        compress(state, blocks + at);
}

static void begin(uint32_t *state, const uint8_t *key, size_t size, uint8_t pad)
{
    static const uint32_t first[WORDS] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t block[BLOCK];
    memset(block, pad, BLOCK);
    for (size_t i = 0; i < size && i < BLOCK; i++)
        block[i] ^= key[i];
    memcpy(state, first, sizeof first);
    compress(state, block);
}

/* Let both states, ten words, take a key of at most 64 octets. */
void umbel_hmac_begin(uint32_t *states, const uint8_t *key, size_t size)
{
    begin(states, key, size, 0x36);
    begin(states + WORDS, key, size, 0x5c);
}

/* Write a tag of 20 octets for each of *count* texts of *size* octets, made with the states of its row. */
void umbel_hmac_many(const uint32_t *states, const int64_t *rows, const uint8_t *texts, size_t size,
                     size_t count, uint8_t *tags)
{
    for (size_t i = 0; i < count; i++, texts += size, tags += TAG) {
        uint32_t inner[WORDS], outer[WORDS];
        uint8_t digest[TAG];
        size_t whole = size / BLOCK * BLOCK;
        memcpy(inner, states + 2 * WORDS * rows[i], sizeof inner);
        memcpy(outer, states + 2 * WORDS * rows[i] + WORDS, sizeof outer);
        for (size_t at = 0; at < whole; at += BLOCK)
            compress(inner, texts + at);
        finish(inner, texts + whole, size - whole, BLOCK + size);
        for (int word = 0; word < WORDS; word++)
            write_word(digest + 4 * word, inner[word]);
        finish(outer, digest, TAG, BLOCK + TAG);
        for (int word = 0; word < WORDS; word++)
            write_word(tags + 4 * word, outer[word]);
    }
}
