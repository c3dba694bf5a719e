/*
 * Text in the caller's memory, as snprintf(3) writes it: it always ends with a 0, and is counted
 * also where there is no room for it.  Neither stdio nor allocation: safe in a signal handler.
 */
#ifndef ES_BASE_TEXT_H
#define ES_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    char *memory; /* may be NULL where size is 0 */
    size_t size;
    size_t length; /* of the whole text, without the 0 */
} es_text;

es_text es_text_in(char *memory, size_t size);
void es_text_add(es_text *text, const char *string);
void es_text_add_part(es_text *text, const char *string, size_t length);
/* In base 10, 16 or 8, as C writes it. */
void es_text_add_number(es_text *text, uint64_t number, unsigned base);
/* So many bytes between quotes, ' or ", as Python writes them: escaped are the quote, backslashes
 * and what cannot be printed.  Bytes that are not UTF-8 are "\udc80" to "\udcff". */
void es_text_add_quoted(es_text *text, const char *string, size_t length, char quote);

#endif
