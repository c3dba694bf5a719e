/*
 * A filter by libseccomp's generator, linear and as a binary tree.
 *
 * Comparisons are on 64 bits, as its users write them and as it compiles shortest.
 */
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core.h"

enum { TREE = 2 }; /* a value of SCMP_FLTATR_CTL_OPTIMIZE */

static const enum scmp_compare operators[] = {
    [LESS] = SCMP_CMP_LT,           [LESS_OR_EQUAL] = SCMP_CMP_LE,
    [EQUAL] = SCMP_CMP_EQ,          [NOT_EQUAL] = SCMP_CMP_NE,
    [GREATER] = SCMP_CMP_GT,        [GREATER_EQUAL] = SCMP_CMP_GE,
    [MASKED] = SCMP_CMP_MASKED_EQ,
};

static failure add_rule(scmp_filter_ctx context, const rule *next)
{
    struct scmp_arg_cmp comparisons[MAX_COMPARISONS];

    for (unsigned i = 0; i < next->comparison_count; i++) {
        const comparison *from = &next->comparisons[i];
        comparisons[i] = from->op == MASKED
                             ? SCMP_CMP64(from->argument, SCMP_CMP_MASKED_EQ, from->mask,
                                          from->datum)
                             : SCMP_CMP64(from->argument, operators[from->op], from->datum, 0);
    }
    if (seccomp_rule_add_array(context, SCMP_ACT_ALLOW, next->number, next->comparison_count,
                               comparisons) != 0)
        return "seccomp_rule_add_array() failed";
    return NULL;
}

static failure describe(const policy *given, description **made)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    failure failed = context ? NULL : "seccomp_init() failed";

    for (size_t i = 0; i < given->rule_count && !failed; i++)
        failed = add_rule(context, &given->rules[i]);
    *made = context;
    return failed;
}

static failure describe_tree(const policy *given, description **made)
{
    failure failed = describe(given, made);

    if (!failed && seccomp_attr_set(*made, SCMP_FLTATR_CTL_OPTIMIZE, TREE) != 0)
        failed = "this libseccomp has no binary tree";
    return failed;
}

static failure read_program(int from, program *result)
{
    ssize_t length = pread(from, result->instructions, sizeof result->instructions, 0);
    char more;

    if (length < 0 || pread(from, &more, 1, length) != 0)
        return "too long a filter";
    result->length = (unsigned)((size_t)length / sizeof *result->instructions);
    return NULL;
}

static failure compile(description *of, program *result)
{
    int file = memfd_create("program", MFD_CLOEXEC);
    failure failed = seccomp_export_bpf(of, file) == 0 ? NULL : "seccomp_export_bpf() failed";

    if (!failed && result)
        failed = read_program(file, result);
    close(file);
    return failed;
}

static failure load(description *of, bool all_threads)
{
    if (seccomp_attr_set(of, SCMP_FLTATR_CTL_TSYNC, all_threads) != 0)
        return "seccomp_attr_set() failed";
    return seccomp_load(of) == 0 ? NULL : "seccomp_load() failed";
}

static void discard(description *of)
{
    seccomp_release(of);
}

const way by_libseccomp = {"libseccomp", describe, compile, load, discard};
const way by_libseccomp_tree = {"libseccomp-tree", describe_tree, compile, load, discard};
