/* Whatever comes in, every function answers with an error and never crashes, nor changes what it
 * was given. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An out-parameter that has to stay as it is. */
static char untouched;
#define UNTOUCHED(type) ((type *)(void *)&untouched)

/* ---- NULL ---- */

static void test_null_for_calls_and_comparisons(void **state)
{
    const es_comparison made = comparison(0, ES_EQUAL, 0);
    char name[ES_NAME_SIZE];

    (void)state;
    assert_int_equal(es_syscall_number(0, NULL), -1);
    assert_int_equal(es_syscall_name(0, 0, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_syscall_name(0, 0, name), ES_OK);
    assert_null(es_syscall_nearest(NULL));
    assert_int_equal(es_comparison_check(0, 1, NULL, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_comparison_check(0, -1, NULL, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_comparison_check(0, 1, &made, NULL), ES_OK);
}

static void test_null_for_the_table(void **state)
{
    const es_call call = call_of(0, 1, 1, 0, 0);

    (void)state;
    assert_int_equal(es_ruleset_get(0, NULL, 8), ES_ERR_ARGUMENT);
    assert_int_equal(es_permission_get(0, NULL, 8), ES_ERR_ARGUMENT);
    assert_int_equal(es_row_get(0, NULL, 8), ES_ERR_ARGUMENT);
    assert_int_equal(es_permission_find(NULL, ""), -1);
    assert_int_equal(es_permission_find("SystemIO", NULL), -1);
    assert_int_equal(es_permission_find(NULL, NULL), -1);
    assert_int_equal(es_row_accepts(0, NULL, NULL, 0), 0);
    assert_int_equal(es_row_accepts(UINT32_MAX, &call, NULL, 0), 0);
}

static void test_null_for_policies(void **state)
{
    const es_call call = call_of(0, 1, 1, 0, 0);
    const es_comparison made = comparison(0, ES_EQUAL, 0);
    es_policy *policy = new_policy(0);
    es_program *program = UNTOUCHED(es_program);
    es_error error = ES_ERROR_INIT;

    (void)state;
    assert_int_equal(es_policy_new(0, NULL, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_permit(NULL, 0, NULL, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_allow(NULL, 1, &made, 1, 0, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_allow(policy, 1, NULL, 1, 0, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_allow_packed(NULL, "", 0, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_allow_packed(policy, NULL, 8, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_allow(policy, 1, &made, 1, 2, &error), ES_ERR_ARGUMENT);
    assert_error(&error, ES_ERR_ARGUMENT, "flag");
    assert_int_equal(es_rule_check(0, 1, NULL, 1, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_rule_check(0, 1, NULL, 0, NULL), ES_OK);
    assert_int_equal(es_rule_check(0, -1, NULL, 0, NULL), ES_OK);
    assert_int_equal(es_policy_set_landlock_abi(NULL, 0, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_limited_rights(NULL), 0);
    assert_int_equal(es_policy_check(NULL, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_decide(NULL, &call, 1), ES_ACTION_KILL_PROCESS);
    assert_int_equal(es_policy_decide(policy, NULL, 1), ES_ACTION_KILL_PROCESS);
    assert_int_equal(es_compile(NULL, &program, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_compile(policy, NULL, &error), ES_ERR_ARGUMENT);
    assert_error(&error, ES_ERR_ARGUMENT, "no place");
    assert_ptr_equal(program, &untouched);
    es_policy_free(policy);
    es_policy_free(NULL);
}

static void test_null_for_programs(void **state)
{
    const es_instruction returns = {6, 0, 0, 0};
    const es_call call = call_of(0, 1, 1, 0, 0);
    es_program *program = UNTOUCHED(es_program);
    es_error error = ES_ERROR_INIT;
    es_run run;

    (void)state;
    assert_int_equal(es_program_import(0, NULL, 1, &program, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_program_import(0, NULL, 0, &program, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_program_import(0, &returns, 1, NULL, &error), ES_ERR_ARGUMENT);
    assert_ptr_equal(program, &untouched);
    assert_int_equal(es_program_length(NULL), 0);
    assert_int_equal(es_program_decide(NULL, &call, 0, &run, sizeof run), ES_ERR_ARGUMENT);
    assert_int_equal(es_program_import(0, &returns, 1, &program, NULL), ES_OK);
    assert_int_equal(es_program_decide(program, NULL, 0, &run, sizeof run), ES_ERR_ARGUMENT);
    assert_int_equal(es_program_decide(program, &call, 0, NULL, sizeof run), ES_ERR_ARGUMENT);
    assert_int_equal(es_program_export(program, NULL, 0), 1);
    es_program_free(program);
    es_program_free(NULL);
}

static void test_null_for_the_kernel(void **state)
{
    es_policy *policy = new_policy(0);
    es_filter *filter = UNTOUCHED(es_filter);
    es_options no_size = {.threads = ES_THIS_THREAD};
    es_options unknown_threads = {.size = sizeof(es_options), .threads = 2};
    es_error error = ES_ERROR_INIT;
    int fd = -7;

    (void)state;
    assert_int_equal(es_prepare(NULL, NULL, &filter, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_prepare(policy, NULL, NULL, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_prepare(policy, &no_size, &filter, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_prepare(policy, &unknown_threads, &filter, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_prepare(policy, &unknown_threads, &filter, NULL), ES_ERR_ARGUMENT);
    assert_ptr_equal(filter, &untouched);
    assert_int_equal(es_commit(NULL, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_commit(NULL, NULL), ES_ERR_ARGUMENT);
    es_filter_free(NULL);
    assert_int_equal(es_lock_pid_file(NULL, 1, 0600, "", 0, &fd, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_lock_pid_file("/tmp/x", 1, 0600, NULL, 1, &fd, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_lock_pid_file("/tmp/x", 1, 0600, "", 0, NULL, &error), ES_ERR_ARGUMENT);
    assert_int_equal(fd, -7);
    es_policy_free(policy);
}

/* ---- Out of range ---- */

static void test_status_names(void **state)
{
    (void)state;
    for (int status = ES_OK; status <= ES_ERR_NOT_ENFORCED; status++) {
        assert_string_not_equal(es_status_name(status), "unknown");
        assert_int_not_equal(es_status_name(status)[0], 0);
        for (int other = ES_OK; other < status; other++)
            assert_string_not_equal(es_status_name(status), es_status_name(other));
    }
    assert_string_equal(es_status_name(-1), "unknown");
    assert_string_equal(es_status_name(ES_ERR_NOT_ENFORCED + 1), "unknown");
    assert_string_equal(es_status_name(INT32_MIN), "unknown");
    assert_string_equal(es_status_name(INT32_MAX), "unknown");
}

static void test_indexes(void **state)
{
    es_permission_info permission = {.name = "untouched"};
    es_ruleset_info ruleset = {"untouched", ""};
    es_row_info row = {.reason = "untouched"};

    (void)state;
    for (uint32_t beyond = 0; beyond < 3; beyond++) {
        uint32_t far = UINT32_MAX - beyond;
        assert_int_equal(es_ruleset_get(es_ruleset_count() + beyond, &ruleset, sizeof ruleset),
                         ES_ERR_ARGUMENT);
        assert_int_equal(
            es_permission_get(es_permission_count() + beyond, &permission, sizeof permission),
            ES_ERR_ARGUMENT);
        assert_int_equal(es_row_get(es_row_count() + beyond, &row, sizeof row), ES_ERR_ARGUMENT);
        assert_int_equal(es_ruleset_get(far, &ruleset, sizeof ruleset), ES_ERR_ARGUMENT);
        assert_int_equal(es_permission_get(far, &permission, sizeof permission), ES_ERR_ARGUMENT);
        assert_int_equal(es_row_get(far, &row, sizeof row), ES_ERR_ARGUMENT);
    }
    assert_string_equal(ruleset.name, "untouched");
    assert_string_equal(permission.name, "untouched");
    assert_string_equal(row.reason, "untouched");
    assert_int_equal(es_permission_find("SystemIO", "allow_nothing"), -1);
    assert_int_equal(es_permission_find("", ""), -1);
}

static void test_numbers_of_calls(void **state)
{
    static const int32_t wrong[] = {-1, INT32_MIN, ES_MAX_NR + 1, INT32_MAX};
    es_policy *policy = new_policy(0);
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(es_policy_allow(policy, wrong[i], NULL, 0, 0, &error), ES_ERR_ARGUMENT);
        assert_error(&error, ES_ERR_ARGUMENT, "1073741823");
    }
    assert_int_equal(es_policy_allow(policy, ES_MAX_NR, NULL, 0, 0, &error), ES_OK);
    es_policy_free(policy);
}

/* Kinds, sizes and paths of arguments that no caller of ours makes. */
static void test_arguments_of_permissions(void **state)
{
    static const uint32_t sizes[] = {0, 1, sizeof(es_argument) - 1, sizeof(es_argument),
                                     sizeof(es_argument) + 1, UINT32_MAX};
    es_policy *policy = new_policy(0);
    es_error error = ES_ERROR_INIT;
    unsigned refused = 0;

    (void)state;
    for (uint32_t i = 0; i < es_permission_count(); i++) {
        for (uint32_t kind = 0; kind < 8; kind++) {
            for (size_t j = 0; j < COUNT(sizes); j++) {
                /* Without a path, whatever the kind. */
                es_argument given = {.size = sizes[j],
                                     .kind = kind < 7 ? kind : UINT32_MAX,
                                     .descriptor = INT32_MIN,
                                     .port = INT32_MIN};
                int status = es_policy_permit(policy, i, &given, &error);
                assert_true(status == ES_OK || status == ES_ERR_ARGUMENT ||
                            status == ES_ERR_UNKNOWN);
                if (status == ES_OK)
                    assert_true(kind == ES_TAKES_NOTHING && sizes[j] >= sizeof given);
                else
                    assert_error(&error, status, "");
                refused += status != ES_OK;
            }
        }
    }
    assert_in_range(refused, es_permission_count() * 8 * 4, es_permission_count() * 8 * 6);
    /* Sets that found nothing limit files, to none; no port was told. */
    assert_int_equal(es_policy_limited_rights(policy), 2 * ES_RIGHT_IOCTL_DEV - 1);
    es_policy_free(policy);
}

static void test_architectures(void **state)
{
    static const uint32_t wrong[] = {1, FOREIGN_ARCH, 0x80000016 /* s390x */, UINT32_MAX};
    es_policy *policy = UNTOUCHED(es_policy);
    const es_comparison made = comparison(0, ES_EQUAL, 0);
    char name[ES_NAME_SIZE];
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(es_policy_new(wrong[i], &policy, &error), ES_ERR_ARCHITECTURE);
        assert_error(&error, ES_ERR_ARCHITECTURE, "x86_64");
        assert_ptr_equal(policy, &untouched);
        /* What only asks answers something. */
        es_syscall_number(wrong[i], "read");
        es_syscall_name(wrong[i], 1, name);
        es_syscall_width(wrong[i], 1, 0);
        es_comparison_check(wrong[i], 1, &made, &error);
    }
}

/* ---- Enormous ---- */

static void test_many_comparisons(void **state)
{
    enum { COMPARISONS = ES_MAX_INSTRUCTIONS, TOO_MANY };
    es_comparison *comparisons = calloc(TOO_MANY, sizeof *comparisons);
    es_policy *policy = new_policy(0);
    int32_t number = number_of(0, "lseek");
    es_call call = call_of(0, number, 0, COMPARISONS, 0);
    es_program *program;

    (void)state;
    assert_non_null(comparisons);
    for (uint64_t i = 0; i < TOO_MANY; i++)
        comparisons[i] = comparison(1, ES_GREATER, i);
    assert_int_equal(es_policy_allow(policy, number, comparisons, TOO_MANY, 0, NULL),
                     ES_ERR_TOO_LONG);
    allow(policy, number, comparisons, COMPARISONS);
    program = compile(policy);
    assert_int_equal(run_of(program, &call).action, ES_ACTION_ALLOW);
    call.args[1]--;
    assert_int_equal(run_of(program, &call).action, DENIED(EPERM));
    es_program_free(program);
    /* Beyond what fits, of calls and of alternatives. */
    for (uint64_t i = 0; i < COMPARISONS; i++)
        allow_if(policy, UNLISTED + (int32_t)i, comparison((unsigned)(i % 6), ES_NOT_EQUAL, i));
    assert_int_equal(es_compile(policy, &program, NULL), ES_ERR_TOO_LONG);
    es_policy_free(policy);
    free(comparisons);
}

static void test_a_long_chain(void **state)
{
    enum { ALTERNATIVES = 30000 };
    es_policy *policy = new_policy(0);
    int32_t number = number_of(0, "sendto");
    es_program *program;

    (void)state;
    for (uint64_t i = 0; i < ALTERNATIVES; i++) {
        es_comparison both[] = {comparison(0, ES_EQUAL, i), comparison(3, ES_EQUAL, i)};
        allow(policy, number, both, 2);
    }
    assert_int_equal(es_compile(policy, &program, NULL), ES_ERR_TOO_LONG);
    es_policy_free(policy);
}

/* Rights are no instructions of the filter. */
static void test_many_paths_and_ports(void **state)
{
    enum { PATHS = 2000, PORTS = 3000 };
    es_policy *policy = new_policy(0);
    es_program *program;

    (void)state;
    for (int i = 0; i < PATHS; i++) {
        char path[24];
        snprintf(path, sizeof path, "/srv/%d", i);
        permit_path(policy, "SystemIO", "allow_read_path", path);
    }
    for (int32_t port = 1; port <= PORTS; port++)
        permit_port(policy, "Networking", "allow_start_tcp_clients", port);
    program = compile(policy);
    assert_true(es_program_length(program) < 300);
    es_program_free(program);
    es_policy_free(policy);
}

static void test_long_texts(void **state)
{
    enum { LENGTH = 100000 };
    char *text = malloc(LENGTH + 1);
    es_error error = ES_ERROR_INIT;
    es_policy *policy = new_policy(0);
    int fd;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', LENGTH);
    text[LENGTH] = 0;
    assert_int_equal(es_syscall_number(0, text), -1);
    assert_int_equal(es_permission_find(text, text), -1);
    assert_null(es_syscall_nearest(text));
    assert_int_equal(es_lock_pid_file(text, 1, 0600, "", 0, &fd, &error), ES_ERR_FILE);
    assert_int_equal(error.errnum, ENAMETOOLONG);
    assert_non_null(memchr(error.message, 0, sizeof error.message));
    /* A path as long, in the message of a contradiction. */
    *text = '/';
    permit_path(policy, "SystemIO", "allow_write_file", text);
    permit_path(policy, "SystemIO", "allow_write_file", "/");
    assert_int_equal(es_policy_check(policy, &error), ES_ERR_CONTRADICTION);
    assert_non_null(memchr(error.message, 0, sizeof error.message));
    assert_int_equal(strlen(error.limited_by.argument.path), LENGTH);
    es_policy_free(policy);
    free(text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_for_calls_and_comparisons),
        cmocka_unit_test(test_null_for_the_table),
        cmocka_unit_test(test_null_for_policies),
        cmocka_unit_test(test_null_for_programs),
        cmocka_unit_test(test_null_for_the_kernel),
        cmocka_unit_test(test_status_names),
        cmocka_unit_test(test_indexes),
        cmocka_unit_test(test_numbers_of_calls),
        cmocka_unit_test(test_arguments_of_permissions),
        cmocka_unit_test(test_architectures),
        cmocka_unit_test(test_many_comparisons),
        cmocka_unit_test(test_a_long_chain),
        cmocka_unit_test(test_many_paths_and_ports),
        cmocka_unit_test(test_long_texts),
    };
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
