/* Vocabularies: values of arguments as text, and back. */
#ifndef ES_TABLE_WORDS_H
#define ES_TABLE_WORDS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/text.h"

/* A vocabulary by its name; ES_NO_WORDS where there is none, which has no word and writes all
 * numbers in decimal. */
enum { ES_NO_WORDS = -1 };
int es_words(const char *name, size_t length);

/* The word for the whole value; NULL where there is none. */
const char *es_words_name(int words, uint32_t arch, uint64_t value);
/* largest is the largest value of the argument: values have no bits above it.  Only the bits of the
 * mask are meant, which is as a rule largest too. */
void es_words_write(int words, uint32_t arch, uint64_t value, uint64_t mask, uint64_t largest,
                    es_text *text);
/* The words for all bits of a mask: "~(O_CREAT|O_EXCL)" where that is shorter; in parentheses if
 * they are several. */
void es_words_write_mask(int words, uint32_t arch, uint64_t mask, uint64_t largest, es_text *text);

/* What was wrong with a text. */
typedef enum {
    ES_WORDS_OK = 0,
    ES_WORDS_UNKNOWN, /* it has a word that the vocabulary does not have */
    ES_WORDS_NUMBER,  /* a number that is none, or beyond the largest value */
    ES_WORDS_CLASH    /* two parts that cannot both be meant: "O_RDONLY|O_WRONLY" */
} es_words_status;

/* The value of words and numbers, joined by |: all that es_words_write() writes, and no blank.  at
 * is set to the part that was wrong. */
es_words_status es_words_read(int words, uint32_t arch, const char *text, uint64_t largest,
                              uint64_t *value, const char **at);
/* The bits of a mask: words, names of fields, and numbers, joined by |. */
es_words_status es_words_read_mask(int words, uint32_t arch, const char *text, uint64_t largest,
                                   uint64_t *value, const char **at);

/* For a vocabulary that is one of others: the argument that chooses, and which one it chooses with
 * the value of other, the vocabulary of that argument.  NULL, and ES_NO_WORDS, where it is none. */
const char *es_words_chosen_by(int words);
int es_words_chosen(int words, uint32_t arch, int other, uint64_t value);

#endif
