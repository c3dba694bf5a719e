/*
 * The kernel asks a new filter once, for each system call, whether it allows the call whatever its
 * arguments are, and then answers such calls without running the filter.  It follows the program
 * with the number and the architecture alone, and gives up at any other load and at instructions
 * that it does not know.  See seccomp_is_const_allow() in the kernel's kernel/seccomp.c.
 */
#include "support.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

static bool compares(const es_instruction *it, uint32_t word)
{
    switch (BPF_OP(it->code)) {
    case BPF_JEQ:
        return word == it->k;
    case BPF_JGE:
        return word >= it->k;
    case BPF_JGT:
        return word > it->k;
    default:
        return (word & it->k) != 0;
    }
}

/* What the kernel finds out about one number. */
static bool is_answered_from_cache(const es_instruction *program, uint32_t length, uint32_t arch,
                                   int32_t number)
{
    uint32_t word = 0;

    for (uint32_t at = 0; at < length; at++) {
        const es_instruction *it = &program[at];
        switch (it->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            if (it->k == offsetof(struct seccomp_data, nr))
                word = (uint32_t)number;
            else if (it->k == offsetof(struct seccomp_data, arch))
                word = arch;
            else
                return false;
            break;
        case BPF_RET | BPF_K:
            return it->k == SECCOMP_RET_ALLOW;
        case BPF_JMP | BPF_JA:
            at += it->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
        case BPF_JMP | BPF_JGE | BPF_K:
        case BPF_JMP | BPF_JGT | BPF_K:
        case BPF_JMP | BPF_JSET | BPF_K:
            at += compares(it, word) ? it->jt : it->jf;
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            word &= it->k;
            break;
        default:
            return false;
        }
    }
    fail_msg("the program does not return");
    return false;
}

/* Every number that the kernel's table of calls can have, with room to spare. */
enum { NUMBERS = 600 };

/* Whatever the arguments are, as far as some values can tell. */
static bool is_allowed_always(const es_policy *policy, uint32_t arch, int32_t number)
{
    static const uint64_t values[] = {0, 1, 3, 5, 0x2000, UINT32_MAX, UINT64_MAX, 0x5412};

    for (size_t i = 0; i < COUNT(values); i++) {
        es_call call = {number, arch, 0, {0}};
        for (unsigned j = 0; j < 6; j++)
            call.args[j] = values[i];
        if (es_policy_decide(policy, &call, 0) != ES_ACTION_ALLOW)
            return false;
    }
    return true;
}

/* Marks the calls that the permission grants without a condition, by the rows of the table. */
static void mark_unconditional(uint32_t permission, uint32_t arch, const es_argument *argument,
                               bool marked[NUMBERS])
{
    es_row_info row;

    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++) {
        int32_t number;
        if (row.kind == ES_ROW_ENOSYS || row.permission != permission)
            continue;
        if (row.kind == ES_ROW_INCLUDE) {
            mark_unconditional(row.included, arch, argument, marked);
            continue;
        }
        number = es_syscall_number(arch, row.syscall);
        assert_true(number < NUMBERS);
        if (number >= 0 && row.comparison_count == 0) {
            es_call call = call_of(arch, number, 0, 0, 0);
            marked[number] = marked[number] || es_row_accepts(i, &call, argument, 0);
        }
    }
}

static void check(const es_policy *policy, uint32_t arch, const bool marked[NUMBERS])
{
    static es_instruction instructions[ES_MAX_INSTRUCTIONS];
    es_program *program = compile(policy);
    uint32_t length = es_program_export(program, instructions, ES_MAX_INSTRUCTIONS);

    for (int32_t number = 0; number < NUMBERS; number++) {
        bool cached = is_answered_from_cache(instructions, length, arch, number);
        es_call call = call_of(arch, number, 0, 0, 0);
        if (marked[number] && !cached)
            fail_msg("call %d of architecture %x loads an argument", number, arch);
        if (cached && !is_allowed_always(policy, arch, number))
            fail_msg("call %d of architecture %x is let through", number, arch);
        if (cached)
            assert_int_equal(run_of(program, &call).loaded_arguments, 0);
    }
    es_program_free(program);
}

static void check_permission(uint32_t arch, uint32_t permission, bool told)
{
    uint32_t basic = permission_of("BasicCapabilities", "");
    es_argument nothing = something(basic, 0, false), given = something(permission, 5, told);
    es_policy *policy = new_policy(arch);
    bool marked[NUMBERS] = {false};

    assert_int_equal(es_policy_permit(policy, basic, &nothing, NULL), ES_OK);
    assert_int_equal(es_policy_permit(policy, permission, &given, NULL), ES_OK);
    mark_unconditional(basic, arch, &nothing, marked);
    mark_unconditional(permission, arch, &given, marked);
    check(policy, arch, marked);
    es_policy_free(policy);
}

static void test_every_permission(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        for (uint32_t permission = 0; permission < es_permission_count(); permission++) {
            es_permission_info info;
            assert_int_equal(es_permission_get(permission, &info, sizeof info), ES_OK);
            for (int told = 0; told < 2 && info.is_public; told++)
                check_permission(architectures[i], permission, told);
        }
    }
}

static bool has_promise(uint32_t permission)
{
    es_row_info row;

    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++)
        if (row.kind == ES_ROW_PROMISE && row.permission == permission)
            return true;
    return false;
}

/* All that cannot contradict, together: the largest tree that rule sets make. */
static void test_all_permissions_together(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        es_policy *policy = new_policy(architectures[i]);
        bool marked[NUMBERS] = {false};
        es_permission_info info;
        for (uint32_t permission = 0; es_permission_get(permission, &info, sizeof info) == ES_OK;
             permission++) {
            es_argument given = something(permission, 5, false);
            /* One for paths contradicts whatever is for all of them. */
            if (!info.is_public || info.takes == ES_TAKES_PATH || has_promise(permission))
                continue;
            assert_int_equal(es_policy_permit(policy, permission, &given, NULL), ES_OK);
            mark_unconditional(permission, architectures[i], &given, marked);
        }
        check(policy, architectures[i], marked);
        es_policy_free(policy);
    }
}

/* The emulation itself can tell. */
static void test_the_emulation(void **state)
{
    static const es_instruction loads[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 16},
                                           {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    static const es_instruction odd[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
                                         {BPF_ALU | BPF_AND | BPF_K, 0, 0, 1},
                                         {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 1},
                                         {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
                                         {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 1}};
    static const es_instruction exotic[] = {{BPF_LDX | BPF_IMM, 0, 0, 0},
                                            {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};

    (void)state;
    assert_false(is_answered_from_cache(loads, 2, ES_ARCH_X86_64, 1));
    assert_true(is_answered_from_cache(loads + 1, 1, ES_ARCH_X86_64, 1));
    assert_true(is_answered_from_cache(odd, 5, ES_ARCH_X86_64, 7));
    assert_false(is_answered_from_cache(odd, 5, ES_ARCH_X86_64, 8));
    assert_false(is_answered_from_cache(exotic, 2, ES_ARCH_X86_64, 1));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_permission),
        cmocka_unit_test(test_all_permissions_together),
        cmocka_unit_test(test_the_emulation),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
