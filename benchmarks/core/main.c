/*
 * Measures what C alone does.  Every line that is asked is answered by a line:
 *
 *     executed WAY POLICY NUMBER ARGUMENT...   instructions, and the action in hexadecimal
 *     length   WAY POLICY                      instructions
 *     compile  WAY POLICY                      nanoseconds
 *     enforce  WAY POLICY                      nanoseconds
 *     call     WAY POLICY NAME                 nanoseconds
 *     threads  WAY POLICY NUMBER               nanoseconds
 *
 * An answer that begins with "!" says why there is none.  The file with the policies is the only
 * argument of the program.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

const way *find_way(const char *name)
{
    static const way *const ways[] = {&by_extrasafe,  &by_libseccomp,  &by_libseccomp_tree,
                                      &by_one_return, &by_one_argument, &by_nobody};

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i]->name, name) == 0)
            return ways[i];
    return NULL;
}

static failure answer_executed(const way *by, const policy *of, const char *rest)
{
    uint64_t arguments[6] = {0};
    unsigned executed, action;
    int number = 0;
    failure failed;

    sscanf(rest, "%d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &number,
           &arguments[0], &arguments[1], &arguments[2], &arguments[3], &arguments[4],
           &arguments[5]);
    failed = measure_executed(by, of, number, arguments, &executed, &action);
    if (!failed)
        printf("%u %#x\n", executed, action);
    return failed;
}

static failure answer(const char *figure, const way *by, const policy *of, const char *rest)
{
    failure failed = "there is no such figure here";
    double value = 0;

    if (strcmp(figure, "executed") == 0)
        return answer_executed(by, of, rest);
    if (strcmp(figure, "length") == 0)
        failed = measure_length(by, of, &value);
    else if (strcmp(figure, "compile") == 0)
        failed = measure_compile(by, of, &value);
    else if (strcmp(figure, "enforce") == 0)
        failed = measure_enforce(by, of, &value);
    else if (strcmp(figure, "call") == 0)
        failed = measure_call(by, of, rest, &value);
    else if (strcmp(figure, "threads") == 0)
        failed = measure_threads(by, of, (unsigned)atoi(rest), &value);
    if (!failed)
        printf("%.1f\n", value);
    return failed;
}

int main(int argc, char **argv)
{
    char line[256], figure[32], way_name[32], policy_name[64];

    if (argc != 2)
        return 2;
    read_policies(argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        int read = 0;
        const way *by;
        const policy *of;
        failure failed = "that is no question";
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "%31s %31s %63s %n", figure, way_name, policy_name, &read) == 3) {
            by = find_way(way_name);
            of = find_policy(policy_name);
            failed = by && of ? answer(figure, by, of, line + read) : "no such way or policy";
        }
        if (failed)
            printf("!%s\n", failed);
        fflush(stdout);
    }
    return 0;
}
