/*
 * The policies, read from a text:
 *
 *     policy NAME
 *     rule NAME-OF-CALL [ARGUMENT OPERATOR MASK DATUM]...
 *
 * The operator "&" is argument & mask == datum; all others have the mask 0.
 */
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

static policy *policies;
static size_t policy_count;

static void *grown(void *items, size_t count, size_t size)
{
    void *larger = realloc(items, (count + 1) * size);
    if (!larger)
        exit(1);
    return larger;
}

static _Noreturn void bad_line(const char *line)
{
    fprintf(stderr, "cannot read: %s\n", line);
    exit(1);
}

static void add_policy(const char *line)
{
    policies = grown(policies, policy_count, sizeof *policies);
    policies[policy_count] = (policy){.rule_count = 0};
    if (sscanf(line, "policy %63s", policies[policy_count].name) != 1)
        bad_line(line);
    policy_count++;
}

static operator operator_of(const char *symbol, const char *line)
{
    static const char *const symbols[] = {
        [LESS] = "<",           [LESS_OR_EQUAL] = "<=", [EQUAL] = "==", [NOT_EQUAL] = "!=",
        [GREATER_EQUAL] = ">=", [GREATER] = ">",        [MASKED] = "&",
    };

    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (strcmp(symbols[i], symbol) == 0)
            return (operator)i;
    bad_line(line);
}

static void add_rule(const char *line)
{
    policy *last = &policies[policy_count - 1];
    rule made = {.comparison_count = 0};
    char name[64], symbol[3];
    int read;

    if (policy_count == 0 || sscanf(line, "rule %63s%n", name, &read) != 1)
        bad_line(line);
    made.number = seccomp_syscall_resolve_name(name);
    if (made.number < 0)
        bad_line(line);
    for (const char *rest = line + read; made.comparison_count < MAX_COMPARISONS; rest += read) {
        comparison *next = &made.comparisons[made.comparison_count];
        if (sscanf(rest, "%u %2s %" SCNu64 " %" SCNu64 "%n", &next->argument, symbol, &next->mask,
                   &next->datum, &read) != 4)
            break;
        next->op = operator_of(symbol, line);
        made.comparison_count++;
    }
    last->rules = grown(last->rules, last->rule_count, sizeof *last->rules);
    last->rules[last->rule_count++] = made;
}

void read_policies(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];

    if (!file)
        bad_line(path);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "policy ", 7) == 0)
            add_policy(line);
        else
            add_rule(line);
    }
    fclose(file);
}

const policy *find_policy(const char *name)
{
    for (size_t i = 0; i < policy_count; i++)
        if (strcmp(policies[i].name, name) == 0)
            return &policies[i];
    return NULL;
}
