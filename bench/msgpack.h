/* msgpack, as much of it as the protocol uses: looking into a message without unpacking it. */
#ifndef MSGPACK_H
#define MSGPACK_H

#include "common.h"
#include <stdbool.h>

static inline const uint8_t *number(const uint8_t *p, uint64_t *value)
{
    switch (*p) {
    case 0xcc: case 0xcd: case 0xce: case 0xcf: {
        int bytes = 1 << (*p - 0xcc);
        *value = get_be(p + 1, bytes);
        return p + 1 + bytes;
    }
    default:
        *value = *p;
        return p + 1;
    }
}

static inline const uint8_t *skip(const uint8_t *p)
{
    uint8_t kind = *p++;
    uint64_t items = 0;
    if (kind < 0x80 || kind >= 0xe0 || (kind >= 0xc0 && kind <= 0xc3))
        return p;
    if (kind >= 0xa0 && kind < 0xc0)
        return p + (kind & 31);
    if (kind >= 0xcc && kind <= 0xd3)
        return p + (1 << ((kind - 0xcc) & 3));
    if (kind == 0xca || kind == 0xcb)
        return p + (kind == 0xca ? 4 : 8);
    if (kind >= 0xd9 && kind <= 0xdb)
        return p + (1 << (kind - 0xd9)) + get_be(p, 1 << (kind - 0xd9));
    if (kind >= 0xc4 && kind <= 0xc6)
        return p + (1 << (kind - 0xc4)) + get_be(p, 1 << (kind - 0xc4));
    if (kind < 0x90)
        items = 2 * (kind & 15u);
    else if (kind < 0xa0)
        items = kind & 15u;
    else if (kind == 0xdc || kind == 0xde) {
        items = get_be(p, 2) * (kind == 0xde ? 2 : 1);
        p += 2;
    } else
        die("msgpack 0x%02x is not known here", kind);
    while (items--)
        p = skip(p);
    return p;
}

/* Where the value of `key` begins in the map at `p`; NULL where it has none. */
static inline const uint8_t *value_of(const uint8_t *p, const char *key)
{
    uint64_t pairs = *p == 0xde ? get_be(p + 1, 2) : *p & 15u;
    p += *p == 0xde ? 3 : 1;
    for (; pairs; pairs--) {
        const uint8_t *value = skip(p);
        if (*p == (0xa0 | strlen(key)) && !memcmp(p + 1, key, strlen(key)))
            return value;
        p = skip(value);
    }
    return NULL;
}

static inline bool is(const uint8_t *text, const char *word)
{
    return *text == (0xa0 | strlen(word)) && !memcmp(text + 1, word, strlen(word));
}

static inline double real(const uint8_t *p)
{
    uint64_t value;
    if (*p == 0xcb)
        return of_bits(get_be(p + 1, 8));
    number(p, &value);
    return (double)value;
}

#endif
