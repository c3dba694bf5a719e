/*
 * The entries of words.def.  Their names are one piece of memory, and are told by where they begin
 * in it: so they have no addresses, which would cost the loader time in every process.
 */
#include <stddef.h>

#include "table/words_list.h"

enum { X86 = ES_ON_X86, ARM = ES_ON_ARM, RISCV = ES_ON_RISCV, EVERYWHERE = X86 | ARM | RISCV };
enum { OCTAL = ES_OCTAL, DECIMAL = ES_DECIMAL, HEX = ES_HEX };

/* Each name is a member, called after the line it stands in. */
#define GLUED(file, line) file##_##line
#define MEMBER_OF(file, line) GLUED(file, line)
#define MEMBER MEMBER_OF(FILE_OF_LINE, __LINE__)

static const struct names {
#define ENTRY(kind, name, other, arches, value, mask, base) char MEMBER[sizeof #name "\0" #other];
#include "table/words.def"
} names = {
#define ENTRY(kind, name, other, arches, value, mask, base) #name "\0" #other,
#include "table/words.def"
};

const char *const es_word_names = (const char *)&names;

const es_word_entry es_word_entries[] = {
#define ENTRY(kind, name, other, arches, value, mask, base)                                        \
    {offsetof(struct names, MEMBER), (uint32_t)(value), mask, ES_KIND_##kind, arches, base},
#include "table/words.def"
    {0, 0, 0, ES_KIND_WORDS, 0, DECIMAL}};

const int es_word_end = sizeof es_word_entries / sizeof *es_word_entries - 1;
