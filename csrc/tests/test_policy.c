/* What permissions allow: given descriptors, the own process, single rows, unions. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- Descriptors ---- */

static uint32_t decide(const es_policy *policy, const char *name, uint64_t first)
{
    es_call call = call_of(0, number_of(0, name), first, 0, 0);

    return es_policy_decide(policy, &call, 0);
}

static void test_given_descriptors(void **state)
{
    static const int64_t given[] = {0, 1, 5, 2147483647};
    static const char *const calls[] = {"read", "readv", "pread64", "preadv", "preadv2", "lseek",
                                        "fstat"};

    (void)state;
    for (size_t i = 0; i < COUNT(given); i++) {
        es_policy *policy = new_policy(0);
        uint64_t fd = (uint64_t)given[i];
        permit_fd(policy, "SystemIO", "allow_file_read", given[i]);
        for (size_t j = 0; j < COUNT(calls); j++) {
            assert_int_equal(decide(policy, calls[j], fd), ES_ACTION_ALLOW);
            /* The kernel does not read the upper half of a descriptor. */
            assert_int_equal(decide(policy, calls[j], fd | UINT64_C(7) << 32), ES_ACTION_ALLOW);
            assert_int_equal(decide(policy, calls[j], fd + 1), DENIED(EPERM));
            assert_int_equal(decide(policy, calls[j], fd - 1), DENIED(EPERM));
            assert_int_equal(decide(policy, calls[j], fd << 32 | 77), DENIED(EPERM));
        }
        assert_int_equal(decide(policy, "write", fd), DENIED(EPERM));
        assert_int_equal(decide(policy, "newfstatat", fd), DENIED(EPERM));
        es_policy_free(policy);
    }
}

static void test_several_descriptors(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    permit(policy, "SystemIO", "allow_stdout");
    permit_fd(policy, "SystemIO", "allow_file_write", 7);
    permit_fd(policy, "SystemIO", "allow_file_write", 9);
    for (uint64_t fd = 0; fd < 12; fd++)
        assert_int_equal(decide(policy, "write", fd),
                         fd == 1 || fd == 7 || fd == 9 ? ES_ACTION_ALLOW : DENIED(EPERM));
    assert_int_equal(decide(policy, "fsync", 1), DENIED(EPERM));
    assert_int_equal(decide(policy, "fsync", 9), ES_ACTION_ALLOW);
    es_policy_free(policy);
}

/* Networking covers what is not a standard stream; beside it, allow_stdout keeps its meaning. */
static void test_a_union_of_conditions(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    permit(policy, "Networking", "allow_running_tcp_clients");
    permit(policy, "SystemIO", "allow_stdout");
    for (uint64_t fd = 0; fd < 12; fd++)
        assert_int_equal(decide(policy, "write", fd),
                         fd == 0 || fd == 2 ? DENIED(EPERM) : ES_ACTION_ALLOW);
    assert_int_equal(decide(policy, "write", UINT64_C(1) << 32), DENIED(EPERM));
    es_policy_free(policy);
}

static void test_what_a_permission_takes(void **state)
{
    uint32_t out = permission_of("SystemIO", "allow_stdout");
    uint32_t file = permission_of("SystemIO", "allow_file_read");
    es_argument no_size = {.kind = ES_TAKES_DESCRIPTOR, .descriptor = 1};
    es_argument unknown_kind = {.size = sizeof(es_argument), .kind = 77, .descriptor = 1};
    es_policy *policy = new_policy(0);
    es_error error = ES_ERROR_INIT;

    (void)state;
    assert_int_equal(try_permit(policy, out, 1, &error), ES_ERR_ARGUMENT);
    assert_error(&error, ES_ERR_ARGUMENT, "takes no argument");
    assert_int_equal(es_policy_permit(policy, file, NULL, &error), ES_ERR_ARGUMENT);
    assert_error(&error, ES_ERR_ARGUMENT, "takes a descriptor");
    assert_int_equal(try_permit(policy, file, INT32_MIN, &error), ES_ERR_ARGUMENT);
    assert_error(&error, ES_ERR_ARGUMENT, "0 to 2147483647");
    assert_int_equal(es_policy_permit(policy, file, &no_size, &error), ES_ERR_ARGUMENT);
    assert_error(&error, ES_ERR_ARGUMENT, "size");
    assert_int_equal(es_policy_permit(policy, file, &unknown_kind, &error), ES_ERR_ARGUMENT);
    for (uint64_t fd = 0; fd < 4; fd++)
        assert_int_equal(decide(policy, "read", fd), DENIED(EPERM));
    es_policy_free(policy);
}

static void test_groups_are_not_granted_by_themselves(void **state)
{
    es_policy *policy = new_policy(0);
    unsigned groups = 0;
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (uint32_t i = 0; i < es_permission_count(); i++) {
        es_permission_info info;
        assert_int_equal(es_permission_get(i, &info, sizeof info), ES_OK);
        if (info.is_public)
            continue;
        assert_int_equal(es_policy_permit(policy, i, NULL, &error), ES_ERR_UNKNOWN);
        groups++;
    }
    assert_true(groups > 0);
    assert_int_equal(es_policy_permit(policy, es_permission_count(), NULL, &error), ES_ERR_UNKNOWN);
    assert_int_equal(es_policy_permit(policy, UINT32_MAX, NULL, &error), ES_ERR_UNKNOWN);
    es_policy_free(policy);
}

/* ---- The own process ---- */

static void test_signals_reach_the_own_process_only(void **state)
{
    static const char *const calls[] = {"kill", "tgkill", "tkill"};
    static const uint64_t others[] = {0, 1, 4241, 4243, 0xffffffff, UINT64_MAX, 0xffffef6e};

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        es_policy *policy = new_policy(architectures[i]);
        permit(policy, "BasicCapabilities", "");
        for (size_t j = 0; j < COUNT(calls); j++) {
            int32_t number = number_of(architectures[i], calls[j]);
            es_call own = call_of(architectures[i], number, 4242, 6, 6);
            es_call garbage = call_of(architectures[i], number, UINT64_C(9) << 32 | 4242, 6, 6);
            assert_int_equal(es_policy_decide(policy, &own, 4242), ES_ACTION_ALLOW);
            assert_int_equal(es_policy_decide(policy, &garbage, 4242), ES_ACTION_ALLOW);
            assert_int_equal(es_policy_decide(policy, &own, 4243), DENIED(EPERM));
            for (size_t k = 0; k < COUNT(others); k++) {
                es_call other = call_of(architectures[i], number, others[k], 6, 6);
                assert_int_equal(es_policy_decide(policy, &other, 4242), DENIED(EPERM));
                /* While the own process is not known, nothing is. */
                assert_int_equal(es_policy_decide(policy, &other, 0), DENIED(EPERM));
            }
        }
        es_policy_free(policy);
    }
}

static void test_fork_and_exec_signals_one_process_or_group(void **state)
{
    es_policy *policy = new_policy(0);
    int32_t number = number_of(0, "kill");

    (void)state;
    permit(policy, "ForkAndExec", "");
    for (uint64_t signal = 0; signal < 65; signal++) {
        bool ends = signal == 2 || signal == 9 || signal == 15;
        es_call one = call_of(0, number, 1234, signal, 0);
        es_call highest = call_of(0, number, INT32_MAX, signal, 0);
        es_call group = call_of(0, number, 0, signal, 0);
        es_call everybody = call_of(0, number, UINT64_MAX, signal, 0);
        es_call other_group = call_of(0, number, (uint32_t)-1234, signal, 0);
        es_call lowest = call_of(0, number, (uint32_t)INT32_MIN, signal, 0);
        assert_int_equal(es_policy_decide(policy, &one, 0), ends ? ES_ACTION_ALLOW : DENIED(EPERM));
        assert_int_equal(es_policy_decide(policy, &highest, 0),
                         ends ? ES_ACTION_ALLOW : DENIED(EPERM));
        assert_int_equal(es_policy_decide(policy, &group, 0), DENIED(EPERM));
        assert_int_equal(es_policy_decide(policy, &everybody, 0), DENIED(EPERM));
        assert_int_equal(es_policy_decide(policy, &other_group, 0),
                         ends ? ES_ACTION_ALLOW : DENIED(EPERM));
        assert_int_equal(es_policy_decide(policy, &lowest, 0),
                         ends ? ES_ACTION_ALLOW : DENIED(EPERM));
    }
    es_policy_free(policy);
}

/* ---- Rows ---- */

/* The row of a permission that grants a call. */
static uint32_t row_of(const char *ruleset, const char *permission, const char *call)
{
    uint32_t wanted = permission_of(ruleset, permission);
    es_row_info row;

    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++)
        if (row.permission == wanted && row.kind != ES_ROW_ENOSYS && !strcmp(row.syscall, call))
            return i;
    fail_msg("%s.%s does not grant %s", ruleset, permission, call);
    return 0;
}

static void test_a_row_alone(void **state)
{
    uint32_t out = row_of("SystemIO", "allow_stdout", "write");
    uint32_t file = row_of("SystemIO", "allow_file_write", "write");
    uint32_t own = row_of("BasicCapabilities", "", "kill");
    uint32_t any = row_of("BasicCapabilities", "", "getpid");

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        uint32_t arch = architectures[i];
        int32_t write = number_of(arch, "write"), kill = number_of(arch, "kill");
        es_call to_1 = call_of(arch, write, 1, 0, 0), to_5 = call_of(arch, write, 5, 0, 0);
        es_call to_2 = call_of(arch, write, UINT64_C(1) << 32 | 2, 0, 0);
        es_call kill_7 = call_of(arch, kill, 7, 0, 0), kill_0 = call_of(arch, kill, 0, 0, 0);
        es_call who = call_of(arch, number_of(arch, "getpid"), 1, 2, 3);
        assert_int_equal(accepts(out, &to_1, 0, 0), 1);
        assert_int_equal(accepts(out, &to_2, 2, 0), 0);
        assert_int_equal(accepts(out, &who, 0, 0), 0);
        assert_int_equal(accepts(file, &to_5, 5, 0), 1);
        assert_int_equal(accepts(file, &to_5, 6, 0), 0);
        assert_int_equal(accepts(file, &to_2, 2, 0), 1);
        assert_int_equal(accepts(own, &kill_7, 0, 7), 1);
        assert_int_equal(accepts(own, &kill_7, 7, 8), 0);
        assert_int_equal(accepts(own, &kill_7, 7, 0), 0);
        assert_int_equal(accepts(own, &kill_0, 0, 0), 0);
        assert_int_equal(accepts(any, &who, 0, 0), 1);
        assert_int_equal(accepts(any, &to_1, 0, 0), 0);
        /* The number of one architecture is another call, or none, on the others. */
        to_1.arch = FOREIGN_ARCH;
        assert_int_equal(accepts(out, &to_1, 0, 0), 0);
        to_1.nr = -1;
        assert_int_equal(accepts(out, &to_1, 0, 0), 0);
    }
}

static void test_rows_that_grant_nothing(void **state)
{
    es_row_info row;
    unsigned seen = 0;

    (void)state;
    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++) {
        if (row.kind != ES_ROW_INCLUDE && row.kind != ES_ROW_ENOSYS)
            continue;
        seen++;
        for (int32_t number = -2; number < 500; number++) {
            es_call call = call_of(ES_ARCH_X86_64, number, 0, 0, 0);
            assert_int_equal(accepts(i, &call, 0, 1), 0);
        }
    }
    assert_true(seen > 6);
}

/* ---- Permissions and their rows ---- */

enum { GIVEN = 5, OWN_PID = 4242 };

/* Does a row of the permission, or of what it includes, accept the call? */
static bool rows_accept(uint32_t permission, const es_argument *argument, const es_call *call)
{
    es_row_info row;

    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++) {
        if (row.kind == ES_ROW_ENOSYS || row.permission != permission)
            continue;
        if (row.kind == ES_ROW_INCLUDE && rows_accept(row.included, argument, call))
            return true;
        if (es_row_accepts(i, call, argument, OWN_PID))
            return true;
    }
    return false;
}

/* A permission that was granted alone. */
typedef struct {
    uint32_t permission;
    es_argument argument;
    es_policy *policy;
    es_program *program;
} granted;

static void check_call(const granted *it, const es_call *call)
{
    es_run run;
    uint32_t decision = es_policy_decide(it->policy, call, OWN_PID);

    assert_int_equal(es_program_decide(it->program, call, OWN_PID, &run, sizeof run), ES_OK);
    assert_int_equal(run.action, decision);
    if ((decision == ES_ACTION_ALLOW) != rows_accept(it->permission, &it->argument, call))
        fail_msg("call %d (%llx, %llx, %llx) of permission %u", call->nr,
                 (unsigned long long)call->args[0], (unsigned long long)call->args[1],
                 (unsigned long long)call->args[2], it->permission);
}

static uint64_t datum_of(const es_comparison *comparison)
{
    return comparison->source == ES_DATUM_GIVEN     ? GIVEN
           : comparison->source == ES_DATUM_OWN_PID ? OWN_PID
                                                    : comparison->datum;
}

/* Around the data of a row: one argument at a time is off by one, or has other upper bits.  Of a
 * row as long as that of ioctl(2) some data do: test_requests.c has them all. */
static void check_row(const granted *it, const es_row_info *row, uint32_t arch)
{
    static const uint64_t changes[] = {0, 1, UINT64_MAX, UINT64_C(1) << 32, 0x80000000, 0x20000000};
    unsigned step = 1 + row->comparison_count / 64;
    es_call call = call_of(arch, es_syscall_number(arch, row->syscall), 0, 0, 0);

    for (unsigned i = 0; i < row->comparison_count; i++)
        call.args[row->comparisons[i].argument] = datum_of(&row->comparisons[i]);
    check_call(it, &call);
    for (unsigned i = 0; i < row->comparison_count; i += step) {
        uint64_t *argument = &call.args[row->comparisons[i].argument], before = *argument;
        for (size_t j = 0; j < COUNT(changes); j++) {
            *argument = datum_of(&row->comparisons[i]) + changes[j];
            check_call(it, &call);
        }
        *argument = before;
    }
}

static void check_permission(uint32_t arch, uint32_t permission, bool told)
{
    granted it = {permission, something(permission, GIVEN, told), new_policy(arch), NULL};
    es_row_info row;

    assert_int_equal(es_policy_permit(it.policy, permission, &it.argument, NULL), ES_OK);
    it.program = compile(it.policy);
    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++)
        if (*row.syscall && es_syscall_number(arch, row.syscall) >= 0)
            check_row(&it, &row, arch);
    es_program_free(it.program);
    es_policy_free(it.policy);
}

static void test_a_permission_allows_what_its_rows_accept(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        for (uint32_t permission = 0; permission < es_permission_count(); permission++) {
            es_permission_info info;
            assert_int_equal(es_permission_get(permission, &info, sizeof info), ES_OK);
            if (info.is_public)
                check_permission(architectures[i], permission, false);
            /* What differs with a path or a port differs in the calls of a port. */
            if (info.is_public && info.takes == ES_TAKES_PORT)
                check_permission(architectures[i], permission, true);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given_descriptors),
        cmocka_unit_test(test_several_descriptors),
        cmocka_unit_test(test_a_union_of_conditions),
        cmocka_unit_test(test_what_a_permission_takes),
        cmocka_unit_test(test_groups_are_not_granted_by_themselves),
        cmocka_unit_test(test_signals_reach_the_own_process_only),
        cmocka_unit_test(test_fork_and_exec_signals_one_process_or_group),
        cmocka_unit_test(test_a_row_alone),
        cmocka_unit_test(test_rows_that_grant_nothing),
        cmocka_unit_test(test_a_permission_allows_what_its_rows_accept),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
