/* Calls and their arguments in words. */
#include <string.h>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "table/arguments.h"
#include "table/syscalls.h"
#include "table/words.h"

enum { ARGUMENTS = 6 };

/* An argument of a call: its place in the list, and its vocabulary as far as the call tells. */
typedef struct {
    es_listed_argument listed;
    uint64_t largest;
    int words;
} argument_words;

static uint64_t largest_of(unsigned width)
{
    return width == ES_WIDTH_16 ? UINT16_MAX : width == ES_WIDTH_32 ? UINT32_MAX : UINT64_MAX;
}

static bool is_known(unsigned known, unsigned argument)
{
    return known >> argument & 1;
}

/* Where an argument of this name stands; ARGUMENTS where none has it. */
static unsigned place_of(const char *arguments, const char *name)
{
    es_listed_argument listed;
    unsigned i = 0;

    while (es_listed_argument_of(arguments, i, &listed)) {
        if (strncmp(name, listed.name, listed.name_length) == 0 && !name[listed.name_length])
            return i;
        i++;
    }
    return ARGUMENTS;
}

static int chosen(const char *arguments, const es_call *call, unsigned known, int words)
{
    unsigned by = place_of(arguments, es_words_chosen_by(words));
    es_listed_argument other;

    if (by == ARGUMENTS || !is_known(known, by) || !es_listed_argument_of(arguments, by, &other))
        return ES_NO_WORDS;
    return es_words_chosen(words, call->arch, es_words(other.words, other.words_length),
                           call->args[by] & largest_of(other.width));
}

/* What can be said of an argument.  false, and no words, for one that the call does not have. */
static bool find(const es_call *call, unsigned known, unsigned argument, argument_words *found)
{
    const char *arguments = es_syscall_arguments(call->arch, call->nr);

    *found = (argument_words){.words = ES_NO_WORDS, .largest = UINT64_MAX};
    if (!arguments || !es_listed_argument_of(arguments, argument, &found->listed))
        return false;
    found->largest = largest_of(found->listed.width);
    found->words = es_words(found->listed.words, found->listed.words_length);
    if (es_words_chosen_by(found->words))
        found->words = chosen(arguments, call, known, found->words);
    return true;
}

static es_call call_of(const es_call *call)
{
    es_call copy = *call;

    copy.arch = copy.arch ? copy.arch : es_arch_native();
    return copy;
}

/* ---- Names ---- */

int es_syscall_argument(uint32_t arch, int32_t number, unsigned argument, char name[ES_NAME_SIZE])
{
    const char *arguments = es_syscall_arguments(arch, number);
    es_listed_argument listed;

    if (!name)
        return ES_ERR_ARGUMENT;
    if (!arguments || !es_listed_argument_of(arguments, argument, &listed) ||
        listed.name_length >= ES_NAME_SIZE)
        return ES_ERR_UNKNOWN;
    memcpy(name, listed.name, listed.name_length);
    name[listed.name_length] = 0;
    return ES_OK;
}

int es_syscall_takes_path(uint32_t arch, int32_t number, unsigned argument)
{
    const char *arguments = es_syscall_arguments(arch, number);
    es_listed_argument listed;

    return arguments && es_listed_argument_of(arguments, argument, &listed) &&
           es_names_file(&listed);
}

const char *es_errno_name(int errnum)
{
    return errnum < 0 ? NULL : es_words_name(es_words("errno", 5), 0, (uint64_t)errnum);
}

/* ---- Values ---- */

static void write_pointer(uint64_t value, es_text *text)
{
    if (value)
        es_text_add_number(text, value, 16);
    else
        es_text_add(text, "NULL");
}

static void write_value(const es_call *call, unsigned known, unsigned argument, es_text *text)
{
    uint64_t value = call->args[argument];
    argument_words found;

    if (!find(call, known, argument, &found))
        es_text_add_number(text, value, 16);
    else if (found.listed.width == ES_WIDTH_POINTER)
        write_pointer(value, text);
    else
        es_words_write(found.words, call->arch, value, found.largest, found.largest, text);
}

size_t es_word_value(const es_call *call, unsigned known, unsigned argument, char *memory,
                     size_t size)
{
    es_text text = es_text_in(memory, memory ? size : 0);
    es_call copy;

    if (!call || argument >= ARGUMENTS)
        return 0;
    copy = call_of(call);
    write_value(&copy, known, argument, &text);
    return text.length;
}

static void write_name(const es_call *call, es_text *text)
{
    const char *name = es_listed_call(call->arch, call->nr);

    if (name) {
        es_text_add(text, name);
        return;
    }
    es_text_add(text, call->nr < 0 ? "syscall_-" : "syscall_");
    es_text_add_number(text, call->nr < 0 ? (uint64_t)-(int64_t)call->nr : (uint64_t)call->nr, 10);
}

/* Is this argument, with all behind it, for a file that is created, and none is? */
static bool is_of_no_file(const es_call *call, unsigned known, const char *arguments,
                            unsigned argument)
{
    es_listed_argument before;

    return argument && is_known(known, argument - 1) &&
           es_listed_argument_of(arguments, argument - 1, &before) && before.words_length == 4 &&
           strncmp(before.words, "open", 4) == 0 &&
           !(call->args[argument - 1] & (ES_O_CREAT | ES_O_TMPFILE_BIT));
}

size_t es_word_call_told(const es_call *call, unsigned known, const es_told *told, char *memory,
                         size_t size)
{
    const bool has_paths = told && told->size >= sizeof *told;
    es_text text = es_text_in(memory, memory ? size : 0);
    const char *arguments;
    es_listed_argument listed;
    es_call copy;

    if (!call)
        return 0;
    copy = call_of(call);
    arguments = es_syscall_arguments(copy.arch, copy.nr);
    write_name(&copy, &text);
    es_text_add(&text, "(");
    for (unsigned i = 0; i < ARGUMENTS; i++) {
        if (arguments && !es_listed_argument_of(arguments, i, &listed))
            break;
        if (is_of_no_file(&copy, known, arguments, i))
            break;
        es_text_add(&text, i ? ", " : "");
        if (has_paths && told->paths[i])
            es_text_add_quoted(&text, told->paths[i], strlen(told->paths[i]), '"');
        else if (is_known(known, i) && !(arguments && listed.width == ES_WIDTH_NONE))
            write_value(&copy, known, i, &text);
        else
            es_text_add(&text, "?");
    }
    es_text_add(&text, ")");
    return text.length;
}

size_t es_word_call(const es_call *call, unsigned known, char *memory, size_t size)
{
    return es_word_call_told(call, known, NULL, memory, size);
}

/* ---- Comparisons ---- */

void es_write_argument(const es_call *call, unsigned argument, es_text *text)
{
    argument_words found;

    if (find(call, 0, argument, &found)) {
        es_text_add_part(text, found.listed.name, found.listed.name_length);
        return;
    }
    es_text_add(text, "argument ");
    es_text_add_number(text, argument, 10);
}

void es_write_masked(const es_call *call, unsigned known, unsigned argument, uint64_t mask,
                     es_text *text)
{
    argument_words found;

    find(call, known, argument, &found);
    es_write_argument(call, argument, text);
    es_text_add(text, " & ");
    es_words_write_mask(found.words, call->arch, mask, found.largest, text);
}

static bool is_masked(const es_comparison *comparison)
{
    return comparison->op == ES_MASKED_EQUAL || comparison->op == ES_MASKED_NOT_EQUAL;
}

static void write_datum(const es_call *call, unsigned known, const es_comparison *comparison,
                        es_text *text)
{
    argument_words found;
    uint64_t mask = is_masked(comparison) ? comparison->mask : UINT64_MAX;
    bool ordered = !is_masked(comparison) && comparison->op != ES_EQUAL &&
                   comparison->op != ES_NOT_EQUAL;
    uint64_t datum;

    find(call, known, comparison->argument, &found);
    datum = comparison->datum & found.largest;
    if (comparison->source == ES_DATUM_GIVEN)
        es_text_add(text, "the given descriptor");
    else if (comparison->source == ES_DATUM_OWN_PID)
        es_text_add(text, "the process itself");
    else if (found.listed.width == ES_WIDTH_POINTER)
        write_pointer(datum, text);
    else if (ordered && datum > found.largest >> 1) /* no number is negative in that order */
        es_text_add_number(text, datum, datum > UINT32_MAX ? 16 : 10);
    else
        es_words_write(found.words, call->arch, datum, mask, found.largest, text);
}

void es_write_comparison(const es_call *call, unsigned known, const es_comparison *comparison,
                         es_text *text)
{
    static const char *const signs[] = {" < ", " <= ", " == ", " != ", " >= ", " > ",
                                        " == ", " != "};

    if (is_masked(comparison)) {
        es_text_add(text, "(");
        es_write_masked(call, known, comparison->argument, comparison->mask, text);
        es_text_add(text, ")");
    } else {
        es_write_argument(call, comparison->argument, text);
    }
    es_text_add(text, signs[comparison->op]);
    write_datum(call, known, comparison, text);
}

size_t es_word_condition(uint32_t arch, int32_t number, const es_comparison *comparisons,
                         uint32_t count, char *memory, size_t size)
{
    es_text text = es_text_in(memory, memory ? size : 0);
    es_call call = {.nr = number, .arch = arch ? arch : es_arch_native()};
    unsigned known = 0;

    for (uint32_t i = 0; comparisons && i < count; i++) {
        const es_comparison *it = &comparisons[i];
        if (it->argument >= ARGUMENTS || it->op > ES_MASKED_NOT_EQUAL)
            return 0;
        if (it->op == ES_EQUAL && it->source == ES_DATUM_CONSTANT) {
            call.args[it->argument] = it->datum;
            known |= 1u << it->argument;
        }
    }
    for (uint32_t i = 0; comparisons && i < count; i++) {
        es_text_add(&text, i ? " and " : "");
        es_write_comparison(&call, known, &comparisons[i], &text);
    }
    return text.length;
}

/* ---- Reading ---- */

static int refuse(es_error *error, es_words_status status, const char *at,
                  const es_listed_argument *argument)
{
    int length = (int)strcspn(at, "|");
    int name_length = (int)argument->name_length;

    switch (status) {
    case ES_WORDS_UNKNOWN:
        return es_fail(error, ES_ERR_UNKNOWN, 0, NULL, "%.*s has no word '%.*s'", name_length,
                       argument->name, length, at);
    case ES_WORDS_NUMBER:
        return es_fail(error, ES_ERR_COMPARISON, 0, NULL, "'%.*s' is no number that %.*s can have",
                       length, at, name_length, argument->name);
    default:
        return es_fail(error, ES_ERR_COMPARISON, 0, NULL,
                       "'%.*s' says something else of %.*s than the words before it", length, at,
                       name_length, argument->name);
    }
}

typedef es_words_status reader(int words, uint32_t arch, const char *text, uint64_t largest,
                               uint64_t *value, const char **at);

static int parse(reader *read, const es_call *call, unsigned known, unsigned argument,
                 const char *text, uint64_t *value, es_error *error)
{
    argument_words found;
    es_words_status status;
    const char *at;
    es_call copy;

    if (!call || !text || !value)
        return es_fail_argument(error, "no call, no text, or no place for the value");
    copy = call_of(call);
    if (!find(&copy, known, argument, &found))
        return es_fail_argument(error, "the call has no such argument");
    if (found.listed.width == ES_WIDTH_POINTER && strcmp(text, "NULL") == 0) {
        *value = 0;
        return ES_OK;
    }
    status = read(found.words, copy.arch, text, found.largest, value, &at);
    return status ? refuse(error, status, at, &found.listed) : ES_OK;
}

int es_word_parse(const es_call *call, unsigned known, unsigned argument, const char *text,
                  uint64_t *value, es_error *error)
{
    return parse(es_words_read, call, known, argument, text, value, error);
}

int es_word_parse_mask(const es_call *call, unsigned known, unsigned argument, const char *text,
                       uint64_t *value, es_error *error)
{
    return parse(es_words_read_mask, call, known, argument, text, value, error);
}
