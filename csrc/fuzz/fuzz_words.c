/* Arguments as text: what is written fits where it goes, and can be read again. */
#include <stdlib.h>

#include "extrasafe.h"
#include "input.h"

enum { TEXT_SIZE = 2048 };

/* Of this very size, so that the sanitizer sees what is written behind it. */
static void check_size(const es_call *call, unsigned known, size_t size)
{
    size_t length = es_word_call(call, known, NULL, 0);
    char *text = malloc(size);

    if (!text)
        abort();
    if (es_word_call(call, known, text, size) != length ||
        (size && strlen(text) != (length < size ? length : size - 1)))
        abort();
    free(text);
}

static void check_value(const es_call *call, unsigned known, unsigned argument)
{
    int width = es_syscall_width(call->arch, call->nr, argument);
    uint64_t largest = width == ES_WIDTH_16 ? UINT16_MAX : width == ES_WIDTH_32 ? UINT32_MAX
                                                                                : UINT64_MAX;
    char text[TEXT_SIZE];
    uint64_t value = 0;

    if (es_word_value(call, known, argument, text, sizeof text) >= sizeof text)
        abort();
    if (width == ES_WIDTH_NONE || width == ES_WIDTH_UNKNOWN)
        return;
    if (es_word_parse(call, known, argument, text, &value, NULL) != ES_OK ||
        value != (call->args[argument] & largest))
        abort();
}

/* A mask can be whatever a value can be, and has all of its bits. */
static void check_mask(const es_call *call, unsigned known, unsigned argument, const char *text)
{
    uint64_t value = 0, mask = 0;

    if (es_word_parse(call, known, argument, text, &value, NULL) == ES_OK &&
        (es_word_parse_mask(call, known, argument, text, &mask, NULL) != ES_OK || mask != value))
        abort();
}

static void check_text(es_call *call, unsigned known, unsigned argument, const char *text)
{
    es_error error = {.size = sizeof(es_error), .code = -1};
    int status;

    check_mask(call, known, argument, text);
    status = es_word_parse(call, known, argument, text, &call->args[argument], &error);

    if (status == ES_OK)
        check_value(call, known, argument);
    else if (error.code != status || !memchr(error.message, 0, sizeof error.message))
        abort();
}

/* A path that is joined stays as it is, and what was granted covers it. */
static void check_path(const es_call *call, const char *path)
{
    const es_told told = {.size = sizeof told, .port = -1, .paths = {path}};
    char whole[96], again[96], text[TEXT_SIZE];

    if (es_path_join("/", path, whole, sizeof whole) >= sizeof whole || *whole != '/')
        abort();
    es_path_join(NULL, whole, again, sizeof again);
    if (strcmp(whole, again) != 0 || !es_path_covers(path, whole))
        abort();
    if (es_word_call_told(call, 0, &told, text, sizeof text) >= sizeof text)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint32_t architectures[] = {ES_ARCH_X86_64, ES_ARCH_AARCH64, ES_ARCH_RISCV64};
    input in = {bytes, size};
    es_call call = {.arch = architectures[take(&in, 1) % 3], .nr = (int32_t)take(&in, 2)};
    unsigned known = (unsigned)take(&in, 1), argument = (unsigned)take(&in, 1) % 6;
    es_comparison made = {.argument = (uint8_t)take(&in, 1),
                          .op = (uint8_t)take(&in, 1),
                          .source = (uint8_t)take(&in, 1)};
    char text[TEXT_SIZE], given[80] = "";
    size_t length;

    for (unsigned i = 0; i < 6; i++)
        call.args[i] = take_number(&in);
    check_size(&call, known, (size_t)take(&in, 1));
    check_value(&call, known, argument);
    made.mask = take_number(&in);
    made.datum = take_number(&in);
    (void)es_word_condition(call.arch, call.nr, &made, 1, text, sizeof text);
    length = in.left < sizeof given ? in.left : sizeof given - 1;
    memcpy(given, in.bytes, length);
    check_path(&call, given);
    check_text(&call, known, argument, given);
    return 0;
}
