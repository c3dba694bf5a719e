#include <stdbool.h>
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

/* ---- Quotes ---- */

/* The first character of UTF-8, and of how many bytes it is; 0 where it is none. */
static unsigned decode(const unsigned char *bytes, size_t length, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = bytes[0];
    unsigned count = first < 0x80    ? 1
                     : first < 0xc0  ? 0
                     : first < 0xe0  ? 2
                     : first < 0xf0  ? 3
                     : first <= 0xf4 ? 4
                                     : 0;

    if (count < 2) {
        *character = first;
        return count;
    }
    if (count > length)
        return 0;
    *character = first & (0xffu >> (count + 1));
    for (unsigned i = 1; i < count; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (bytes[i] & 0x3f);
    }
    if (*character < smallest[count] || *character > 0x10ffff ||
        (*character >= 0xd800 && *character <= 0xdfff))
        return 0;
    return count;
}

/* Unicode's controls, formats, separators and private characters, which do not print or change how
 * the rest of a line is read. */
static bool is_printable(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } others[] = {
        {0x0000, 0x001f},   {0x007f, 0x00a0},   {0x00ad, 0x00ad},   {0x0600, 0x0605},
        {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x0890, 0x0891},
        {0x08e2, 0x08e2},   {0x1680, 0x1680},   {0x180e, 0x180e},   {0x2000, 0x200f},
        {0x2028, 0x202f},   {0x205f, 0x206f},   {0x3000, 0x3000},   {0xe000, 0xf8ff},
        {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},
        {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff}, {0xf0000, 0x10ffff}};

    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        if (character >= others[i].first && character <= others[i].last)
            return false;
    return true;
}

static void add_escape(es_text *text, uint32_t character)
{
    const char *letter = character == '\t'   ? "\\t"
                         : character == '\n' ? "\\n"
                         : character == '\r' ? "\\r"
                                             : NULL;
    unsigned digits = character < 0x100 ? 2 : character < 0x10000 ? 4 : 8;

    if (letter) {
        es_text_add(text, letter);
        return;
    }
    es_text_add(text, digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U");
    while (digits--)
        es_text_add_part(text, &"0123456789abcdef"[character >> 4 * digits & 0xf], 1);
}

void es_text_add_quoted(es_text *text, const char *string, size_t length, char quote)
{
    const unsigned char *at = (const unsigned char *)string;

    es_text_add_part(text, &quote, 1);
    while (length) {
        uint32_t character;
        unsigned count = decode(at, length, &character);
        if (count == 1 && (*at == '\\' || *at == (unsigned char)quote))
            es_text_add(text, "\\");
        if (count && is_printable(character))
            es_text_add_part(text, (const char *)at, count);
        else
            add_escape(text, count ? character : 0xdc00u | *at);
        count = count ? count : 1;
        at += count;
        length -= count;
    }
    es_text_add_part(text, &quote, 1);
}
