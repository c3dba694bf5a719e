/* How a call is denied that no rule accepts: by errno, or by the end of the process. */
#include "support.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/ioctl.h>

/* The decision of the policy, which its program must share. */
static uint32_t decide(const es_policy *policy, const es_call *call)
{
    es_program *program = compile(policy);
    uint32_t decision = es_policy_decide(policy, call, 0);

    assert_int_equal(run_of(program, call).action, decision);
    es_program_free(program);
    return decision;
}

static uint32_t decide_number(const es_policy *policy, uint32_t arch, int32_t number)
{
    es_call call = call_of(arch, number, 0, 0, 0);

    return decide(policy, &call);
}

static uint32_t decide_name(const es_policy *policy, uint32_t arch, const char *name)
{
    return decide_number(policy, arch, number_of(arch, name));
}

static void test_errno_by_number(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        uint32_t arch = architectures[i];
        es_policy *policy = new_policy(arch);
        permit(policy, "BasicCapabilities", "");
        assert_int_equal(decide_name(policy, arch, "read"), DENIED(EPERM));
        assert_int_equal(decide_name(policy, arch, "ptrace"), DENIED(EPERM));
        assert_int_equal(decide_number(policy, arch, 422), DENIED(EPERM));
        assert_int_equal(decide_number(policy, arch, 423), DENIED(EPERM));
        assert_int_equal(decide_number(policy, arch, 424), DENIED(ENOSYS));
        assert_int_equal(decide_name(policy, arch, "clone3"), DENIED(ENOSYS));
        assert_int_equal(decide_name(policy, arch, "openat2"), DENIED(ENOSYS));
        assert_int_equal(decide_name(policy, arch, "io_uring_setup"), DENIED(ENOSYS));
        assert_int_equal(decide_number(policy, arch, UNLISTED), DENIED(ENOSYS));
        assert_int_equal(decide_number(policy, arch, ES_MAX_NR), DENIED(ENOSYS));
        assert_int_equal(decide_number(policy, arch, -1), DENIED(ENOSYS));
        assert_int_equal(decide_number(policy, arch, INT32_MIN), DENIED(ENOSYS));
        es_policy_free(policy);
    }
}

/* Denied calls that have an errno of their own. */
static void test_own_errnos(void **state)
{
    static const struct {
        const char *call;
        uint64_t second;
        int errnum;
    } cases[] = {
        {"ioctl", TIOCSWINSZ, ENOTTY},
        {"ioctl", TIOCSTI, EPERM},
        {"futex", FUTEX_UNLOCK_PI, ENOSYS},
        {"futex", FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, ENOSYS},
        {"futex", FUTEX_LOCK_PI, EPERM},
        {"futex", FUTEX_TRYLOCK_PI, EPERM},
        {"futex", FUTEX_LOCK_PI2 | FUTEX_PRIVATE_FLAG, EPERM},
        {"futex", FUTEX_WAIT_REQUEUE_PI | FUTEX_CLOCK_REALTIME, EPERM},
        {"futex", FUTEX_CMP_REQUEUE_PI, EPERM},
        {"futex", UINT64_C(1) << 32 | FUTEX_UNLOCK_PI, ENOSYS},
    };

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        for (size_t j = 0; j < COUNT(cases); j++) {
            int32_t number = number_of(architectures[i], cases[j].call);
            es_call call = call_of(architectures[i], number, 0, cases[j].second, 0);
            es_policy *policy = new_policy(architectures[i]);
            permit(policy, "BasicCapabilities", "");
            assert_int_equal(decide(policy, &call), DENIED(cases[j].errnum));
            permit(policy, "SystemIO", "allow_ioctl"); /* leaves them all */
            assert_int_equal(decide(policy, &call), DENIED(cases[j].errnum));
            allow_if(policy, number, comparison(1, ES_EQUAL, cases[j].second & UINT32_MAX));
            assert_int_equal(decide(policy, &call), ES_ACTION_ALLOW);
            es_policy_free(policy);
        }
    }
}

static void test_numbers_of_x32(void **state)
{
    static const int32_t numbers[] = {0x40000000, 0x40000001, 0x40000000 + UNLISTED, INT32_MAX};

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        es_policy *policy = new_policy(architectures[i]);
        bool has_x32 = architectures[i] == ES_ARCH_X86_64;
        /* Also when the call that it would be is allowed. */
        allow(policy, 0, NULL, 0);
        allow(policy, 1, NULL, 0);
        for (size_t j = 0; j < COUNT(numbers); j++)
            assert_int_equal(decide_number(policy, architectures[i], numbers[j]),
                             has_x32 ? ES_ACTION_KILL_PROCESS : DENIED(ENOSYS));
        es_policy_free(policy);
    }
}

static void test_foreign_architectures(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        es_policy *policy = new_policy(architectures[i]);
        permit(policy, "BasicCapabilities", "");
        for (int32_t number = -2; number < 500; number++)
            assert_int_equal(decide_number(policy, FOREIGN_ARCH, number), ES_ACTION_KILL_PROCESS);
        for (unsigned j = 0; j < ARCHITECTURES; j++)
            assert_int_equal(decide_name(policy, architectures[j], "getpid"),
                             i == j ? ES_ACTION_ALLOW : ES_ACTION_KILL_PROCESS);
        es_policy_free(policy);
    }
}

/* A known native call is never killed, whatever its arguments. */
static void test_native_calls_are_not_killed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        es_policy *policy = new_policy(architectures[i]);
        es_program *program;
        permit(policy, "BasicCapabilities", "");
        permit(policy, "Networking", "allow_start_tcp_clients");
        program = compile(policy);
        for (int32_t number = 0; number <= 2000; number++) {
            es_call call = call_of(architectures[i], number, UINT64_MAX, UINT64_MAX, UINT64_MAX);
            uint32_t decision = run_of(program, &call).action;
            assert_true(decision == ES_ACTION_ALLOW || decision == DENIED(EPERM) ||
                        decision == DENIED(ENOSYS));
        }
        es_program_free(program);
        es_policy_free(policy);
    }
}

static void test_calls_with_an_older_sibling_do_not_exist(void **state)
{
    static const char *const names[] = {"accept4", "preadv2", "pwritev2",
                                        "dup3",    "statx",   "execveat"};

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        uint32_t arch = architectures[i];
        for (size_t j = 0; j < COUNT(names); j++) {
            es_policy *policy = new_policy(arch);
            /* Where there is no dup2(2), nothing can fall back to it. */
            bool alone = arch != ES_ARCH_X86_64 && strcmp(names[j], "dup3") == 0;
            uint32_t refusal = alone ? DENIED(EPERM) : DENIED(ENOSYS);
            assert_int_equal(decide_name(policy, arch, names[j]), refusal);
            permit(policy, "BasicCapabilities", "");
            assert_int_equal(decide_name(policy, arch, names[j]), refusal);
            /* Allowed under a condition, it exists, and refuses as others do. */
            allow_if(policy, number_of(arch, names[j]), comparison(0, ES_EQUAL, 0));
            assert_int_equal(decide_name(policy, arch, names[j]), ES_ACTION_ALLOW);
            assert_int_equal(decide(policy, &(es_call){number_of(arch, names[j]), arch, 0, {7}}),
                             DENIED(EPERM));
            es_policy_free(policy);
        }
    }
}

/* Above the baseline, too, a call that is allowed under a condition is refused with EPERM. */
static void test_conditional_calls_refuse_with_eperm(void **state)
{
    static const int32_t numbers[] = {0, 423, 424, 435, UNLISTED, ES_MAX_NR};

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        es_policy *policy = new_policy(ES_ARCH_AARCH64);
        es_call good = call_of(ES_ARCH_AARCH64, numbers[i], 0, 0, 0);
        es_call bad = call_of(ES_ARCH_AARCH64, numbers[i], 1, 1, 1);
        es_call neighbour = call_of(ES_ARCH_AARCH64, numbers[i] + 1, 0, 0, 0);
        allow_if(policy, numbers[i], comparison(0, ES_EQUAL, 0));
        assert_int_equal(decide(policy, &good), ES_ACTION_ALLOW);
        assert_int_equal(decide(policy, &bad), DENIED(EPERM));
        assert_int_equal(decide(policy, &neighbour), DENIED(numbers[i] + 1 > 423 ? ENOSYS : EPERM));
        es_policy_free(policy);
    }
}

/* So is one whose condition can never hold. */
static void test_a_rule_that_never_holds(void **state)
{
    es_policy *policy = new_policy(0);
    int32_t number = number_of(0, "faccessat2");
    es_comparison never[] = {comparison(0, ES_LESS, 5), comparison(0, ES_GREATER, 5)};

    (void)state;
    assert_int_equal(decide_number(policy, 0, number), DENIED(ENOSYS));
    allow(policy, number, never, 2);
    assert_int_equal(decide_number(policy, 0, number), DENIED(EPERM));
    es_policy_free(policy);
}

static void test_an_empty_policy_allows_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        es_policy *policy = new_policy(architectures[i]);
        es_program *program = compile(policy);
        for (int32_t number = -10; number <= 2000; number++) {
            es_call call = call_of(architectures[i], number, 1, 2, 3);
            assert_int_not_equal(run_of(program, &call).action, ES_ACTION_ALLOW);
            assert_int_equal(run_of(program, &call).action, es_policy_decide(policy, &call, 0));
        }
        es_program_free(program);
        es_policy_free(policy);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errno_by_number),
        cmocka_unit_test(test_own_errnos),
        cmocka_unit_test(test_numbers_of_x32),
        cmocka_unit_test(test_foreign_architectures),
        cmocka_unit_test(test_native_calls_are_not_killed),
        cmocka_unit_test(test_calls_with_an_older_sibling_do_not_exist),
        cmocka_unit_test(test_conditional_calls_refuse_with_eperm),
        cmocka_unit_test(test_a_rule_that_never_holds),
        cmocka_unit_test(test_an_empty_policy_allows_nothing),
    };
    return cmocka_run_group_tests_name("denied", tests, NULL, NULL);
}
