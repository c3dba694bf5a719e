/* The entries of words.def. */
#ifndef ES_TABLE_WORDS_LIST_H
#define ES_TABLE_WORDS_LIST_H

#include <stdint.h>

enum {
    ES_KIND_WORDS,  /* the first entry of a vocabulary */
    ES_KIND_CHOICE, /* or of one of others; its other name is the argument that chooses */
    ES_KIND_WORD,
    ES_KIND_MASK,
    ES_KIND_USE, /* its name is a vocabulary */
    ES_KIND_WHEN /* its other name is a vocabulary */
};

enum { ES_ON_X86 = 1, ES_ON_ARM = 2, ES_ON_RISCV = 4 };
enum { ES_OCTAL = 8, ES_DECIMAL = 10, ES_HEX = 16 };

typedef struct {
    uint32_t name; /* where it begins in es_word_names; behind its 0 comes the other name */
    uint32_t value, mask;
    uint8_t kind, arches, base;
} es_word_entry;

extern const char *const es_word_names;
/* Behind the last one stands the begin of a vocabulary without words. */
extern const es_word_entry es_word_entries[];
extern const int es_word_end;

#endif
