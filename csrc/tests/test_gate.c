/* Programs that trap: which calls do, from where, and what gates cannot be.  What they decide of
 * all others is in test_meaning.c. */
#include "support.h"

#include <errno.h>
#include <string.h>

enum { FIRST = 0x5000, AFTER = 0x6000 };

static es_gate one_span(uint64_t first, uint64_t after)
{
    return (es_gate){.size = sizeof(es_gate), .count = 1, .first = {first}, .after = {after}};
}

static es_program *compile_gated(const es_policy *policy, bool places)
{
    es_gate gate = one_span(FIRST, AFTER);
    es_program *program;

    gate.places = places;
    assert_int_equal(es_compile_gated(policy, &gate, &program, NULL), ES_OK);
    return program;
}

static uint32_t decide(const es_program *program, const char *name, uint64_t first, uint64_t second,
                       uint64_t address)
{
    es_call call = call_of(es_arch_native(), number_of(0, name), first, second, 0);

    call.instruction_pointer = address;
    return run_of(program, &call).action;
}

static void test_what_is_refused_traps_from_inside(void **state)
{
    es_policy *policy = new_policy(0);
    es_program *program;

    (void)state;
    permit(policy, "BasicCapabilities", "");
    program = compile_gated(policy, false);
    assert_int_equal(decide(program, "openat", 0, 0, FIRST - 1), DENIED(EPERM));
    assert_int_equal(decide(program, "openat", 0, 0, FIRST), ES_ACTION_TRAP | EPERM);
    assert_int_equal(decide(program, "openat", 0, 0, AFTER - 1), ES_ACTION_TRAP | EPERM);
    assert_int_equal(decide(program, "openat", 0, 0, AFTER), DENIED(EPERM));
    assert_int_equal(decide(program, "openat", 0, 0, FIRST | 1ull << 32), DENIED(EPERM));
    assert_int_equal(decide(program, "accept4", 0, 0, FIRST - 1), DENIED(ENOSYS));
    assert_int_equal(decide(program, "accept4", 0, 0, FIRST), ES_ACTION_TRAP | ENOSYS);
    /* Not what newer kernels have, and not what has an answer of its own. */
    assert_int_equal(decide(program, "clone3", 0, 0, FIRST), DENIED(ENOSYS));
    assert_int_equal(decide(program, "futex", 0, 7, FIRST), DENIED(ENOSYS));
    assert_int_equal(decide(program, "seccomp", ES_QUESTION, 0, FIRST), DENIED(ES_ANSWER));
    es_program_free(program);
    es_policy_free(policy);
}

static void test_what_is_allowed_traps_only_where_it_must(void **state)
{
    es_policy *policy = new_policy(0);
    es_program *program;

    (void)state;
    permit(policy, "BasicCapabilities", "");
    permit(policy, "SystemIO", "allow_stdout");
    program = compile_gated(policy, false);
    assert_int_equal(decide(program, "rt_sigaction", 1, 1, FIRST), ES_ACTION_TRAP | ES_TRAP_AGAIN);
    assert_int_equal(decide(program, "rt_sigprocmask", 1, 1, AFTER - 1),
                     ES_ACTION_TRAP | ES_TRAP_AGAIN);
    assert_int_equal(decide(program, "rt_sigaction", 1, 1, AFTER), ES_ACTION_ALLOW);
    assert_int_equal(decide(program, "getpid", 0, 0, FIRST), ES_ACTION_ALLOW);
    assert_int_equal(decide(program, "write", 1, 0, FIRST), ES_ACTION_ALLOW);
    assert_int_equal(decide(program, "write", ES_TRAP_DESCRIPTOR, 0, FIRST),
                     ES_ACTION_TRAP | ES_TRAP_AGAIN);
    assert_int_equal(decide(program, "write", ES_TRAP_DESCRIPTOR, 0, AFTER), DENIED(EPERM));
    es_program_free(program);
    es_policy_free(policy);
}

static void test_places_trap_where_they_are_limited(void **state)
{
    static const bool places[] = {false, true};

    (void)state;
    for (size_t i = 0; i < COUNT(places); i++) {
        es_policy *policy = new_policy(0);
        es_program *program;
        permit_path(policy, "SystemIO", "allow_scratch_dir", "/srv");
        program = compile_gated(policy, places[i]);
        assert_int_equal(decide(program, "mkdirat", 0, 0, FIRST),
                         places[i] ? ES_ACTION_TRAP | ES_TRAP_AGAIN : ES_ACTION_ALLOW);
        assert_int_equal(decide(program, "mkdirat", 0, 0, AFTER), ES_ACTION_ALLOW);
        assert_int_equal(decide(program, "close", 0, 0, FIRST), ES_ACTION_ALLOW);
        es_program_free(program);
        es_policy_free(policy);
    }
}

static void test_without_spans_nothing_traps(void **state)
{
    es_gate none = {.size = sizeof none};
    es_policy *policy = new_policy(0);
    es_program *gated, *plain;

    (void)state;
    permit(policy, "BasicCapabilities", "");
    assert_int_equal(es_compile_gated(policy, &none, &gated, NULL), ES_OK);
    plain = compile(policy);
    for (int32_t number = 0; number < 500; number++) {
        es_call call = call_of(es_arch_native(), number, 1, 2, 3);
        assert_int_equal(run_of(gated, &call).action, run_of(plain, &call).action);
    }
    es_program_free(gated);
    es_program_free(plain);
    es_policy_free(policy);
}

static void test_gates_that_cannot_be(void **state)
{
    es_gate gates[] = {one_span(5, 5), one_span(6, 5), one_span(0xffffffff, 0x100000001),
                       one_span(1, 2), one_span(1, 2)};
    es_policy *policy = new_policy(0);
    es_program *program = NULL;

    (void)state;
    gates[3].count = ES_GATE_SPANS + 1;
    gates[4].size = 0;
    for (size_t i = 0; i < COUNT(gates); i++) {
        es_error error = ES_ERROR_INIT;
        assert_int_equal(es_compile_gated(policy, &gates[i], &program, &error), ES_ERR_ARGUMENT);
        assert_error(&error, ES_ERR_ARGUMENT, "gate");
    }
    assert_int_equal(es_compile_gated(policy, NULL, &program, NULL), ES_ERR_ARGUMENT);
    assert_null(program);
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_refused_traps_from_inside),
        cmocka_unit_test(test_what_is_allowed_traps_only_where_it_must),
        cmocka_unit_test(test_places_trap_where_they_are_limited),
        cmocka_unit_test(test_without_spans_nothing_traps),
        cmocka_unit_test(test_gates_that_cannot_be),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
