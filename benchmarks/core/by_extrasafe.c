/* A filter by this project's library. */
#include <extrasafe.h>
#include <string.h>

#include "core.h"

static const uint8_t operators[] = {
    [LESS] = ES_LESS,           [LESS_OR_EQUAL] = ES_LESS_OR_EQUAL,
    [EQUAL] = ES_EQUAL,         [NOT_EQUAL] = ES_NOT_EQUAL,
    [GREATER] = ES_GREATER,     [GREATER_EQUAL] = ES_GREATER_EQUAL,
    [MASKED] = ES_MASKED_EQUAL,
};

static failure describe(const policy *given, description **made)
{
    es_policy *described;

    if (es_policy_new(0, &described, NULL) != ES_OK)
        return "es_policy_new() failed";
    for (size_t i = 0; i < given->rule_count; i++) {
        const rule *next = &given->rules[i];
        es_comparison comparisons[MAX_COMPARISONS] = {0};
        for (unsigned j = 0; j < next->comparison_count; j++) {
            const comparison *from = &next->comparisons[j];
            comparisons[j].argument = (uint8_t)from->argument;
            comparisons[j].op = operators[from->op];
            comparisons[j].mask = from->mask;
            comparisons[j].datum = from->datum;
        }
        if (es_policy_allow(described, next->number, comparisons, next->comparison_count, 0,
                            NULL) != ES_OK)
            return "es_policy_allow() failed";
    }
    *made = described;
    return NULL;
}

static failure compile(description *of, program *result)
{
    es_program *compiled;

    if (es_compile(of, &compiled, NULL) != ES_OK)
        return "too long a filter";
    if (result) {
        es_instruction instructions[MAX_LENGTH];
        result->length = es_program_export(compiled, instructions, MAX_LENGTH);
        memcpy(result->instructions, instructions, result->length * sizeof *instructions);
    }
    es_program_free(compiled);
    return NULL;
}

static failure load(description *of, bool all_threads)
{
    es_filter *filter;
    es_options options = {.size = sizeof options,
                          .threads = all_threads ? ES_ALL_THREADS : ES_THIS_THREAD};

    if (es_prepare(of, &options, &filter, NULL) != ES_OK)
        return "es_prepare() failed";
    if (es_commit(filter, NULL) != ES_OK)
        return "es_commit() failed";
    es_filter_free(filter);
    return NULL;
}

static void discard(description *of)
{
    es_policy_free(of);
}

const way by_extrasafe = {"extrasafe", describe, compile, load, discard};
