/* Vocabularies.  A lookup walks through the list: it is short enough, and asked for rarely. */
#include <string.h>

#include "include/extrasafe.h"
#include "table/words.h"
#include "table/words_list.h"

typedef es_word_entry entry;

static const char *name_of(const entry *it)
{
    return es_word_names + it->name;
}

static const char *other_of(const entry *it)
{
    const char *name = name_of(it);
    return name + strlen(name) + 1;
}

static uint8_t bit_of(uint32_t arch)
{
    return arch == ES_ARCH_X86_64 ? ES_ON_X86 : arch == ES_ARCH_AARCH64 ? ES_ON_ARM : ES_ON_RISCV;
}

static bool begins(const entry *it)
{
    return it->kind == ES_KIND_WORDS || it->kind == ES_KIND_CHOICE;
}

static bool is_called(const entry *it, const char *name, size_t length)
{
    return strncmp(name_of(it), name, length) == 0 && name_of(it)[length] == 0;
}

int es_words(const char *name, size_t length)
{
    for (int i = 0; i < es_word_end; i++)
        if (begins(&es_word_entries[i]) && is_called(&es_word_entries[i], name, length))
            return i;
    return ES_NO_WORDS;
}

static int used_by(const entry *use)
{
    return es_words(name_of(use), strlen(name_of(use)));
}

/* The entries of a vocabulary follow its first one, up to the next that begins another. */
static const entry *first_of(int words)
{
    return &es_word_entries[words == ES_NO_WORDS ? es_word_end : words];
}

static const entry *next_of(const entry *it)
{
    return it == &es_word_entries[es_word_end] || begins(it + 1) ? NULL : it + 1;
}

/* fields: names of fields count as well.  scope is set to the bits that the word's vocabulary is
 * used for, where another one uses it. */
static const entry *find_any(int words, uint8_t arch, const char *name, size_t length, bool fields,
                             uint64_t *scope)
{
    for (const entry *it = next_of(first_of(words)); it; it = next_of(it)) {
        bool counts = it->kind == ES_KIND_WORD || (fields && it->kind == ES_KIND_MASK);
        if (counts && it->arches & arch && is_called(it, name, length))
            return it;
        if (it->kind == ES_KIND_USE) {
            const entry *found = find_any(used_by(it), arch, name, length, fields, scope);
            if (found) {
                *scope = it->mask;
                return found;
            }
        }
    }
    return NULL;
}

static const entry *find_word(int words, uint8_t arch, const char *name, size_t length,
                              uint64_t *scope)
{
    return find_any(words, arch, name, length, false, scope);
}

const char *es_words_name(int words, uint32_t arch, uint64_t value)
{
    for (const entry *it = next_of(first_of(words)); it; it = next_of(it))
        if (it->kind == ES_KIND_WORD && it->arches & bit_of(arch) && it->mask == UINT32_MAX &&
            it->value == value)
            return name_of(it);
    return NULL;
}

/* ---- Writing ---- */

typedef struct {
    es_text *text;
    uint8_t arch;
    uint64_t value;
    uint64_t open; /* bits that no word stands for as yet */
    unsigned parts; /* words that were written */
} writing;

static void add(writing *made, const char *word)
{
    if (made->parts++)
        es_text_add(made->text, "|");
    es_text_add(made->text, word);
}

/* A word for the whole argument is also one for the half that no word can have a bit in. */
static uint64_t mask_of(const entry *it, uint64_t scope)
{
    return (it->mask == UINT32_MAX ? UINT64_MAX : it->mask) & scope;
}

/* Of several words of one name only the first can be read again. */
static bool is_first(const writing *made, int words, const entry *it)
{
    uint64_t scope;
    return find_word(words, made->arch, name_of(it), strlen(name_of(it)), &scope) == it;
}

static void write_words(writing *made, int words, uint64_t scope)
{
    for (const entry *it = next_of(first_of(words)); it; it = next_of(it)) {
        uint64_t mask = mask_of(it, scope);
        if (it->kind == ES_KIND_USE)
            write_words(made, used_by(it), it->mask);
        if (it->kind != ES_KIND_WORD || !(it->arches & made->arch) || mask & ~made->open ||
            (made->value & mask) != it->value || !is_first(made, words, it))
            continue;
        add(made, name_of(it));
        made->open &= ~mask;
    }
}

/* A decimal number is written with a sign where that is what it is. */
static void write_number(es_text *text, uint64_t number, uint64_t largest, unsigned base)
{
    bool short_negative = largest == UINT32_MAX && number > INT32_MAX;
    bool long_negative = largest == UINT64_MAX && number >= (uint64_t)INT32_MIN;

    if (base == ES_DECIMAL && (short_negative || long_negative)) {
        es_text_add(text, "-");
        number = (largest - number) + 1;
    } else if (base == ES_DECIMAL && number > UINT32_MAX) {
        base = ES_HEX;
    }
    es_text_add_number(text, number, base);
}

void es_words_write(int words, uint32_t arch, uint64_t value, uint64_t mask, uint64_t largest,
                    es_text *text)
{
    writing made = {text, bit_of(arch), value & largest, mask & largest, 0};
    unsigned base = first_of(words)->base;
    uint64_t rest;

    write_words(&made, words, largest);
    rest = made.value & made.open;
    if (rest && made.parts)
        es_text_add(text, "|");
    if (rest || !made.parts)
        write_number(text, rest, largest, made.parts && base == ES_DECIMAL ? ES_HEX : base);
}

/* ---- Masks ---- */

static void write_masks(writing *made, int words)
{
    for (const entry *it = next_of(first_of(words)); it; it = next_of(it)) {
        bool is_bits = it->kind == ES_KIND_WORD && it->mask == it->value && it->mask;
        if (it->kind == ES_KIND_USE)
            write_masks(made, used_by(it));
        if (!(is_bits || it->kind == ES_KIND_MASK) || !(it->arches & made->arch) ||
            it->mask & ~made->open || it->mask & ~made->value)
            continue;
        add(made, name_of(it));
        made->open &= ~(uint64_t)it->mask;
    }
}

void es_words_write_mask(int words, uint32_t arch, uint64_t mask, uint64_t largest, es_text *text)
{
    bool but = mask & (largest ^ largest >> 1) && mask != largest;
    uint64_t bits = (but ? ~mask : mask) & largest;
    es_text nowhere = es_text_in(NULL, 0);
    writing counted = {&nowhere, bit_of(arch), bits, largest, 0};
    writing made = {text, bit_of(arch), bits, largest, 0};

    if (mask != largest)
        write_masks(&counted, words);
    counted.parts += counted.parts == 0 || bits & counted.open;
    es_text_add(text, but ? "~" : "");
    es_text_add(text, counted.parts > 1 ? "(" : "");
    if (mask != largest)
        write_masks(&made, words);
    if (made.parts < counted.parts) {
        es_text_add(text, made.parts ? "|" : "");
        es_text_add_number(text, bits & made.open,
                           first_of(words)->base == ES_OCTAL ? ES_OCTAL : ES_HEX);
    }
    es_text_add(text, counted.parts > 1 ? ")" : "");
}

/* ---- Reading ---- */

/* What is known of a value so far: the bits of the mask are as in value. */
typedef struct {
    uint64_t value, mask;
} reading;

static bool agrees(reading *made, uint64_t value, uint64_t mask)
{
    if ((made->value ^ value) & made->mask & mask)
        return false;
    made->value |= value;
    made->mask |= mask;
    return true;
}

static unsigned digit_of(char letter)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at = strchr(digits, letter);
    return letter && at ? (unsigned)(at - digits) % 16 : 16;
}

/* As in C: decimal, hexadecimal, octal; and with a minus, if it stands alone. */
static bool read_number(const char *text, size_t length, bool alone, uint64_t largest,
                        uint64_t *value)
{
    bool negative = alone && *text == '-';
    unsigned base = ES_DECIMAL;

    text += negative;
    length -= negative;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = ES_HEX;
        text += 2;
        length -= 2;
    } else if (length > 1 && text[0] == '0') {
        base = ES_OCTAL;
    }
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = digit_of(text[i]);
        if (digit >= base || *value > (largest - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    if (negative && *value > (largest >> 1) + 1)
        return false;
    if (negative)
        *value = (largest - *value + 1) & largest;
    return length > 0;
}

/* bits: a mask is read, to which every word adds its bits, and names of fields theirs. */
static es_words_status read_parts(int words, uint32_t arch, const char *text, uint64_t largest,
                                  bool bits, uint64_t *value, const char **at)
{
    reading made = {0, 0};
    bool alone = !strchr(text, '|');

    for (;; text++) {
        size_t length = strcspn(text, "|");
        uint64_t scope = largest, number, mask;
        *at = text;
        if (digit_of(*text) < 10 || *text == '-' || length == 0) {
            if (!read_number(text, length, alone, largest, &number))
                return ES_WORDS_NUMBER;
            mask = number;
        } else {
            const entry *word = find_any(words, bit_of(arch), text, length, bits, &scope);
            if (!word)
                return ES_WORDS_UNKNOWN;
            mask = mask_of(word, scope);
            number = word->kind == ES_KIND_MASK ? mask : word->value & largest;
        }
        if (!agrees(&made, number, bits ? 0 : mask))
            return ES_WORDS_CLASH;
        text += length;
        if (!*text)
            break;
    }
    *value = made.value;
    return ES_WORDS_OK;
}

es_words_status es_words_read(int words, uint32_t arch, const char *text, uint64_t largest,
                              uint64_t *value, const char **at)
{
    return read_parts(words, arch, text, largest, false, value, at);
}

es_words_status es_words_read_mask(int words, uint32_t arch, const char *text, uint64_t largest,
                                   uint64_t *value, const char **at)
{
    return read_parts(words, arch, text, largest, true, value, at);
}

/* ---- Choosing ---- */

const char *es_words_chosen_by(int words)
{
    const entry *first = first_of(words);
    return first->kind == ES_KIND_CHOICE ? other_of(first) : NULL;
}

int es_words_chosen(int words, uint32_t arch, int other, uint64_t value)
{
    for (const entry *it = next_of(first_of(words)); it; it = next_of(it)) {
        uint64_t scope;
        const char *name = name_of(it);
        const entry *word = find_word(other, bit_of(arch), name, strlen(name), &scope);
        if (word && word->value == value)
            return es_words(other_of(it), strlen(other_of(it)));
    }
    return ES_NO_WORDS;
}
