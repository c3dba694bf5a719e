/* Names, numbers and argument widths of system calls. */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "table/syscalls.h"

enum { ES_ASK = -1 };

/* The second of the arguments, once they are expanded. */
#define SECOND(first, second, ...) second
#define EXPANDED_SECOND(...) SECOND(__VA_ARGS__)
/* What libseccomp's header says of a call whose number is ES_ASK.  It need not know the others: for
 * those there is no such macro, and what stands there is only the first argument. */
#define HERE_ES_ASK(here) ignored, (here)
#define NUMBER_HERE(here, number) EXPANDED_SECOND(HERE_##number(here), ES_ASK, )

static const struct {
    const char *name;
    int32_t number;
    int32_t here; /* on the machine this is compiled for; negative: ask all the same */
    const char *widths;
} listed[ES_SYSCALL_COUNT] = {
/* The name is pasted here, before some header's macro of the same name can change it. */
#define SYSCALL(name, number, widths)                                                              \
    {#name, number, NUMBER_HERE(__SNR_##name, number), widths},
#include "table/syscalls.def"
#undef SYSCALL
};

_Static_assert((uint32_t)ES_ARCH_X86_64 == SCMP_ARCH_X86_64, "one set of numbers");
_Static_assert((uint32_t)ES_ARCH_AARCH64 == SCMP_ARCH_AARCH64, "likewise");
_Static_assert((uint32_t)ES_ARCH_RISCV64 == SCMP_ARCH_RISCV64, "likewise");

bool es_arch_supported(uint32_t arch)
{
    return arch == ES_ARCH_X86_64 || arch == ES_ARCH_AARCH64 || arch == ES_ARCH_RISCV64;
}

uint32_t es_arch_native(void)
{
    uint32_t arch = seccomp_arch_native();
    return es_arch_supported(arch) ? arch : 0;
}

static uint32_t arch_or_native(uint32_t arch)
{
    return arch ? arch : seccomp_arch_native();
}

const char *es_listed_name(unsigned index)
{
    return listed[index].name;
}

static int32_t listed_number(uint32_t arch, unsigned index)
{
    if (listed[index].number != ES_ASK)
        return listed[index].number;
    if (listed[index].here >= 0 && arch == seccomp_arch_native())
        return listed[index].here;
    return seccomp_syscall_resolve_name_arch(arch, listed[index].name);
}

int32_t es_syscall_number(uint32_t arch, const char *name)
{
    if (!name)
        return ES_NO_SUCH_NAME;
    arch = arch_or_native(arch);
    for (unsigned i = 0; i < ES_SYSCALL_COUNT; i++)
        if (strcmp(listed[i].name, name) == 0)
            return listed_number(arch, i);
    return seccomp_syscall_resolve_name_arch(arch, name);
}

int es_syscall_name(uint32_t arch, int32_t number, char name[ES_NAME_SIZE])
{
    char *found;
    size_t length;
    int status = ES_ERR_UNKNOWN;

    if (!name)
        return ES_ERR_ARGUMENT;
    if (number < 0)
        return ES_ERR_UNKNOWN;
    for (unsigned i = 0; i < ES_SYSCALL_COUNT; i++) {
        if (listed[i].number == number) {
            strcpy(name, listed[i].name);
            return ES_OK;
        }
    }
    found = seccomp_syscall_resolve_num_arch(arch_or_native(arch), number);
    if (found && (length = strlen(found)) < ES_NAME_SIZE) {
        memcpy(name, found, length + 1);
        status = ES_OK;
    }
    free(found);
    return status;
}

/* The number of single-letter changes from one name to another (Levenshtein), or more than ES_NEAR
 * when that is all there is to say. */
enum { ES_NEAR = 3 };

static unsigned distance(const char *from, const char *to)
{
    unsigned row[ES_NAME_SIZE];
    size_t width = strlen(to);

    if (width >= ES_NAME_SIZE || strlen(from) >= ES_NAME_SIZE)
        return ES_NEAR + 1;
    for (size_t j = 0; j <= width; j++)
        row[j] = (unsigned)j;
    for (size_t i = 0; from[i]; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < width; j++) {
            unsigned best = diagonal + (from[i] != to[j]);
            diagonal = row[j + 1];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j + 1] + 1 < best)
                best = row[j + 1] + 1;
            row[j + 1] = best;
        }
    }
    return row[width];
}

const char *es_syscall_nearest(const char *name)
{
    const char *nearest = NULL;
    unsigned least = ES_NEAR + 1;

    if (!name)
        return NULL;
    for (unsigned i = 0; i < ES_SYSCALL_COUNT; i++) {
        unsigned changes = distance(name, listed[i].name);
        /* A name of three letters is not near everything that has three letters. */
        if (changes < least && changes * 2 <= strlen(listed[i].name)) {
            least = changes;
            nearest = listed[i].name;
        }
    }
    return nearest;
}

void es_numbers_fill(uint32_t arch, es_numbers *numbers)
{
    memset(numbers->index, -1, sizeof numbers->index);
    for (unsigned i = 0; i < ES_SYSCALL_COUNT; i++) {
        int32_t number = listed_number(arch, i);
        numbers->number[i] = number;
        if (number >= 0 && number < ES_NUMBER_LIMIT)
            numbers->index[number] = (int16_t)i;
    }
}

static uint8_t width_of(char letter)
{
    switch (letter) {
    case '2':
        return ES_WIDTH_16;
    case '4':
        return ES_WIDTH_32;
    case '8':
        return ES_WIDTH_64;
    case 'p':
        return ES_WIDTH_POINTER;
    default:
        return ES_WIDTH_UNKNOWN;
    }
}

static void parse_widths(const char *text, uint8_t widths[6])
{
    unsigned argument = 0;

    memset(widths, ES_WIDTH_UNKNOWN, 6);
    for (; *text && argument < 6; text++)
        if (*text == ':')
            widths[argument++] = width_of(text[1]);
}

void es_numbers_widths(const es_numbers *numbers, int32_t number, uint8_t widths[6])
{
    int index = number >= 0 && number < ES_NUMBER_LIMIT ? numbers->index[number] : -1;
    parse_widths(index < 0 ? "" : listed[index].widths, widths);
}

int es_syscall_width(uint32_t arch, int32_t number, unsigned argument)
{
    uint8_t widths[6];

    if (argument > 5 || number < 0)
        return ES_WIDTH_UNKNOWN;
    arch = arch_or_native(arch);
    for (unsigned i = 0; i < ES_SYSCALL_COUNT; i++) {
        if (listed_number(arch, i) == number) {
            parse_widths(listed[i].widths, widths);
            return widths[argument];
        }
    }
    return ES_WIDTH_UNKNOWN;
}
