/*
 * Random policies: what a policy means is what its program decides.
 *
 *     ES_TEST_DECISIONS   how many decisions are compared, 1,000,000 unless told
 *     ES_TEST_SEED        where to begin, random unless told; policy n is made of seed + n alone
 */
#include "support.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* ---- Random numbers (splitmix64) ---- */

typedef struct {
    uint64_t state;
} source;

static uint64_t next(source *random)
{
    uint64_t word = random->state += 0x9e3779b97f4a7c15;

    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
    word = (word ^ word >> 27) * 0x94d049bb133111eb;
    return word ^ word >> 31;
}

static uint32_t below(source *random, uint32_t limit)
{
    return (uint32_t)(next(random) % limit);
}

static bool one_in(source *random, uint32_t chances)
{
    return below(random, chances) == 0;
}

/* Up to limit, and more often little than much. */
static uint32_t up_to(source *random, uint32_t limit)
{
    return below(random, below(random, below(random, limit + 1) + 1) + 1);
}

/* Numbers around which something changes, often the same ones, so that rules meet. */
static uint64_t random_word(source *random)
{
    static const uint64_t edges[] = {
        0,          0xffff,     0x80000000, 0xffffffff, 5ull << 32, UINT64_MAX,
        0x7fff,     0x10000,    0x7fffffff, 1ull << 32, 1ull << 63, ES_QUESTION,
        0x8000,     ES_QUESTION + ES_QUESTIONS};
    uint64_t word = one_in(random, 2) ? below(random, 24) : edges[below(random, COUNT(edges))];

    if (one_in(random, 4))
        word += (uint64_t)below(random, 4) << 32;
    if (one_in(random, 16))
        word = next(random);
    return word + below(random, 3) - 1;
}

/* ---- Policies ---- */

enum { MOST_CALLS = 400, MOST_RULES = 2000, MOST_COMPARISONS = 8, MOST_GRANTS = 4, OWN_PID = 4242 };

static const char *const listed[] = {
#define SYSCALL(name, number, arguments) #name,
#include "table/syscalls.def"
};

typedef struct {
    int32_t number;
    uint32_t count;
    es_comparison comparisons[MOST_COMPARISONS];
} rule;

typedef struct {
    uint32_t permission;
    es_argument given;
} grant;

typedef struct {
    uint32_t arch, landlock_abi, call_count, rule_count, grant_count, arguments;
    bool unite; /* so that rules that allow everything together are no contradiction */
    int32_t listed_numbers[COUNT(listed)]; /* negative where the architecture has no such call */
    int32_t calls[MOST_CALLS];
    rule rules[MOST_RULES];
    grant grants[MOST_GRANTS];
} recipe;

static int32_t random_number(source *random, const recipe *plan)
{
    switch (below(random, 8)) {
    case 0:
        return (int32_t)below(random, 600);
    case 1:
        return ES_BASELINE_NR - 2 + (int32_t)below(random, 5);
    case 2:
        return ES_MAX_NR - (int32_t)below(random, 3);
    default: {
        int32_t number = plan->listed_numbers[below(random, COUNT(listed))];
        return number < 0 ? (int32_t)below(random, 430) : number;
    }
    }
}

static bool holds_always(const es_comparison *test)
{
    uint64_t most = test->datum | 0xffff; /* the end of a width is all ones */

    return (test->op == ES_GREATER_EQUAL && test->datum == 0) ||
           (test->op == ES_MASKED_EQUAL && test->mask == 0) ||
           (test->op == ES_LESS_OR_EQUAL && test->datum == most);
}

static es_comparison random_comparison(source *random, const recipe *plan, int32_t number)
{
    es_comparison test;

    do {
        test = (es_comparison){(uint8_t)below(random, plan->arguments),
                               (uint8_t)below(random, 7),
                               0,
                               0,
                               0,
                               random_word(random)};
        if (test.op == ES_MASKED_EQUAL) {
            test.mask = one_in(random, 4) ? UINT32_MAX : random_word(random);
            test.datum &= test.mask;
            if ((int64_t)test.mask < 0 && one_in(random, 2))
                test.negative |= ES_NEGATIVE_MASK;
        }
        if ((int64_t)test.datum < 0 && one_in(random, 2))
            test.negative |= ES_NEGATIVE_DATUM;
    } while (holds_always(&test) || es_comparison_check(plan->arch, number, &test, NULL) != ES_OK);
    return test;
}

/* The same comparison with another datum. */
static es_comparison sibling_comparison(source *random, const recipe *plan, int32_t number,
                                        es_comparison test)
{
    es_comparison sibling = test;

    sibling.datum ^= test.op == ES_MASKED_EQUAL ? next(random) & test.mask
                                                : 1ull << below(random, 64);
    if (holds_always(&sibling) || es_comparison_check(plan->arch, number, &sibling, NULL) != ES_OK)
        return test;
    return sibling;
}

static es_comparison always(source *random)
{
    return one_in(random, 2) ? masked_comparison(below(random, 6), 0, 0)
                             : comparison(below(random, 6), ES_GREATER_EQUAL, 0);
}

/* Some calls are allowed whatever their arguments are, or not at all; a rule with a condition
 * would contradict.  Others have no argument that could be compared. */
static bool is_simple(const recipe *plan, int32_t number)
{
    unsigned read = 0;

    for (unsigned i = 0; i < plan->arguments; i++)
        read += es_syscall_width(plan->arch, number, i) != ES_WIDTH_NONE;
    return number % 5 == 2 || read == 0;
}

static void random_rule(source *random, const recipe *plan, rule *result)
{
    result->number = plan->calls[below(random, plan->call_count)];
    result->count = 0;
    if (!is_simple(plan, result->number))
        result->count = 1 + (one_in(random, 2) ? 0 : up_to(random, MOST_COMPARISONS - 1));
    for (uint32_t i = 0; i < result->count; i++)
        result->comparisons[i] = i && one_in(random, 4)
                                     ? sibling_comparison(random, plan, result->number,
                                                          result->comparisons[below(random, i)])
                                     : random_comparison(random, plan, result->number);
    /* What always holds changes nothing, be it alone or among others. */
    if (result->count < MOST_COMPARISONS && one_in(random, 10)) {
        es_comparison more = always(random);
        if (es_comparison_check(plan->arch, result->number, &more, NULL) == ES_OK)
            result->comparisons[result->count++] = more;
    }
}

static void random_recipe(source *random, recipe *plan)
{
    plan->arch = architectures[below(random, ARCHITECTURES)];
    plan->landlock_abi = below(random, ES_LANDLOCK_ABI + 1);
    plan->call_count = 1 + up_to(random, MOST_CALLS - 1);
    plan->rule_count = one_in(random, 30) ? MOST_RULES : up_to(random, MOST_RULES);
    plan->arguments = 1 + below(random, 6);
    plan->unite = !one_in(random, 8);
    for (size_t i = 0; i < COUNT(listed); i++)
        plan->listed_numbers[i] = es_syscall_number(plan->arch, listed[i]);
    for (uint32_t i = 0; i < plan->call_count; i++)
        plan->calls[i] = random_number(random, plan);
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        if (i && one_in(random, 20))
            plan->rules[i] = plan->rules[below(random, i)];
        else
            random_rule(random, plan, &plan->rules[i]);
    }
    plan->grant_count = one_in(random, 3) ? up_to(random, MOST_GRANTS) : 0;
    for (uint32_t i = 0; i < plan->grant_count; i++) {
        grant *granted = &plan->grants[i];
        es_permission_info info = {.is_public = 0};
        while (!info.is_public) {
            granted->permission = below(random, es_permission_count());
            es_permission_get(granted->permission, &info, sizeof info);
        }
        granted->given =
            something(granted->permission, (int32_t)below(random, 20), one_in(random, 2));
    }
}

static es_policy *follow(const recipe *plan)
{
    es_policy *policy = new_policy(plan->arch);

    assert_int_equal(es_policy_set_landlock_abi(policy, plan->landlock_abi, NULL), ES_OK);
    for (uint32_t i = 0; i < plan->grant_count; i++)
        assert_int_equal(es_policy_permit(policy, plan->grants[i].permission,
                                          &plan->grants[i].given, NULL),
                         ES_OK);
    for (uint32_t i = 0; i < plan->rule_count; i++)
        (plan->unite ? allow_uniting : allow)(policy, plan->rules[i].number,
                                              plan->rules[i].comparisons, plan->rules[i].count);
    return policy;
}

/* ---- Calls ---- */

/* A call near a rule: each argument that it tests is at its datum, or a little beside. */
static void near_rule(source *random, const rule *near, es_call *call)
{
    call->nr = near->number;
    for (uint32_t i = 0; i < near->count; i++) {
        uint64_t *argument = &call->args[near->comparisons[i].argument];
        /* Of several tests of one argument any may be the one that is met. */
        if (one_in(random, 4))
            continue;
        *argument = near->comparisons[i].datum;
        if (near->comparisons[i].op == ES_MASKED_EQUAL && one_in(random, 2))
            *argument |= next(random) & ~near->comparisons[i].mask;
        if (one_in(random, 3))
            *argument += below(random, 3) - 1;
        if (one_in(random, 4))
            *argument ^= 1ull << below(random, 64);
        if (one_in(random, 4))
            *argument ^= next(random) << 32;
    }
}

static void near_row(source *random, const recipe *plan, es_call *call)
{
    es_row_info row;

    assert_int_equal(es_row_get(below(random, es_row_count()), &row, sizeof row), ES_OK);
    if (*row.syscall)
        call->nr = es_syscall_number(plan->arch, row.syscall);
    for (uint32_t i = 0; i < row.comparison_count; i++)
        call->args[row.comparisons[i].argument] =
            (row.comparisons[i].source == ES_DATUM_OWN_PID ? OWN_PID : row.comparisons[i].datum) +
            (one_in(random, 3) ? below(random, 3) - 1 : 0);
}

static es_call random_call(source *random, const recipe *plan)
{
    es_call call = {.nr = random_number(random, plan), .arch = plan->arch};

    for (unsigned i = 0; i < 6; i++)
        call.args[i] = random_word(random);
    if (plan->rule_count && !one_in(random, 8))
        near_rule(random, &plan->rules[below(random, plan->rule_count)], &call);
    else if (plan->grant_count && one_in(random, 2))
        near_row(random, plan, &call);
    if (one_in(random, 30))
        call.nr += (int32_t)below(random, 3) - 1;
    if (one_in(random, 60))
        call.nr = (int32_t)next(random);
    if (one_in(random, 100))
        call.arch = one_in(random, 2) ? FOREIGN_ARCH : architectures[below(random, ARCHITECTURES)];
    return call;
}

/* ---- Comparing ---- */

typedef struct {
    uint64_t decisions, allowed, policies, contradictions, too_long;
} totals;

static bool agree(const es_policy *policy, const es_program *program, const es_call *call,
                  uint32_t own_pid, totals *sum)
{
    uint32_t meaning = es_policy_decide(policy, call, own_pid);
    es_run plan = {0, 0, 0};

    es_program_decide(program, call, own_pid, &plan, sizeof plan);
    sum->decisions++;
    sum->allowed += meaning == ES_ACTION_ALLOW;
    return plan.action == meaning;
}

/* Do policy and program of this recipe disagree about the call? */
static bool is_wrong(const recipe *plan, const es_call *call, uint32_t own_pid)
{
    es_policy *policy = follow(plan);
    es_program *program = NULL;
    totals ignored = {0, 0, 0, 0, 0};
    bool wrong = es_compile(policy, &program, NULL) == ES_OK &&
                 !agree(policy, program, call, own_pid, &ignored);

    es_program_free(program);
    es_policy_free(policy);
    return wrong;
}

/* Leave out every rule and permission without which it goes wrong all the same. */
static void shrink(recipe *plan, const es_call *call, uint32_t own_pid)
{
    for (uint32_t i = plan->rule_count; i-- > 0;) {
        rule removed = plan->rules[i];
        plan->rules[i] = plan->rules[--plan->rule_count];
        if (is_wrong(plan, call, own_pid))
            continue;
        plan->rules[plan->rule_count++] = plan->rules[i];
        plan->rules[i] = removed;
    }
    for (uint32_t i = plan->grant_count; i-- > 0;) {
        grant removed = plan->grants[i];
        plan->grants[i] = plan->grants[--plan->grant_count];
        if (is_wrong(plan, call, own_pid))
            continue;
        plan->grants[plan->grant_count++] = plan->grants[i];
        plan->grants[i] = removed;
    }
}

static void report(const recipe *plan, const es_call *call, uint32_t own_pid, uint64_t seed)
{
    print_error("ES_TEST_SEED=%" PRIu64 " ES_TEST_DECISIONS=1 makes this policy:\n", seed);
    print_error("es_policy_set_landlock_abi(policy, %u, NULL)\n", plan->landlock_abi);
    for (uint32_t i = 0; i < plan->grant_count; i++)
        print_error("something(%u, %" PRId32 ", %d)\n", plan->grants[i].permission,
                    plan->grants[i].given.descriptor,
                    plan->grants[i].given.kind != ES_TAKES_NOTHING);
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        print_error("es_policy_allow(policy, %" PRId32 ", (es_comparison[]){",
                    plan->rules[i].number);
        for (uint32_t j = 0; j < plan->rules[i].count; j++) {
            const es_comparison *test = &plan->rules[i].comparisons[j];
            print_error("{%u, %u, %u, %u, 0x%" PRIx64 ", 0x%" PRIx64 "}, ", test->argument,
                        test->op, test->source, test->negative, test->mask, test->datum);
        }
        print_error("}, %u, %d, 0)\n", plan->rules[i].count, plan->unite ? ES_RULE_UNITE : 0);
    }
    print_error("es_call call = {%" PRId32 ", 0x%x, 0, {", call->nr, call->arch);
    for (unsigned i = 0; i < 6; i++)
        print_error("0x%" PRIx64 ", ", call->args[i]);
    print_error("}}; own_pid %u; es_policy_new(0x%x)\n", own_pid, plan->arch);
}

/* ---- Traps ---- */

static const es_gate gate = {sizeof gate,
                             3,
                             {0x1000, 0x7fff00000000, 0x7fff20000000},
                             {0x2000, 0x7fff10000000, 0x800000000000},
                             1};

static bool is_inside(uint64_t address)
{
    for (uint32_t i = 0; i < gate.count; i++)
        if (address >= gate.first[i] && address < gate.after[i])
            return true;
    return false;
}

/* Calls that are made again where they are allowed, written without the core. */
static bool is_made_again(const es_policy *policy, const es_call *call)
{
    static const char *const always[] = {"rt_sigprocmask", "rt_sigaction"};
    static const char *const limited[] = {
        "open",     "openat",   "openat2",  "creat",     "truncate", "execve", "execveat",
        "uselib",   "mkdir",    "mkdirat",  "rmdir",     "unlink",   "unlinkat", "symlink",
        "symlinkat", "mknod",   "mknodat",  "link",      "linkat",   "rename", "renameat",
        "renameat2", "connect", "bind"};
    bool found = false;

    for (size_t i = 0; i < COUNT(always); i++)
        found = found || call->nr == es_syscall_number(call->arch, always[i]);
    for (size_t i = 0; i < COUNT(limited) && es_policy_limited_rights(policy); i++)
        found = found || call->nr == es_syscall_number(call->arch, limited[i]);
    return found;
}

static bool is_to_the_handler(const es_call *call)
{
    return call->nr == es_syscall_number(call->arch, "write") &&
           (uint32_t)call->args[0] == ES_TRAP_DESCRIPTOR;
}

/* Is it a call that C libraries can do without, which is refused with ENOSYS altogether?  futex(2)
 * has an operation that is. */
static bool is_absent(const es_call *call)
{
    return call->nr >= 0 && call->nr <= ES_BASELINE_NR &&
           call->nr != es_syscall_number(call->arch, "futex");
}

/* A trap takes the place of a refusal, or of what is allowed and made again; it adds nothing. */
static bool traps_well(const es_policy *policy, const es_program *program, const es_call *call,
                       uint32_t own_pid)
{
    uint32_t meaning = es_policy_decide(policy, call, own_pid);
    es_run plan = {0, 0, 0};

    es_program_decide(program, call, own_pid, &plan, sizeof plan);
    if (!is_inside(call->instruction_pointer) || meaning == ES_ACTION_KILL_PROCESS)
        return plan.action == meaning;
    if (is_to_the_handler(call))
        return (plan.action & 0x7fff0000) == ES_ACTION_TRAP;
    if (meaning == DENIED(EPERM))
        return plan.action == (ES_ACTION_TRAP | EPERM);
    if (meaning == DENIED(ENOSYS) && is_absent(call))
        return plan.action == (ES_ACTION_TRAP | ENOSYS);
    if (plan.action == (ES_ACTION_TRAP | ES_TRAP_AGAIN))
        return meaning == ES_ACTION_ALLOW && is_made_again(policy, call);
    return plan.action == meaning;
}

static void try_traps(source *random, const recipe *plan, const es_policy *policy, uint64_t seed)
{
    static const uint64_t near[] = {0, 0x1000, 0x2000, 0x7fff00000000, 0x7fff10000000,
                                    0x7fff20000000, 0x7fff80000000, 0x800000000000};
    es_program *program = NULL;
    int status = es_compile_gated(policy, &gate, &program, NULL);

    for (uint32_t i = 0; i < 200 && !status; i++) {
        es_call call = random_call(random, plan);
        uint32_t own_pid = one_in(random, 2) ? OWN_PID : 0;
        call.instruction_pointer = near[below(random, COUNT(near))] + below(random, 3) - 1;
        if (one_in(random, 8))
            call.nr = es_syscall_number(plan->arch, one_in(random, 2) ? "write" : "rt_sigaction");
        if (one_in(random, 4))
            call.args[0] = ES_TRAP_DESCRIPTOR;
        if (traps_well(policy, program, &call, own_pid))
            continue;
        report(plan, &call, own_pid, seed);
        fail_msg("policy and program disagree at 0x%" PRIx64, call.instruction_pointer);
    }
    es_program_free(program);
}

static void compare(source *random, recipe *plan, uint64_t seed, totals *sum)
{
    es_policy *policy = follow(plan);
    es_program *program = NULL;
    int status = es_compile(policy, &program, NULL);
    uint32_t calls = 400 + 4 * plan->rule_count;

    sum->policies++;
    sum->contradictions += status == ES_ERR_CONTRADICTION;
    sum->too_long += status == ES_ERR_TOO_LONG;
    if (status && status != ES_ERR_CONTRADICTION && status != ES_ERR_TOO_LONG)
        fail_msg("seed %" PRIu64 ": %s", seed, es_status_name(status));
    for (uint32_t i = 0; i < calls && !status; i++) {
        es_call call = random_call(random, plan);
        uint32_t own_pid = one_in(random, 2) ? OWN_PID : 0;
        if (agree(policy, program, &call, own_pid, sum))
            continue;
        shrink(plan, &call, own_pid);
        report(plan, &call, own_pid, seed);
        fail_msg("policy and program disagree");
    }
    if (!status)
        try_traps(random, plan, policy, seed);
    es_program_free(program);
    es_policy_free(policy);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void test_policy_and_program_agree(void **state)
{
    static recipe plan;
    uint64_t seed = 0, wanted = from_environment("ES_TEST_DECISIONS", 1000000);
    totals sum = {0, 0, 0, 0, 0};

    (void)state;
    assert_int_equal(getrandom(&seed, 4, 0), 4);
    seed = from_environment("ES_TEST_SEED", seed);
    print_message("ES_TEST_SEED=%" PRIu64 "\n", seed);
    for (; sum.decisions < wanted; seed++) {
        source random = {seed};
        random_recipe(&random, &plan);
        compare(&random, &plan, seed, &sum);
    }
    print_message("%" PRIu64 " decisions (%" PRIu64 " allowed) of %" PRIu64
                  " policies; besides, %" PRIu64 " contradictions, %" PRIu64 " too long\n",
                  sum.decisions, sum.allowed, sum.policies - sum.contradictions - sum.too_long,
                  sum.contradictions, sum.too_long);
    if (wanted < 100000)
        return;
    /* The policies were of all kinds. */
    assert_in_range(sum.allowed, sum.decisions / 20, sum.decisions / 20 * 19);
    assert_in_range(sum.contradictions + sum.too_long, 1, sum.policies / 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_and_program_agree),
    };
    return cmocka_run_group_tests_name("meaning", tests, NULL, NULL);
}
