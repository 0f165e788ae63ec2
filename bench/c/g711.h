/* mu-law (G.711), and ten seconds of something like speech. */
#pragma once

#include <math.h>
#include <stdint.h>

#define PROMPT_FRAMES 500

static inline int16_t ulaw_decode(uint8_t octet)
{
    octet = (uint8_t)~octet;
    int magnitude = (((octet & 0x0f) << 3) + 0x84) << ((octet >> 4) & 7);
    return (int16_t)(octet & 0x80 ? 0x84 - magnitude : magnitude - 0x84);
}

static inline uint8_t ulaw_encode(int sample)
{
    int sign = sample < 0 ? 0x80 : 0;
    int magnitude = (sample < 0 ? -sample : sample) + 0x84;
    if (magnitude > 0x7fff)
        magnitude = 0x7fff;
    int exponent = 7;
    for (int bit = 0x4000; !(magnitude & bit) && exponent > 0; bit >>= 1)
        exponent--;
    return (uint8_t)~(sign | exponent << 4 | ((magnitude >> (exponent + 3)) & 0x0f));
}

/* Syllables of a vowel's three formants with some noise: no silence, no pure tone, no keys. */
static inline void ulaw_prompt(uint8_t *octets)
{
    uint32_t noise = 1;
    for (int i = 0; i < PROMPT_FRAMES * 160; i++) {
        double t = i / 8000.0;
        double loud = 0.4 + 0.6 * fabs(sin(9.7 * t));
        double voice = 2500 * sin(1131 * t) + 1700 * sin(3267 * t) + 900 * sin(9299 * t);
        noise = noise * 1664525 + 1013904223;
        octets[i] = ulaw_encode((int)(loud * voice) + (int)(noise >> 24) - 128);
    }
}
