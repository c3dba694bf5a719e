/* Names, numbers and argument widths of system calls. */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "table/syscalls.h"

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
    int32_t here; /* on the machine this is compiled for, or ES_ASK */
    const char *arguments;
} listed[ES_SYSCALL_COUNT] = {
/* The name is pasted here, before some header's macro of the same name can change it. */
#define SYSCALL(name, number, arguments)                                                           \
    {#name, number, NUMBER_HERE(__SNR_##name, number), arguments},
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

/* The number that stands in the list, on one architecture. */
static int32_t written_number(uint32_t arch, int32_t number)
{
    bool elsewhere = (number & ES_X86_64 && arch != ES_ARCH_X86_64) ||
                     (number & ES_RISCV64 && arch != ES_ARCH_RISCV64);
    return elsewhere ? ES_ELSEWHERE : number & ES_NUMBER;
}

static int32_t listed_number(uint32_t arch, unsigned index)
{
    if (listed[index].number != ES_ASK)
        return written_number(arch, listed[index].number);
    if (listed[index].here != ES_ASK && arch == seccomp_arch_native())
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

/* What libseccomp calls a number; allocates.  False where it does not know it. */
static bool ask_name(uint32_t arch, int32_t number, char name[ES_NAME_SIZE])
{
    char *found = seccomp_syscall_resolve_num_arch(arch, number);
    size_t length = found ? strlen(found) : ES_NAME_SIZE;
    bool fits = length < ES_NAME_SIZE;

    if (fits)
        memcpy(name, found, length + 1);
    free(found);
    return fits;
}

/* Where a number stands in the list, or ES_SYSCALL_COUNT.  libseccomp is asked about other
 * architectures only. */
static unsigned index_of(uint32_t arch, int32_t number)
{
    bool native = arch == seccomp_arch_native();
    char name[ES_NAME_SIZE] = "";
    unsigned i = 0;

    if (number < 0)
        return ES_SYSCALL_COUNT;
    if (!native && number <= ES_BASELINE_NR)
        ask_name(arch, number, name);
    while (i < ES_SYSCALL_COUNT && !(listed[i].number != ES_ASK
                                         ? written_number(arch, listed[i].number) == number
                                     : native ? listed[i].here == number
                                              : strcmp(listed[i].name, name) == 0))
        i++;
    return i;
}

unsigned es_listed_index(uint32_t arch, int32_t number)
{
    return index_of(arch_or_native(arch), number);
}

const char *es_listed_call(uint32_t arch, int32_t number)
{
    unsigned index = es_listed_index(arch, number);
    return index < ES_SYSCALL_COUNT ? listed[index].name : NULL;
}

int es_syscall_name(uint32_t arch, int32_t number, char name[ES_NAME_SIZE])
{
    const char *found;

    if (!name)
        return ES_ERR_ARGUMENT;
    if (number < 0)
        return ES_ERR_UNKNOWN;
    arch = arch_or_native(arch);
    found = es_listed_call(arch, number);
    if (!found)
        return ask_name(arch, number, name) ? ES_OK : ES_ERR_UNKNOWN;
    strcpy(name, found);
    return ES_OK;
}

void es_numbers_fill(uint32_t arch, es_numbers *numbers)
{
    bool native = arch == seccomp_arch_native();

    numbers->arch = arch;
    memset(numbers->index, -1, sizeof numbers->index);
    for (unsigned i = 0; i < ES_SYSCALL_COUNT; i++) {
        int32_t number = native ? listed[i].here : ES_ASK;
        if (number == ES_ASK)
            number = listed_number(arch, i);
        numbers->number[i] = number;
        if (number >= 0 && number < ES_NUMBER_LIMIT)
            numbers->index[number] = (int16_t)i;
    }
}

/* ---- Arguments ---- */

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
    case '?':
        return ES_WIDTH_VARIES;
    default:
        return ES_WIDTH_NONE;
    }
}

/* The arguments of a listed call, as syscalls.def has them for this architecture. */
static const char *arguments_of(uint32_t arch, unsigned index)
{
    const char *text = listed[index].arguments;
    const char *other = arch == ES_ARCH_X86_64 ? NULL : strchr(text, '|');
    return other ? other + 1 : text;
}

static void parse_widths(const char *text, uint8_t widths[6])
{
    unsigned argument = 0;

    memset(widths, ES_WIDTH_NONE, 6);
    for (; *text && *text != '|' && argument < 6; text++) {
        if (*text != ':')
            continue;
        widths[argument++] = width_of(text[1]);
        while (text[1] && text[1] != ' ' && text[1] != '|') /* the words */
            text++;
    }
}

void es_numbers_widths(const es_numbers *numbers, int32_t number, uint8_t widths[6])
{
    int index = number >= 0 && number < ES_NUMBER_LIMIT ? numbers->index[number] : -1;

    if (index < 0)
        memset(widths, ES_WIDTH_UNKNOWN, 6);
    else
        parse_widths(arguments_of(numbers->arch, (unsigned)index), widths);
}

bool es_names_file(const es_listed_argument *argument)
{
    return argument->words_length == 4 && strncmp(argument->words, "path", 4) == 0;
}

unsigned es_numbers_paths(const es_numbers *numbers, int32_t number)
{
    int index = number >= 0 && number < ES_NUMBER_LIMIT ? numbers->index[number] : -1;
    const char *arguments = index < 0 ? NULL : arguments_of(numbers->arch, (unsigned)index);
    es_listed_argument argument;
    unsigned found = 0;

    for (unsigned i = 0; es_listed_argument_of(arguments, i, &argument); i++)
        if (es_names_file(&argument))
            found |= 1u << i;
    return found;
}

const char *es_syscall_arguments(uint32_t arch, int32_t number)
{
    unsigned index;

    arch = arch_or_native(arch);
    index = index_of(arch, number);
    return index < ES_SYSCALL_COUNT ? arguments_of(arch, index) : NULL;
}

bool es_listed_argument_of(const char *arguments, unsigned argument, es_listed_argument *found)
{
    const char *at = arguments;

    if (!at)
        return false;
    for (; argument; argument--) {
        at += strcspn(at, " |");
        if (*at != ' ')
            return false;
        at++;
    }
    if (!*at || *at == '|')
        return false;
    *found = (es_listed_argument){.name = at, .name_length = strcspn(at, ":")};
    at += found->name_length + 1;
    found->width = width_of(*at++);
    found->words = *at == ':' ? at + 1 : at;
    found->words_length = strcspn(found->words, " |");
    return true;
}

int es_syscall_width(uint32_t arch, int32_t number, unsigned argument)
{
    const char *arguments = es_syscall_arguments(arch, number);
    uint8_t widths[6];

    if (!arguments || argument > 5)
        return ES_WIDTH_UNKNOWN;
    parse_widths(arguments, widths);
    return widths[argument];
}
