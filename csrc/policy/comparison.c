/*
 * What a comparison means, and which ones can be made.
 *
 * The kernel reads less of many arguments than a register holds, so a comparison is made on the
 * bits that count.  Where these depend on another argument, or the call is not known, a comparison
 * must hold for both readings that are possible: the low 32 bits, and all 64.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "policy/comparison.h"
#include "table/syscalls.h"

/* Can a number be read in these bits, as unsigned or, with a sign, as two's complement? */
static bool fits(uint64_t number, bool negative, uint64_t largest)
{
    return negative ? number >= ~(largest >> 1) : number <= largest;
}

static bool datum_fits(const es_comparison *comparison, uint64_t largest)
{
    return fits(comparison->datum, comparison->negative & ES_NEGATIVE_DATUM, largest);
}

bool es_reads_twice(const es_comparison *comparison, unsigned width)
{
    /* A datum beyond 32 bits says by itself that all 64 are read. */
    return width == ES_WIDTH_UNKNOWN ||
           (width == ES_WIDTH_VARIES && datum_fits(comparison, UINT32_MAX));
}

unsigned es_readings(const es_comparison *comparison, unsigned width, uint64_t largest[2])
{
    if (es_reads_twice(comparison, width)) {
        largest[0] = UINT32_MAX;
        largest[1] = UINT64_MAX;
        return 2;
    }
    largest[0] = width == ES_WIDTH_16 ? UINT16_MAX : width == ES_WIDTH_32 ? UINT32_MAX : UINT64_MAX;
    return 1;
}

es_comparison es_comparison_at(const es_comparison *comparison, uint64_t largest, uint32_t given)
{
    es_comparison reading = *comparison;

    reading.mask &= largest;
    if (comparison->source == ES_DATUM_GIVEN) {
        reading.source = ES_DATUM_CONSTANT;
        reading.datum = given;
    }
    if (comparison->negative & ES_NEGATIVE_DATUM)
        reading.datum &= largest;
    reading.negative = 0;
    return reading;
}

static bool holds_at(const es_comparison *comparison, uint64_t value)
{
    switch ((es_operator)comparison->op) {
    case ES_LESS:
        return value < comparison->datum;
    case ES_LESS_OR_EQUAL:
        return value <= comparison->datum;
    case ES_EQUAL:
        return value == comparison->datum;
    case ES_NOT_EQUAL:
        return value != comparison->datum;
    case ES_GREATER_EQUAL:
        return value >= comparison->datum;
    case ES_GREATER:
        return value > comparison->datum;
    case ES_MASKED_EQUAL:
        return (value & comparison->mask) == comparison->datum;
    case ES_MASKED_NOT_EQUAL:
        return (value & comparison->mask) != comparison->datum;
    }
    return false;
}

bool es_comparison_holds(const es_comparison *comparison, unsigned width, uint64_t value,
                         uint32_t given, uint32_t own_pid)
{
    uint64_t largest[2];
    unsigned count = es_readings(comparison, width, largest);

    if (comparison->source == ES_DATUM_OWN_PID)
        return own_pid != 0 && (uint32_t)value == own_pid;
    for (unsigned i = 0; i < count; i++) {
        es_comparison reading = es_comparison_at(comparison, largest[i], given);
        if (!holds_at(&reading, value & largest[i]))
            return false;
    }
    return true;
}

bool es_comparison_always(const es_comparison *comparison, unsigned width)
{
    uint64_t largest[2];
    unsigned count = es_readings(comparison, width, largest);

    for (unsigned i = 0; i < count; i++) {
        es_comparison reading = es_comparison_at(comparison, largest[i], 0);
        bool always = comparison->source == ES_DATUM_CONSTANT &&
                      ((reading.op == ES_GREATER_EQUAL && reading.datum == 0) ||
                       (reading.op == ES_LESS_OR_EQUAL && reading.datum == largest[i]) ||
                       (reading.op == ES_MASKED_EQUAL && reading.mask == 0 && reading.datum == 0));
        if (!always)
            return false;
    }
    return true;
}

static bool mask_fits(const es_comparison *comparison, uint64_t largest)
{
    return fits(comparison->mask, comparison->negative & ES_NEGATIVE_MASK, largest);
}

static bool datum_in_mask(const es_comparison *comparison, uint64_t largest)
{
    es_comparison reading = es_comparison_at(comparison, largest, 0);
    return comparison->op != ES_MASKED_EQUAL || (reading.datum & ~reading.mask) == 0;
}

static int check_fields(const es_comparison *comparison, es_error *error)
{
    /* ES_MASKED_NOT_EQUAL stands in the table only. */
    if (comparison->argument > 5)
        return es_fail_argument(error, "a system call has arguments 0 to 5");
    if (comparison->op > ES_MASKED_EQUAL)
        return es_fail_argument(error, "there is no such operator");
    if (comparison->source != ES_DATUM_CONSTANT)
        return es_fail_argument(error, "only rows of the table have other data than constants");
    if (comparison->negative > (ES_NEGATIVE_DATUM | ES_NEGATIVE_MASK) ||
        ((comparison->negative & ES_NEGATIVE_DATUM) && (int64_t)comparison->datum >= 0) ||
        ((comparison->negative & ES_NEGATIVE_MASK) && (int64_t)comparison->mask >= 0))
        return es_fail_argument(error, "a number that is marked negative is not negative");
    if (comparison->op != ES_MASKED_EQUAL && comparison->mask)
        return es_fail_argument(error, "only a masked comparison has a mask");
    return ES_OK;
}

es_argument_name es_name_argument(uint32_t arch, int32_t number, unsigned argument)
{
    es_argument_name name;
    es_text text = es_text_in(name.text, sizeof name.text);
    char call[ES_NAME_SIZE], own[ES_NAME_SIZE];

    es_text_add(&text, "argument ");
    es_text_add_number(&text, argument, 10);
    if (number < 0)
        return name;
    if (es_syscall_name(arch, number, call) == ES_OK) {
        es_text_add(&text, " of ");
        es_text_add(&text, call);
    } else {
        es_text_add(&text, " of system call ");
        es_text_add_number(&text, (uint64_t)number, 10);
    }
    if (es_syscall_argument(arch, number, argument, own) == ES_OK) {
        es_text_add(&text, " (");
        es_text_add(&text, own);
        es_text_add(&text, ")");
    }
    return name;
}

/* Where a number is refused, for the sentence about it. */
typedef struct {
    uint32_t arch;
    int32_t number;
    unsigned argument;
} place;

static int refuse_number(es_error *error, place where, const char *what, uint64_t number,
                         bool negative, const char *why)
{
    es_argument_name name = es_name_argument(where.arch, where.number, where.argument);

    if (negative)
        return es_fail(error, ES_ERR_COMPARISON, 0, NULL, "%s %" PRId64 " %s %s", what,
                       (int64_t)number, why, name.text);
    return es_fail(error, ES_ERR_COMPARISON, 0, NULL, "%s %" PRIu64 " %s %s", what, number, why,
                   name.text);
}

/* The names of the arguments that the kernel reads, for a sentence: "fd, buf, count". */
static void list_arguments(const char *arguments, char list[128])
{
    es_text text = es_text_in(list, 128);
    es_listed_argument argument;

    for (unsigned i = 0; es_listed_argument_of(arguments, i, &argument); i++) {
        if (argument.width == ES_WIDTH_NONE)
            continue;
        es_text_add(&text, text.length ? ", " : "");
        es_text_add_part(&text, argument.name, argument.name_length);
    }
}

static int refuse_unread(es_error *error, place where)
{
    es_argument_name name = es_name_argument(where.arch, where.number, where.argument);
    char list[128];

    list_arguments(es_syscall_arguments(where.arch, where.number), list);
    return es_fail(error, ES_ERR_COMPARISON, 0, NULL,
                   "the kernel does not read %s, so it cannot be compared; it reads: %s", name.text,
                   *list ? list : "nothing");
}

static int refuse_pointer(es_error *error, place where)
{
    es_argument_name name = es_name_argument(where.arch, where.number, where.argument);

    return es_fail(error, ES_ERR_COMPARISON, 0, NULL,
                   "%s is a pointer: it can only be compared == 0 or != 0", name.text);
}

int es_comparison_check_width(uint32_t arch, int32_t number, const es_comparison *comparison,
                              unsigned width, es_error *error)
{
    place where = {arch, number, comparison->argument};
    bool negative_datum = comparison->negative & ES_NEGATIVE_DATUM;
    bool equality = comparison->op == ES_EQUAL || comparison->op == ES_NOT_EQUAL;
    uint64_t largest[2];
    unsigned count = es_readings(comparison, width, largest);
    int status = check_fields(comparison, error);

    if (status)
        return status;
    if (width == ES_WIDTH_NONE)
        return refuse_unread(error, where);
    if (width == ES_WIDTH_POINTER)
        return equality && comparison->datum == 0 ? ES_OK : refuse_pointer(error, where);
    if (!mask_fits(comparison, largest[count - 1]))
        return refuse_number(error, where, "mask", comparison->mask,
                             comparison->negative & ES_NEGATIVE_MASK,
                             "has bits that the kernel does not read of");
    for (unsigned i = 0; i < count; i++) {
        if (!datum_fits(comparison, largest[i]))
            return refuse_number(error, where, "datum", comparison->datum, negative_datum,
                                 width == ES_WIDTH_UNKNOWN
                                     ? "cannot be reached by the low 32 bits, which may be all "
                                       "that the kernel reads, of"
                                     : "is beyond what the kernel reads of");
        if (!datum_in_mask(comparison, largest[i]))
            return refuse_number(error, where, "datum", comparison->datum, negative_datum,
                                 "has bits outside its mask and can never equal");
    }
    return ES_OK;
}

/* Without a call: only what is wrong at every width. */
static int check_any_width(const es_comparison *comparison, es_error *error)
{
    static const uint64_t largest[] = {UINT16_MAX, UINT32_MAX, UINT64_MAX};
    int status = check_fields(comparison, error);

    if (status)
        return status;
    for (unsigned i = 0; i < sizeof largest / sizeof *largest; i++)
        if (datum_fits(comparison, largest[i]) && mask_fits(comparison, largest[i]) &&
            datum_in_mask(comparison, largest[i]))
            return ES_OK;
    return es_comparison_check_width(0, -1, comparison, ES_WIDTH_64, error);
}

int es_comparison_check(uint32_t arch, int32_t number, const es_comparison *comparison,
                        es_error *error)
{
    int width;

    if (!comparison)
        return es_fail_argument(error, "a comparison is missing");
    if (number < 0)
        return check_any_width(comparison, error);
    width = es_syscall_width(arch, number, comparison->argument);
    return es_comparison_check_width(arch, number, comparison, (unsigned)width, error);
}
