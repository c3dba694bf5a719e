/* When memory runs out: a clean error, nothing leaked, and what was there before as it was. */
#include "allocation.h"
#include "support.h"

#include <errno.h>
#include <string.h>

/* Something that allocates.  It frees all that it has made, and returns its first failure. */
typedef int (*operation)(es_error *error);

/* Lets each allocation of the operation fail in turn: it alone, then it and all later ones. */
static void fail_at_every_allocation(operation operate)
{
    const unsigned how_many[] = {1, UINT32_MAX};
    es_error error = {.size = sizeof(es_error), .code = -1};
    unsigned needed;

    allocation_watch();
    assert_int_equal(operate(&error), ES_OK);
    needed = allocation_count();
    assert_int_equal(allocation_balance(), 0);
    assert_true(needed > 0);
    for (size_t i = 0; i < COUNT(how_many); i++) {
        for (unsigned number = 0; number < needed; number++) {
            int status;
            error = (es_error){.size = sizeof error, .code = -1};
            allocation_fail_at(number, how_many[i]);
            status = operate(&error);
            allocation_count();
            assert_int_equal(allocation_balance(), 0);
            if (status == ES_OK) { /* it can do without, as for the name of a call */
                assert_int_equal(error.code, -1);
                continue;
            }
            assert_int_equal(status, ES_ERR_NO_MEMORY);
            assert_error(&error, status, "memory");
            assert_int_equal(error.errnum, ENOMEM);
            assert_int_equal(error.tid, 0);
            assert_null(error.operation);
        }
    }
}

static int make_policy(es_error *error)
{
    es_policy *policy = NULL;
    int status = es_policy_new(0, &policy, error);

    assert_true((status == ES_OK) == (policy != NULL));
    es_policy_free(policy);
    return status;
}

static void test_new_policies(void **state)
{
    (void)state;
    fail_at_every_allocation(make_policy);
}

/* All kinds of permissions and rules, and enough of them for everything to grow. */
static int fill(es_policy *policy, es_error *error)
{
    const es_comparison comparisons[] = {comparison(0, ES_EQUAL, 1),
                                         comparison(2, ES_NOT_EQUAL, 0x100000005),
                                         masked_comparison(2, 6, 2)};
    const struct {
        es_packed_rule start;
        es_comparison comparisons[2];
    } packed = {{UNLISTED + 200, 2, 0, 0}, {comparison(0, ES_LESS, 9), comparison(1, ES_EQUAL, 3)}};
    int32_t number = number_of(0, "pread64");
    /* Filters with paths and ports can be prepared where there is landlock(7) for them. */
    uint32_t abi = es_kernel_landlock_abi(0);
    bool limits = es_rights_of_abi(abi) & ES_RIGHT_CONNECT_TCP;
    int status = try_permit(policy, permission_of("BasicCapabilities", ""), NO_DESCRIPTOR, error);

    if (!status)
        status = try_permit(policy, permission_of("Networking", "allow_start_tcp_servers"),
                            NO_DESCRIPTOR, error);
    if (!status)
        status = es_policy_set_landlock_abi(policy, abi, error);
    for (int i = 0; limits && i < 20 && !status; i++) {
        char path[] = "/usr/lib/../lib/../lib";
        path[sizeof path - 2 - (size_t)i % 8] = 0;
        status = try_permit_path(policy, permission_of("SystemIO", "allow_python_files"), path,
                                 error);
    }
    for (int32_t port = 1; limits && port < 20 && !status; port++)
        status = try_permit_port(policy, permission_of("Networking", "allow_start_tcp_clients"),
                                 port, error);
    for (int64_t fd = 0; fd < 20 && !status; fd++)
        status = try_permit(policy, permission_of("SystemIO", "allow_file_read"), 2 * fd, error);
    for (int32_t i = 0; i < 100 && !status; i++) {
        es_comparison one = comparison((unsigned)i % 6, ES_NOT_EQUAL, (uint64_t)i);
        status = es_policy_allow(policy, UNLISTED + i, &one, 1, 0, error);
    }
    if (!status)
        status = es_policy_allow(policy, number, comparisons, 3, 0, error);
    if (!status)
        status = es_policy_allow_packed(policy, &packed, sizeof packed, error);
    if (!status)
        status = es_policy_allow(policy, number_of(0, "chdir"), NULL, 0, 0, error);
    return status;
}

static int fill_policy(es_error *error)
{
    es_policy *policy = NULL;
    int status = es_policy_new(0, &policy, error);

    if (!status)
        status = fill(policy, error);
    es_policy_free(policy);
    return status;
}

static int check_rule(es_error *error)
{
    const es_comparison comparisons[] = {comparison(0, ES_GREATER, 3), comparison(0, ES_LESS, 5)};

    return es_rule_check(0, number_of(0, "write"), comparisons, COUNT(comparisons), error);
}

static void test_filling_policies(void **state)
{
    (void)state;
    fail_at_every_allocation(check_rule);
    fail_at_every_allocation(fill_policy);
}

static es_policy *filled; /* made before memory runs out */

static int compile_filled(es_error *error)
{
    es_program *program = NULL;
    int status = es_compile(filled, &program, error);

    assert_true((status == ES_OK) == (program != NULL));
    es_program_free(program);
    return status;
}

static int prepare_filled(es_error *error)
{
    es_filter *filter = NULL;
    int status = es_prepare(filled, &all_threads, &filter, error);

    assert_true((status == ES_OK) == (filter != NULL));
    es_filter_free(filter);
    return status;
}

static int import_program(es_error *error)
{
    static const es_instruction instructions[] = {{0x20, 0, 0, 0}, {6, 0, 0, 0}};
    es_program *program = NULL;
    int status = es_program_import(0, instructions, 2, &program, error);

    assert_true((status == ES_OK) == (program != NULL));
    es_program_free(program);
    return status;
}

static void test_compiling_and_loading(void **state)
{
    es_call allowed = call_of(0, number_of(0, "chdir"), 0, 0, 0);
    es_program *before, *after;
    char first[20000], second[20000];

    (void)state;
    filled = new_policy(0);
    assert_int_equal(fill(filled, NULL), ES_OK);
    before = compile(filled);
    fail_at_every_allocation(compile_filled);
    fail_at_every_allocation(prepare_filled);
    fail_at_every_allocation(import_program);
    /* The policy is what it was. */
    after = compile(filled);
    es_program_disassemble(before, first, sizeof first);
    es_program_disassemble(after, second, sizeof second);
    assert_string_equal(first, second);
    assert_int_equal(run_of(after, &allowed).action, ES_ACTION_ALLOW);
    es_program_free(before);
    es_program_free(after);
    es_policy_free(filled);
}

/* A rule that could not be added leaves none of itself behind. */
static void test_a_rule_that_was_not_added(void **state)
{
    const es_comparison one = comparison(0, ES_EQUAL, 1);
    unsigned failures = 0;

    (void)state;
    for (unsigned number = 0; number < 10; number++) {
        es_policy *policy = new_policy(0);
        es_call call = call_of(0, UNLISTED, 1, 0, 0);
        int status;
        allocation_fail_at(number, UINT32_MAX);
        status = es_policy_allow(policy, UNLISTED, &one, 1, 0, NULL);
        allocation_count();
        failures += status != ES_OK;
        assert_int_equal(es_policy_decide(policy, &call, 0),
                         status ? DENIED(ENOSYS) : ES_ACTION_ALLOW);
        assert_int_equal(es_policy_allow(policy, UNLISTED, &one, 1, 0, NULL), ES_OK);
        assert_int_equal(es_policy_decide(policy, &call, 0), ES_ACTION_ALLOW);
        es_policy_free(policy);
    }
    assert_in_range(failures, 1, 9);
}

/* A path that could not be noted is an error, wherever memory ends. */
static void test_a_path_that_was_not_added(void **state)
{
    uint32_t writing = permission_of("SystemIO", "allow_write_file");
    unsigned failures = 0;

    (void)state;
    for (unsigned number = 0; number < 40; number++) {
        es_policy *policy = new_policy(0);
        es_error error = ES_ERROR_INIT;
        int status;
        allocation_fail_at(number, UINT32_MAX);
        status = try_permit_path(policy, writing, "/srv", &error);
        allocation_count();
        failures += status != ES_OK;
        if (status)
            assert_int_equal(status, ES_ERR_NO_MEMORY);
        else
            assert_int_not_equal(es_policy_limited_rights(policy), 0);
        es_policy_free(policy);
    }
    assert_in_range(failures, 2, 39);
}

/* What needs no memory works without any. */
static void test_without_memory(void **state)
{
    es_policy *policy = new_policy(0);
    es_call call = call_of(0, number_of(0, "write"), 1, 0, 0);
    es_program *program;
    es_error error = ES_ERROR_INIT;
    es_run run;
    int checked, decided;

    (void)state;
    permit(policy, "SystemIO", "allow_stdout");
    program = compile(policy);
    allocation_fail_at(0, UINT32_MAX);
    checked = es_policy_check(policy, &error);
    decided = es_program_decide(program, &call, 0, &run, sizeof run);
    assert_int_equal(allocation_count(), 0);
    assert_int_equal(checked, ES_OK);
    assert_int_equal(decided, ES_OK);
    assert_int_equal(run.action, ES_ACTION_ALLOW);
    es_program_free(program);
    es_policy_free(policy);
}

/* A message is worded without the name of the call, if need be. */
static void test_messages_without_memory(void **state)
{
    es_policy *policy = new_policy(0);
    const es_comparison beyond = comparison(0, ES_EQUAL, UINT64_MAX);
    es_error error = ES_ERROR_INIT;
    int checked, compared;

    (void)state;
    permit(policy, "SystemIO", "allow_stdout");
    permit(policy, "SystemIO", "allow_write");
    allocation_fail_at(0, UINT32_MAX);
    checked = es_policy_check(policy, &error);
    compared = es_comparison_check(0, number_of(0, "write"), &beyond, NULL);
    allocation_count();
    assert_int_equal(checked, ES_ERR_CONTRADICTION);
    assert_error(&error, checked, "SystemIO.allow_stdout");
    assert_int_equal(compared, ES_ERR_COMPARISON);
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_policies),
        cmocka_unit_test(test_filling_policies),
        cmocka_unit_test(test_compiling_and_loading),
        cmocka_unit_test(test_a_rule_that_was_not_added),
        cmocka_unit_test(test_a_path_that_was_not_added),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_messages_without_memory),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
