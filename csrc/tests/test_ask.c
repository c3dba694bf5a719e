/* Questions: who allows a call, what a permission would allow, and whether another policy allows
 * as much. */
#include "support.h"

#include <errno.h>

enum { ALL_KNOWN = 0x3f, OWN_PID = 4242, GIVEN = 5 };

/* ---- Ways ---- */

static bool a_way_accepts(const es_policy *policy, const es_call *call)
{
    es_way way;
    bool found = false;

    for (uint32_t i = 0; es_policy_way_get(policy, i, &way, sizeof way) == ES_OK; i++) {
        int accepts = es_policy_way_accepts(policy, i, call, ALL_KNOWN, OWN_PID);
        assert_true(accepts == ES_YES || accepts == ES_NO);
        found = found || (accepts && way.action == ES_ACTION_ALLOW);
    }
    return found;
}

static uint64_t datum_of(const es_comparison *comparison)
{
    return comparison->source == ES_DATUM_GIVEN     ? GIVEN
           : comparison->source == ES_DATUM_OWN_PID ? OWN_PID
                                                    : comparison->datum;
}

/* A row's data, and the same off by one in each argument: ways say what the policy decides, and the
 * permission what its ways say. */
static void check_row(const es_policy *policy, uint32_t permission, const es_argument *argument,
                      const es_row_info *row)
{
    es_call call = call_of(es_arch_native(), es_syscall_number(0, row->syscall), 0, 0, 0);

    for (uint32_t i = 0; i < row->comparison_count; i++)
        call.args[row->comparisons[i].argument] = datum_of(&row->comparisons[i]);
    for (unsigned changed = 0; changed <= 6; changed++) {
        es_call made = call;
        bool allowed;
        if (changed < 6)
            made.args[changed]++;
        allowed = es_policy_decide(policy, &made, OWN_PID) == ES_ACTION_ALLOW;
        assert_int_equal(a_way_accepts(policy, &made), allowed);
        assert_int_equal(es_permission_accepts(permission, &made, ALL_KNOWN, argument, OWN_PID),
                         allowed ? ES_YES : ES_NO);
    }
}

static void test_ways_say_what_a_permission_allows(void **state)
{
    es_permission_info info;
    unsigned checked = 0;

    (void)state;
    for (uint32_t i = 0; es_permission_get(i, &info, sizeof info) == ES_OK; i++) {
        es_argument argument;
        es_policy *policy;
        es_row_info row;
        if (!info.is_public)
            continue;
        argument = something(i, GIVEN, true);
        policy = new_policy(0);
        assert_int_equal(es_policy_permit(policy, i, &argument, NULL), ES_OK);
        for (uint32_t j = 0; es_row_get(j, &row, sizeof row) == ES_OK; j++) {
            if (row.comparison_count > 64 || !*row.syscall || row.kind == ES_ROW_ENOSYS ||
                es_syscall_number(0, row.syscall) < 0)
                continue;
            check_row(policy, i, &argument, &row);
            checked++;
        }
        es_policy_free(policy);
    }
    assert_true(checked > 1000);
}

static void test_what_is_not_known_decides(void **state)
{
    es_policy *policy = new_policy(0);
    uint32_t out = permission_of("SystemIO", "allow_stdout");
    es_call call = call_of(es_arch_native(), number_of(0, "write"), 1, 0, 0);
    es_way way;

    (void)state;
    permit(policy, "SystemIO", "allow_stdout");
    for (uint32_t i = 0; es_policy_way_get(policy, i, &way, sizeof way) == ES_OK; i++) {
        if (way.number != call.nr)
            continue;
        assert_int_equal(way.origin.kind, ES_ORIGIN_PERMISSION);
        assert_int_equal(way.origin.permission, out);
        assert_int_equal(es_policy_way_accepts(policy, i, &call, 1, 0), ES_YES);
        assert_int_equal(es_policy_way_accepts(policy, i, &call, 0, 0), ES_UNDECIDED);
        call.args[0] = 2;
        assert_int_equal(es_policy_way_accepts(policy, i, &call, 1, 0), ES_NO);
        call.args[0] = 1;
        call.arch = FOREIGN_ARCH;
        assert_int_equal(es_policy_way_accepts(policy, i, &call, 1, 0), ES_NO);
        call.arch = es_arch_native();
    }
    assert_int_equal(es_permission_accepts(out, &call, 0, NULL, 0), ES_UNDECIDED);
    assert_int_equal(es_permission_accepts(out, &call, 1, NULL, 0), ES_YES);
    es_policy_free(policy);
}

static void test_rules_and_answers_are_ways(void **state)
{
    es_policy *policy = new_policy(0);
    bool simple = false, conditional = false, answer = false;
    es_way way;

    (void)state;
    allow(policy, number_of(0, "fsync"), NULL, 0);
    allow_if(policy, number_of(0, "fsync"), comparison(0, ES_EQUAL, 3));
    for (uint32_t i = 0; es_policy_way_get(policy, i, &way, sizeof way) == ES_OK; i++) {
        simple = simple || way.origin.kind == ES_ORIGIN_SIMPLE;
        conditional = conditional || way.origin.kind == ES_ORIGIN_CONDITIONAL;
        if (way.number == number_of(0, "futex")) {
            assert_int_equal(way.action, DENIED(ENOSYS));
            assert_int_equal(way.origin.kind, ES_ORIGIN_NONE);
            answer = true;
        }
    }
    assert_true(simple && conditional && answer);
    es_policy_free(policy);
}

static void test_nothing_is_asked(void **state)
{
    es_call call = call_of(0, 1, 1, 0, 0);
    es_policy *policy = new_policy(0);
    es_grant_info grant;
    es_way way;

    (void)state;
    assert_int_equal(es_policy_way_get(NULL, 0, &way, sizeof way), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_way_get(policy, 0, NULL, sizeof way), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_way_get(policy, UINT32_MAX, &way, sizeof way), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_way_accepts(NULL, 0, &call, 1, 0), ES_NO);
    assert_int_equal(es_policy_way_accepts(policy, 0, NULL, 1, 0), ES_NO);
    assert_int_equal(es_policy_way_accepts(policy, UINT32_MAX, &call, 1, 0), ES_NO);
    assert_int_equal(es_policy_way_within(NULL, 0, policy), 0);
    assert_int_equal(es_policy_way_within(policy, 0, NULL), 0);
    assert_int_equal(es_policy_way_within(policy, UINT32_MAX, policy), 0);
    assert_int_equal(es_policy_grant_get(NULL, 0, &grant, sizeof grant), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_grant_get(policy, 0, NULL, sizeof grant), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_grant_get(policy, 0, &grant, sizeof grant), ES_ERR_ARGUMENT);
    assert_int_equal(es_permission_accepts(UINT32_MAX, &call, 1, NULL, 0), ES_NO);
    assert_int_equal(es_permission_accepts(0, NULL, 1, NULL, 0), ES_NO);
    assert_int_equal(es_permission_size(UINT32_MAX), 0);
    assert_true(es_permission_breadth(UINT32_MAX, 0) == UINT64_MAX);
    es_policy_free(policy);
}

/* ---- Comparing policies ---- */

/* Is all that one policy says of a call within another? */
static bool within(const es_policy *policy, const es_policy *other, int32_t number)
{
    es_way way;

    for (uint32_t i = 0; es_policy_way_get(policy, i, &way, sizeof way) == ES_OK; i++)
        if (way.number == number && !es_policy_way_within(policy, i, other))
            return false;
    return true;
}

static void test_several_ways_together(void **state)
{
    es_policy *low = new_policy(0), *both = new_policy(0);
    int32_t number = number_of(0, "fsync");
    es_comparison halves[] = {comparison(0, ES_LESS, 10), comparison(0, ES_GREATER_EQUAL, 10)};
    es_comparison middle[] = {comparison(0, ES_GREATER, 4), comparison(0, ES_LESS, 20)};

    (void)state;
    allow_if(low, number, comparison(0, ES_LESS, 10));
    assert_true(within(low, low, number));
    allow_uniting(both, number, &halves[0], 1);
    allow_uniting(both, number, &halves[1], 1);
    assert_true(within(low, both, number));
    assert_false(within(both, low, number));
    allow(low, number, middle, 2);
    assert_true(within(low, both, number));
    es_policy_free(low);
    es_policy_free(both);
}

static void test_the_same_in_other_words(void **state)
{
    es_policy *one = new_policy(0), *other = new_policy(0);
    int32_t number = number_of(0, "flock");
    es_comparison pair[] = {comparison(0, ES_EQUAL, 3), comparison(1, ES_LESS_OR_EQUAL, 3)};
    es_comparison turned[] = {masked_comparison(1, UINT32_MAX - 3, 0), comparison(0, ES_EQUAL, 3)};

    (void)state;
    allow(one, number, pair, 2);
    allow(other, number, turned, 2);
    assert_true(within(one, other, number));
    assert_true(within(other, one, number));
    allow_if(other, number, comparison(0, ES_EQUAL, 4));
    assert_true(within(one, other, number));
    assert_false(within(other, one, number));
    es_policy_free(one);
    es_policy_free(other);
}

static void test_descriptors_that_are_given(void **state)
{
    es_policy *three = new_policy(0), *four = new_policy(0), *rule = new_policy(0);
    int32_t number = number_of(0, "fsync");

    (void)state;
    permit_fd(three, "SystemIO", "allow_file_write", 3);
    permit_fd(four, "SystemIO", "allow_file_write", 4);
    allow_if(rule, number, comparison(0, ES_EQUAL, 3));
    assert_true(within(three, three, number));
    assert_false(within(three, four, number));
    assert_true(within(three, rule, number));
    assert_false(within(four, rule, number));
    assert_true(within(rule, three, number));
    es_policy_free(three);
    es_policy_free(four);
    es_policy_free(rule);
}

static void test_the_own_process_is_one_of_all(void **state)
{
    es_policy *own = new_policy(0), *one = new_policy(0), *all = new_policy(0);
    es_policy *nothing = new_policy(0);
    int32_t number = number_of(0, "tkill");

    (void)state;
    permit(own, "BasicCapabilities", "");
    allow_if(one, number, comparison(0, ES_EQUAL, OWN_PID));
    allow_if(all, number, comparison(0, ES_LESS_OR_EQUAL, UINT32_MAX));
    assert_true(within(own, own, number));
    assert_true(within(own, all, number));
    assert_false(within(own, one, number));
    assert_false(within(one, own, number));
    assert_false(within(own, nothing, number));
    assert_true(within(nothing, own, number));
    es_policy_free(own);
    es_policy_free(one);
    es_policy_free(all);
    es_policy_free(nothing);
}

/* ---- Grants ---- */

static void test_grants_have_their_paths(void **state)
{
    es_policy *policy = new_policy(0);
    es_grant_info info;
    unsigned paths = 0, ports = 0, rules = 0;

    (void)state;
    permit_path(policy, "SystemIO", "allow_remove_dir", "/srv");
    permit_port(policy, "Networking", "allow_start_tcp_clients", 443);
    allow(policy, number_of(0, "chdir"), NULL, 0);
    allow(policy, number_of(0, "mkdirat"), NULL, 0);
    for (uint32_t i = 0; es_policy_grant_get(policy, i, &info, sizeof info) == ES_OK; i++) {
        if (info.number >= 0) {
            assert_int_equal(info.number, number_of(0, "mkdirat"));
            assert_int_equal(info.rights, ES_RIGHT_MAKE_DIR);
            assert_int_equal(info.everywhere, 1);
            rules++;
        } else if (info.rights & ES_RIGHT_REMOVE_DIR) {
            assert_string_equal(info.origin.argument.path, "/srv");
            assert_int_equal(info.everywhere, 0);
            paths++;
        } else if (info.rights & ES_RIGHT_CONNECT_TCP) {
            assert_int_equal(info.origin.argument.port, 443);
            ports++;
        }
    }
    assert_true(paths == 1 && ports == 1 && rules == 1);
    es_policy_free(policy);
}

/* What includes another permission is no smaller. */
static void test_sizes(void **state)
{
    es_row_info row;

    (void)state;
    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++)
        if (row.kind == ES_ROW_INCLUDE)
            assert_true(es_permission_size(row.permission) >= es_permission_size(row.included));
    assert_true(es_permission_size(permission_of("SystemIO", "allow_stdout")) > 1);
    assert_true(es_permission_size(permission_of("SystemIO", "allow_stdout")) <
                es_permission_size(permission_of("SystemIO", "everything")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways_say_what_a_permission_allows),
        cmocka_unit_test(test_what_is_not_known_decides),
        cmocka_unit_test(test_rules_and_answers_are_ways),
        cmocka_unit_test(test_nothing_is_asked),
        cmocka_unit_test(test_several_ways_together),
        cmocka_unit_test(test_the_same_in_other_words),
        cmocka_unit_test(test_descriptors_that_are_given),
        cmocka_unit_test(test_the_own_process_is_one_of_all),
        cmocka_unit_test(test_grants_have_their_paths),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}
