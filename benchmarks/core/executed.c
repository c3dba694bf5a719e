/* How many instructions of a program decide a call: a small interpreter of classic BPF. */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "core.h"

static unsigned jump(const struct sock_filter *it, uint32_t accumulator)
{
    switch (BPF_OP(it->code)) {
    case BPF_JA:
        return it->k;
    case BPF_JEQ:
        return accumulator == it->k ? it->jt : it->jf;
    case BPF_JGT:
        return accumulator > it->k ? it->jt : it->jf;
    case BPF_JGE:
        return accumulator >= it->k ? it->jt : it->jf;
    default: /* BPF_JSET */
        return accumulator & it->k ? it->jt : it->jf;
    }
}

static failure interpret(const program *of, const struct seccomp_data *call, unsigned *executed,
                         unsigned *action)
{
    uint32_t accumulator = 0;

    *executed = 0;
    for (unsigned at = 0; at < of->length; at++) {
        const struct sock_filter *it = &of->instructions[at];
        ++*executed;
        if (it->code == (BPF_LD | BPF_W | BPF_ABS)) {
            memcpy(&accumulator, (const char *)call + it->k, sizeof accumulator);
        } else if (it->code == (BPF_ALU | BPF_AND | BPF_K)) {
            accumulator &= it->k;
        } else if (it->code == (BPF_RET | BPF_K)) {
            *action = it->k;
            return NULL;
        } else if (BPF_CLASS(it->code) == BPF_JMP && BPF_SRC(it->code) == BPF_K) {
            at += jump(it, accumulator);
        } else {
            return "the program has an instruction that is not known here";
        }
    }
    return "the program does not return";
}

/* The program of the last question is kept: many calls are asked of each. */
static failure compile(const way *by, const policy *of, const program **result)
{
    static program kept;
    static const way *kept_by;
    static const policy *kept_of;
    description *described;
    failure failed;

    *result = &kept;
    if (kept_by == by && kept_of == of)
        return NULL;
    kept_by = NULL;
    failed = by->describe(of, &described);
    if (failed)
        return failed;
    failed = by->compile(described, &kept);
    by->discard(described);
    if (!failed) {
        kept_by = by;
        kept_of = of;
    }
    return failed;
}

failure measure_executed(const way *by, const policy *of, int number, const uint64_t arguments[6],
                         unsigned *executed, unsigned *action)
{
    const program *compiled;
    struct seccomp_data call = {.nr = number, .arch = seccomp_arch_native()};
    failure failed = compile(by, of, &compiled);

    for (int i = 0; i < 6; i++)
        call.args[i] = arguments[i];
    return failed ? failed : interpret(compiled, &call, executed, action);
}

failure measure_length(const way *by, const policy *of, double *instructions)
{
    const program *compiled;
    failure failed = compile(by, of, &compiled);

    *instructions = compiled->length;
    return failed;
}
