/* What the fuzz targets share: the fuzzer's bytes as a stream of numbers. */
#ifndef ES_FUZZ_INPUT_H
#define ES_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What libFuzzer calls in each target. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

typedef struct {
    const uint8_t *bytes;
    size_t left;
} input;

/* The next number of this many bytes; zeros when the input has come to its end. */
static inline uint64_t take(input *in, size_t size)
{
    uint64_t value = 0;
    size_t taken = size < in->left ? size : in->left;

    memcpy(&value, in->bytes, taken);
    in->bytes += taken;
    in->left -= taken;
    return value;
}

/* A number that is often near a boundary. */
static inline uint64_t take_number(input *in)
{
    static const uint64_t boundaries[] = {0,          1,          UINT16_MAX, INT32_MAX,
                                          UINT32_MAX, INT64_MAX,  UINT64_MAX, 1u << 16};
    uint8_t kind = (uint8_t)take(in, 1);

    if (kind < 64)
        return kind;
    if (kind < 128)
        return boundaries[kind % 8] + take(in, 1) - 128;
    return take(in, kind % 2 ? 4 : 8);
}

#endif
