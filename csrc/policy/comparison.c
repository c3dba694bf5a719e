/*
 * What a comparison means, and which ones can be made.
 *
 * The kernel reads less of many arguments than a register holds, so a comparison is made on the
 * bits that count.  Where nobody has looked, a comparison must hold for both readings that are
 * possible: the low 32 bits, and all 64.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "policy/comparison.h"
#include "table/syscalls.h"

unsigned es_readings(unsigned width, uint64_t largest[2])
{
    switch (width) {
    case ES_WIDTH_16:
        largest[0] = UINT16_MAX;
        return 1;
    case ES_WIDTH_32:
        largest[0] = UINT32_MAX;
        return 1;
    case ES_WIDTH_UNKNOWN:
        largest[0] = UINT32_MAX;
        largest[1] = UINT64_MAX;
        return 2;
    default:
        largest[0] = UINT64_MAX;
        return 1;
    }
}

es_test es_test_at(const es_test *test, uint64_t largest, uint32_t given)
{
    es_test made = *test;

    made.mask &= largest;
    if (test->source == ES_DATUM_GIVEN) {
        made.source = ES_DATUM_CONSTANT;
        made.datum = given;
    }
    if (test->negative & ES_NEGATIVE_DATUM)
        made.datum &= largest;
    made.negative = 0;
    return made;
}

static bool holds_at(const es_test *test, uint64_t value)
{
    switch ((es_operator)test->op) {
    case ES_LESS:
        return value < test->datum;
    case ES_LESS_OR_EQUAL:
        return value <= test->datum;
    case ES_EQUAL:
        return value == test->datum;
    case ES_NOT_EQUAL:
        return value != test->datum;
    case ES_GREATER_EQUAL:
        return value >= test->datum;
    case ES_GREATER:
        return value > test->datum;
    case ES_MASKED_EQUAL:
        return (value & test->mask) == test->datum;
    }
    return false;
}

bool es_test_holds(const es_test *test, unsigned width, uint64_t value, uint32_t given,
                   uint32_t own_pid)
{
    uint64_t largest[2];
    unsigned count = es_readings(width, largest);

    if (test->source == ES_DATUM_OWN_PID)
        return own_pid != 0 && (uint32_t)value == own_pid;
    for (unsigned i = 0; i < count; i++) {
        es_test made = es_test_at(test, largest[i], given);
        if (!holds_at(&made, value & largest[i]))
            return false;
    }
    return true;
}

bool es_test_always(const es_test *test, unsigned width)
{
    uint64_t largest[2];
    unsigned count = es_readings(width, largest);

    for (unsigned i = 0; i < count; i++) {
        es_test made = es_test_at(test, largest[i], 0);
        bool always = test->source == ES_DATUM_CONSTANT &&
                      ((made.op == ES_GREATER_EQUAL && made.datum == 0) ||
                       (made.op == ES_LESS_OR_EQUAL && made.datum == largest[i]) ||
                       (made.op == ES_MASKED_EQUAL && made.mask == 0 && made.datum == 0));
        if (!always)
            return false;
    }
    return true;
}

/* Can a number be read in these bits, as unsigned or, with a sign, as two's complement? */
static bool fits(uint64_t number, bool negative, uint64_t largest)
{
    return negative ? number >= ~(largest >> 1) : number <= largest;
}

static bool datum_fits(const es_test *test, uint64_t largest)
{
    return fits(test->datum, test->negative & ES_NEGATIVE_DATUM, largest);
}

static bool mask_fits(const es_test *test, uint64_t largest)
{
    return fits(test->mask, test->negative & ES_NEGATIVE_MASK, largest);
}

static bool datum_in_mask(const es_test *test, uint64_t largest)
{
    es_test made = es_test_at(test, largest, 0);
    return test->op != ES_MASKED_EQUAL || (made.datum & ~made.mask) == 0;
}

static int check_fields(const es_test *test, es_error *error)
{
    if (test->argument > 5)
        return es_fail_argument(error, "a system call has arguments 0 to 5");
    if (test->op > ES_MASKED_EQUAL)
        return es_fail_argument(error, "there is no such operator");
    if (test->source != ES_DATUM_CONSTANT)
        return es_fail_argument(error, "only rows of the table have other data than constants");
    if (test->negative > (ES_NEGATIVE_DATUM | ES_NEGATIVE_MASK) ||
        ((test->negative & ES_NEGATIVE_DATUM) && (int64_t)test->datum >= 0) ||
        ((test->negative & ES_NEGATIVE_MASK) && (int64_t)test->mask >= 0))
        return es_fail_argument(error, "a number that is marked negative is not negative");
    if (test->op != ES_MASKED_EQUAL && test->mask)
        return es_fail_argument(error, "only a masked comparison has a mask");
    return ES_OK;
}

/* How a sentence names an argument: "argument 1 of write". */
typedef struct {
    char text[ES_NAME_SIZE + 32];
} argument_name;

static argument_name name_argument(uint32_t arch, int32_t number, unsigned argument)
{
    argument_name name;
    char call[ES_NAME_SIZE];

    if (number < 0)
        snprintf(name.text, sizeof name.text, "argument %u", argument);
    else if (es_syscall_name(arch, number, call) == ES_OK)
        snprintf(name.text, sizeof name.text, "argument %u of %s", argument, call);
    else
        snprintf(name.text, sizeof name.text, "argument %u of system call %" PRId32, argument,
                 number);
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
    argument_name name = name_argument(where.arch, where.number, where.argument);

    if (negative)
        return es_fail(error, ES_ERR_DATUM, 0, NULL, "%s %" PRId64 " %s %s", what, (int64_t)number,
                       why, name.text);
    return es_fail(error, ES_ERR_DATUM, 0, NULL, "%s %" PRIu64 " %s %s", what, number, why,
                   name.text);
}

static int refuse_pointer(es_error *error, place where)
{
    argument_name name = name_argument(where.arch, where.number, where.argument);

    return es_fail(error, ES_ERR_DATUM, 0, NULL,
                   "%s is a pointer: it can only be compared == 0 or != 0", name.text);
}

int es_test_check_width(uint32_t arch, int32_t number, const es_test *test, unsigned width,
                        es_error *error)
{
    place where = {arch, number, test->argument};
    bool negative_datum = test->negative & ES_NEGATIVE_DATUM;
    bool equality = test->op == ES_EQUAL || test->op == ES_NOT_EQUAL;
    uint64_t largest[2];
    unsigned count = es_readings(width, largest);
    int status = check_fields(test, error);

    if (status)
        return status;
    if (width == ES_WIDTH_POINTER)
        return equality && test->datum == 0 ? ES_OK : refuse_pointer(error, where);
    if (!mask_fits(test, largest[count - 1]))
        return refuse_number(error, where, "mask", test->mask, test->negative & ES_NEGATIVE_MASK,
                             "has bits that the kernel does not read of");
    for (unsigned i = 0; i < count; i++) {
        if (!datum_fits(test, largest[i]))
            return refuse_number(error, where, "datum", test->datum, negative_datum,
                                 width == ES_WIDTH_UNKNOWN
                                     ? "cannot be reached by the low 32 bits, which may be all "
                                       "that the kernel reads, of"
                                     : "is beyond what the kernel reads of");
        if (!datum_in_mask(test, largest[i]))
            return refuse_number(error, where, "datum", test->datum, negative_datum,
                                 "has bits outside its mask and can never equal");
    }
    return ES_OK;
}

/* Without a call: only what is wrong at every width. */
static int check_any_width(const es_test *test, es_error *error)
{
    static const uint64_t largest[] = {UINT16_MAX, UINT32_MAX, UINT64_MAX};
    int status = check_fields(test, error);

    if (status)
        return status;
    for (unsigned i = 0; i < sizeof largest / sizeof *largest; i++)
        if (datum_fits(test, largest[i]) && mask_fits(test, largest[i]) &&
            datum_in_mask(test, largest[i]))
            return ES_OK;
    return es_test_check_width(0, -1, test, ES_WIDTH_64, error);
}

int es_test_check(uint32_t arch, int32_t number, const es_test *test, es_error *error)
{
    int width;

    if (!test)
        return es_fail_argument(error, "a comparison is missing");
    if (number < 0)
        return check_any_width(test, error);
    width = es_syscall_width(arch, number, test->argument);
    return es_test_check_width(arch, number, test, (unsigned)width, error);
}
