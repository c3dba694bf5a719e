/* Can a rule ever hold?  Arguments do not depend on each other: it can if each of them can. */
#include "base/array.h"
#include "base/error.h"
#include "policy/comparison.h"
#include "policy/cover.h"

static int check_each(uint32_t arch, int32_t number, const es_comparison *comparisons,
                      uint32_t count, es_error *error)
{
    int status = ES_OK;

    for (uint32_t i = 0; i < count && !status; i++)
        status = es_comparison_check(arch, number, &comparisons[i], error);
    return status;
}

static int never_holds(uint32_t arch, int32_t number, unsigned argument, es_error *error)
{
    es_argument_name name = es_name_argument(arch, number, argument);

    return es_fail(
        error, ES_ERR_COMPARISON, 0, NULL,
        "no value of %s satisfies what it is compared with: the rule would allow nothing",
        name.text);
}

/* All comparisons of an argument hold for no value where each value makes one of them fail. */
static bool can_hold(unsigned argument, unsigned width, es_condition *comparisons, uint32_t count)
{
    uint8_t widths[6] = {0};
    int32_t steps = ES_COVER_STEPS;

    widths[argument] = (uint8_t)width;
    return !es_conditions_cover(widths, comparisons, count, &steps);
}

static uint32_t gather(const es_comparison *comparisons, uint32_t count, unsigned argument,
                       es_condition *gathered)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < count; i++)
        if (comparisons[i].argument == argument)
            gathered[found++] = (es_condition){&comparisons[i], 1, 0, true};
    return found;
}

static int check_together(uint32_t arch, int32_t number, const es_comparison *comparisons,
                          uint32_t count, es_error *error)
{
    es_condition *gathered = malloc(count * sizeof *gathered);
    int status = ES_OK;

    if (!gathered)
        return es_fail_memory(error);
    for (unsigned argument = 0; argument < 6 && !status; argument++) {
        uint32_t found = gather(comparisons, count, argument, gathered);
        if (found && !can_hold(argument, (unsigned)es_syscall_width(arch, number, argument),
                               gathered, found))
            status = never_holds(arch, number, argument, error);
    }
    free(gathered);
    return status;
}

static bool can_hold_at_any_width(const es_comparison *comparison)
{
    static const unsigned widths[] = {ES_WIDTH_16, ES_WIDTH_32, ES_WIDTH_64};
    es_condition alone = {comparison, 1, 0, true};

    for (unsigned i = 0; i < sizeof widths / sizeof *widths; i++)
        if (es_comparison_check_width(0, -1, comparison, widths[i], NULL) == ES_OK &&
            can_hold(comparison->argument, widths[i], &alone, 1))
            return true;
    return false;
}

/* Without a call nobody knows the width at which several comparisons would meet. */
static int check_alone(uint32_t arch, const es_comparison *comparisons, uint32_t count,
                       es_error *error)
{
    for (uint32_t i = 0; i < count; i++)
        if (!can_hold_at_any_width(&comparisons[i]))
            return never_holds(arch, -1, comparisons[i].argument, error);
    return ES_OK;
}

int es_rule_check(uint32_t arch, int32_t number, const es_comparison *comparisons, uint32_t count,
                  es_error *error)
{
    int status;

    if (count && !comparisons)
        return es_fail_argument(error, "no comparisons");
    status = check_each(arch, number, comparisons, count, error);
    if (status || !count)
        return status;
    if (number < 0)
        return check_alone(arch, comparisons, count, error);
    return check_together(arch, number, comparisons, count, error);
}
