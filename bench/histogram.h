/* A log-linear histogram of lateness. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include "common.h"

/* Lateness in us, 128 buckets to an octave: within 0.8 %. */
enum { SUB = 128, BUCKETS = SUB * 32 };
struct histogram {
    uint64_t bucket[BUCKETS], count, early;
    double most;
};

static inline void note(struct histogram *h, double late_s)
{
    if (late_s < 0) {
        h->early++;
        late_s = 0;
    }
    uint64_t us = (uint64_t)(late_s * 1e6);
    int octave = us < 2 * SUB ? 0 : 56 - __builtin_clzll(us);
    uint64_t index = (uint64_t)octave * SUB + (us >> octave);
    h->bucket[index < BUCKETS ? index : BUCKETS - 1]++;
    h->count++;
    if (late_s > h->most)
        h->most = late_s;
}

static inline double quantile_ms(const struct histogram *h, double q)
{
    uint64_t seen = 0, wanted = (uint64_t)(q * (double)h->count + 0.5);
    for (uint64_t i = 0; i < BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= wanted && seen) {
            uint64_t octave = i < 2 * SUB ? 0 : i / SUB - 1;
            uint64_t us = (i - octave * SUB + 1) << octave; /* its upper edge */
            double ms = (double)us / 1000;
            return ms < h->most * 1000 ? ms : h->most * 1000;
        }
    }
    return 0;
}

static inline void print_lateness(const char *name, const struct histogram *h)
{
    printf(", \"%s\": {\"frames\": %llu, \"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, "
           "\"p99.9\": %.3f, \"max\": %.3f, \"early\": %llu}",
           name, (unsigned long long)h->count, quantile_ms(h, 0.5), quantile_ms(h, 0.9),
           quantile_ms(h, 0.99), quantile_ms(h, 0.999), h->most * 1000,
           (unsigned long long)h->early);
}

#endif
