/*
 * Do conditions together hold for every call?
 *
 * A call is looked for that satisfies none.  The bits of its arguments are decided from the highest
 * of an argument down, so that an ordered comparison is settled as soon as the argument differs
 * from the datum, and a masked one by the first wrong bit.  A condition that can no longer hold is
 * left behind.  Where none is left, such a call is found; where one holds whatever the other bits
 * are, none is to be found here.
 *
 * Several bits are decided at once, as a digit, where all data agree about them: what matters is
 * only whether the argument is less, equal or greater there.  Bits that no condition depends on are
 * not decided at all.
 *
 * The choice that leaves fewest conditions comes first, so that a call that exists is found at once
 * as a rule.  That there is none takes longer to see: in the worst case (this is the tautology
 * problem of propositional logic) exponentially longer, so the search ends after so many steps.
 */
#include "policy/comparison.h"
#include "policy/cover.h"

enum { ARGUMENTS = 6, COVERED = -1, MOST_CHOICES = 3 };

/* What is known of a comparison or a condition while bits are open; - turns it into its opposite.
 */
typedef enum { NEVER = -1, MAYBE = 0, ALWAYS = 1 } verdict;

typedef struct {
    const uint8_t *widths;
    es_condition *conditions; /* those that can still hold come first */
    uint64_t value;           /* of the argument in hand, its open bits 0 */
    uint64_t open;            /* its bits that are not decided yet */
    unsigned argument;        /* all before it are decided, none behind it */
    int32_t *steps;
} search;

/* The open bits of the argument in hand, as comparisons that may hold see them. */
typedef struct {
    uint64_t used;   /* by any of them */
    uint64_t single; /* to be decided one by one: of a mask, or data disagree */
    uint64_t starts; /* the highest of each reading */
    uint64_t datum;  /* of the first ordered comparison */
    bool has_datum;
} bit_use;

/* ---- Comparisons ---- */

static verdict is_less(uint64_t low, uint64_t high, uint64_t datum)
{
    return high < datum ? ALWAYS : low >= datum ? NEVER : MAYBE;
}

static verdict is_greater(uint64_t low, uint64_t high, uint64_t datum)
{
    return low > datum ? ALWAYS : high <= datum ? NEVER : MAYBE;
}

static verdict is_equal(uint64_t low, uint64_t high, uint64_t datum)
{
    return low > datum || high < datum ? NEVER : low == high ? ALWAYS : MAYBE;
}

static verdict is_masked_equal(uint64_t value, uint64_t open, uint64_t mask, uint64_t datum)
{
    if ((value & mask) != (datum & ~open))
        return NEVER;
    return (mask & open) == 0 ? ALWAYS : MAYBE;
}

/* Of one reading, whose open bits are the lowest. */
static verdict judge_reading(const es_comparison *reading, uint64_t value, uint64_t open)
{
    uint64_t high = value | open;

    switch ((es_operator)reading->op) {
    case ES_LESS:
        return is_less(value, high, reading->datum);
    case ES_LESS_OR_EQUAL:
        return -is_greater(value, high, reading->datum);
    case ES_EQUAL:
        return is_equal(value, high, reading->datum);
    case ES_NOT_EQUAL:
        return -is_equal(value, high, reading->datum);
    case ES_GREATER_EQUAL:
        return -is_less(value, high, reading->datum);
    case ES_GREATER:
        return is_greater(value, high, reading->datum);
    case ES_MASKED_EQUAL:
        return is_masked_equal(value, open, reading->mask, reading->datum);
    case ES_MASKED_NOT_EQUAL:
        return -is_masked_equal(value, open, reading->mask, reading->datum);
    }
    return NEVER;
}

static uint64_t highest(uint64_t bits)
{
    return 1ull << (63 - __builtin_clzll(bits));
}

static void note_bits(bit_use *use, const es_comparison *reading, uint64_t open)
{
    if (reading->op == ES_MASKED_EQUAL || reading->op == ES_MASKED_NOT_EQUAL) {
        use->used |= reading->mask & open;
        use->single |= reading->mask & open;
        return;
    }
    if (!use->has_datum)
        use->datum = reading->datum;
    use->has_datum = true;
    use->used |= open;
    use->single |= (reading->datum ^ use->datum) & open;
    use->starts |= highest(open);
}

/* A comparison of the argument in hand. */
static verdict judge_comparison(const search *in, const es_comparison *comparison, uint32_t given,
                                bit_use *use)
{
    uint64_t largest[2];
    unsigned count = es_readings(comparison, in->widths[in->argument], largest);
    verdict all = ALWAYS;

    --*in->steps;
    for (unsigned i = 0; i < count; i++) {
        es_comparison reading = es_comparison_at(comparison, largest[i], given);
        uint64_t open = in->open & largest[i];
        verdict one = judge_reading(&reading, in->value & largest[i], open);
        if (one == MAYBE)
            note_bits(use, &reading, open);
        if (one < all)
            all = one;
    }
    return all;
}

/* ---- Conditions ---- */

/* A condition that can still hold: what was compared of earlier arguments did. */
static verdict judge(const search *in, const es_condition *condition, bit_use *use)
{
    verdict all = ALWAYS;

    for (uint32_t i = 0; i < condition->count && all != NEVER; i++) {
        const es_comparison *comparison = &condition->comparisons[i];
        verdict one = ALWAYS;
        if (comparison->argument > in->argument)
            one = MAYBE;
        else if (comparison->argument == in->argument)
            one = judge_comparison(in, comparison, condition->given, use);
        if (one < all)
            all = one;
    }
    return condition->negated ? -all : all;
}

static void swap(es_condition *one, es_condition *other)
{
    es_condition kept = *one;

    *one = *other;
    *other = kept;
}

/* Put those of the first count conditions first that can still hold.  Returns how many these are,
 * or COVERED where one holds in any case. */
static int32_t narrow(search *in, uint32_t count, bit_use *use)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < count; i++) {
        verdict known = judge(in, &in->conditions[i], use);
        if (known == ALWAYS)
            return COVERED;
        if (known == MAYBE)
            swap(&in->conditions[i], &in->conditions[left++]);
    }
    return (int32_t)left;
}

/* ---- The search ---- */

/* The values of the next digit, in its place; returns how many.  *rest gets the bits below it. */
static unsigned list_choices(const bit_use *use, uint64_t values[MOST_CHOICES], uint64_t *rest)
{
    uint64_t top = highest(use->used), below, unit, digit, datum;
    unsigned count = 0;

    if (use->single & top) {
        values[count++] = 0;
        values[count++] = top;
        *rest = top - 1;
        return count;
    }
    /* The digit ends where bits are decided one by one, or where another reading begins. */
    below = (use->single | use->starts) & (top - 1);
    unit = below ? highest(below) << 1 : 1;
    digit = (top | (top - 1)) & ~(unit - 1);
    datum = use->datum & digit;
    if (datum != digit)
        values[count++] = datum + unit;
    if (datum != 0)
        values[count++] = datum - unit;
    values[count++] = datum;
    *rest = unit - 1;
    return count;
}

/* Leave behind the conditions that cannot hold, and look how the others use the argument in hand,
 * or else the next one that is compared.  Returns as narrow() does. */
static int32_t advance(search *in, uint32_t count, bit_use *use)
{
    int32_t left = narrow(in, count, use);

    while (left > 0 && !use->used && ++in->argument < ARGUMENTS) {
        in->value = 0;
        in->open = UINT64_MAX;
        left = narrow(in, (uint32_t)left, use);
    }
    return left;
}

/* Is there a call that none of the first count conditions holds for? */
static bool find_uncovered(search *in, uint32_t count)
{
    bit_use use = {0}, ignored = {0};
    uint64_t values[MOST_CHOICES], rest, value;
    int32_t left = advance(in, count, &use), behind[MOST_CHOICES];
    unsigned argument = in->argument, choices;

    if (left <= 0 || *in->steps < 0 || !use.used)
        return left != COVERED;
    value = in->value;
    choices = list_choices(&use, values, &rest);
    for (unsigned i = 0; i < choices; i++) {
        in->value = value | values[i];
        in->open = rest;
        behind[i] = narrow(in, (uint32_t)left, &ignored);
        if (behind[i] == 0)
            return true;
    }
    for (;;) {
        unsigned best = choices;
        for (unsigned i = 0; i < choices; i++)
            if (behind[i] != COVERED && (best == choices || behind[i] < behind[best]))
                best = i;
        if (best == choices)
            return false;
        in->argument = argument;
        in->value = value | values[best];
        in->open = rest;
        if (find_uncovered(in, (uint32_t)left))
            return true;
        behind[best] = COVERED;
    }
}

bool es_conditions_cover(const uint8_t widths[6], es_condition *conditions, uint32_t count,
                         int32_t *steps)
{
    search in = {widths, conditions, 0, UINT64_MAX, 0, steps};

    return !find_uncovered(&in, count);
}
