#include <string.h>

#include "base/text.h"

es_text es_text_in(char *memory, size_t size)
{
    if (size)
        *memory = 0;
    return (es_text){memory, size, 0};
}

void es_text_add_part(es_text *text, const char *string, size_t length)
{
    size_t room = text->length + 1 < text->size ? text->size - text->length - 1 : 0;
    size_t written = length < room ? length : room;

    if (written) {
        memcpy(text->memory + text->length, string, written);
        text->memory[text->length + written] = 0;
    }
    text->length += length;
}

void es_text_add(es_text *text, const char *string)
{
    es_text_add_part(text, string, strlen(string));
}

void es_text_add_number(es_text *text, uint64_t number, unsigned base)
{
    char digits[24]; /* 22 octal ones */
    unsigned at = sizeof digits;

    if (number)
        es_text_add(text, base == 16 ? "0x" : base == 8 ? "0" : "");
    do
        digits[--at] = "0123456789abcdef"[number % base];
    while (number /= base);
    es_text_add_part(text, digits + at, sizeof digits - at);
}
