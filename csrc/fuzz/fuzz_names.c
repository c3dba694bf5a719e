/* Names, numbers, comparisons and rows of the table, asked with arbitrary values. */
#include <stdlib.h>

#include "extrasafe.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const uint32_t architectures[] = {0, ES_ARCH_X86_64, ES_ARCH_AARCH64, ES_ARCH_RISCV64};
    input in = {bytes, size};
    uint8_t choice = (uint8_t)take(&in, 1);
    uint32_t arch = choice < 4 ? architectures[choice] : (uint32_t)take(&in, 4);
    int32_t number = (int32_t)take_number(&in);
    es_comparison test = {.argument = (uint8_t)take(&in, 1),
                          .op = (uint8_t)take(&in, 1),
                          .source = (uint8_t)take(&in, 1),
                          .negative = (uint8_t)take(&in, 1)};
    es_call call = {.nr = number, .arch = arch};
    es_argument argument = {
        .size = sizeof argument, .kind = ES_TAKES_DESCRIPTOR, .descriptor = number};
    es_error error = {.size = sizeof(es_error), .code = -1};
    char found[ES_NAME_SIZE], name[80] = "";
    size_t length;
    int status;

    test.mask = take_number(&in);
    test.datum = take_number(&in);
    status = es_comparison_check(arch, number, &test, &error);
    if (status != ES_OK && (error.code != status || !memchr(error.message, 0, 512)))
        abort();
    (void)es_row_accepts((uint32_t)take(&in, 2), &call, &argument, arch);
    if (es_syscall_name(arch, number, found) == ES_OK && choice < 4 &&
        es_syscall_number(arch, found) != number)
        abort();
    length = in.left < sizeof name ? in.left : sizeof name - 1;
    memcpy(name, in.bytes, length);
    (void)es_syscall_number(arch, name);
    (void)es_syscall_nearest(name);
    (void)es_permission_find(name, name);
    return 0;
}
