/* Promises, and what makes them void. */
#include "support.h"

#include <errno.h>
#include <string.h>

/* One thing that a policy is granted. */
typedef struct {
    const char *ruleset, *permission; /* ruleset NULL: a rule of one's own, permission its call */
    int64_t given; /* the descriptor; for such a rule: 1 when it has a comparison */
} grant;

static void add(es_policy *policy, const grant *granted)
{
    int32_t number;

    if (granted->ruleset) {
        assert_int_equal(try_permit(policy, permission_of(granted->ruleset, granted->permission),
                                    granted->given, NULL),
                         ES_OK);
        return;
    }
    number = number_of(0, granted->permission);
    if (granted->given)
        allow_if(policy, number, comparison(0, ES_EQUAL, 77));
    else
        allow(policy, number, NULL, 0);
}

/* Both orders of the two must be the same to the library. */
static int check(const grant *first, const grant *second, es_error *error)
{
    es_policy *policy = new_policy(0), *turned = new_policy(0);
    int status;

    add(policy, first);
    add(policy, second);
    add(turned, second);
    add(turned, first);
    status = es_policy_check(policy, NULL);
    assert_int_equal(es_policy_check(turned, error), status);
    es_policy_free(policy);
    es_policy_free(turned);
    return status;
}

static void assert_origin(const es_origin *origin, const grant *granted)
{
    if (!granted->ruleset) {
        assert_int_equal(origin->kind, granted->given ? ES_ORIGIN_CONDITIONAL : ES_ORIGIN_SIMPLE);
        return;
    }
    assert_int_equal(origin->kind, ES_ORIGIN_PERMISSION);
    assert_int_equal(origin->permission, permission_of(granted->ruleset, granted->permission));
    if (granted->given == NO_DESCRIPTOR) {
        assert_int_equal(origin->argument.kind, ES_TAKES_NOTHING);
    } else {
        assert_int_equal(origin->argument.kind, ES_TAKES_DESCRIPTOR);
        assert_int_equal(origin->argument.descriptor, granted->given);
    }
}

static void test_contradictions_name_both_origins(void **state)
{
    static const struct {
        grant promise, lifted;
        const char *call, *limited_by, *allowed_by; /* as the message names them */
    } cases[] = {
        {{"SystemIO", "allow_stdin", -1},
         {"SystemIO", "allow_read", -1},
         "read",
         "SystemIO.allow_stdin limits",
         "SystemIO.allow_read allows"},
        {{"SystemIO", "allow_stdout", -1},
         {"SystemIO", "allow_write", -1},
         "write",
         "SystemIO.allow_stdout limits",
         "SystemIO.allow_write allows"},
        {{"SystemIO", "allow_stderr", -1},
         {"SystemIO", "allow_write", -1},
         "write",
         "SystemIO.allow_stderr limits",
         "SystemIO.allow_write allows"},
        {{"SystemIO", "allow_file_read", 5},
         {"SystemIO", "allow_read", -1},
         "read",
         "SystemIO.allow_file_read of descriptor 5 limits",
         "SystemIO.allow_read allows"},
        {{"SystemIO", "allow_file_write", 2147483647},
         {"SystemIO", "everything", -1},
         "write",
         "SystemIO.allow_file_write of descriptor 2147483647 limits",
         "SystemIO.everything allows"},
        {{"SystemIO", "allow_open_readonly", -1},
         {"SystemIO", "allow_open", -1},
         "open",
         "SystemIO.allow_open_readonly limits",
         "SystemIO.allow_open allows"},
        {{"SystemIO", "allow_stdout", -1},
         {NULL, "write", 0},
         "write",
         "SystemIO.allow_stdout limits",
         "a rule without a condition allows"},
        {{NULL, "write", 1},
         {"SystemIO", "allow_write", -1},
         "write",
         "a rule with a condition limits",
         "SystemIO.allow_write allows"},
        {{NULL, "umask", 1},
         {"BasicCapabilities", "", -1},
         "umask",
         "a rule with a condition limits",
         "BasicCapabilities allows"},
        {{NULL, "shutdown", 1},
         {"Networking", "allow_running_tcp_clients", -1},
         "shutdown",
         "a rule with a condition limits",
         "Networking.allow_running_tcp_clients allows"},
        {{NULL, "close", 1},
         {NULL, "close", 0},
         "close",
         "a rule with a condition limits",
         "a rule without a condition allows"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        es_error error = {
            .size = sizeof error, .code = -1, .errnum = -1, .tid = -1, .operation = "none"};
        assert_int_equal(check(&cases[i].promise, &cases[i].lifted, &error), ES_ERR_CONTRADICTION);
        assert_error(&error, ES_ERR_CONTRADICTION, cases[i].call);
        assert_error(&error, ES_ERR_CONTRADICTION, cases[i].limited_by);
        assert_error(&error, ES_ERR_CONTRADICTION, cases[i].allowed_by);
        assert_origin(&error.limited_by, &cases[i].promise);
        assert_int_equal(error.allowed_by_count, 1);
        assert_origin(&error.allowed_by[0], &cases[i].lifted);
        assert_int_equal(error.errnum, 0);
        assert_int_equal(error.tid, 0);
        assert_null(error.operation);
    }
}

static void test_two_calls_do_not_contradict(void **state)
{
    grant chdir = {NULL, "chdir", 0}, close = {NULL, "close", 1};
    es_error error = {.size = sizeof error, .code = -1};

    (void)state;
    assert_int_equal(check(&close, &chdir, &error), ES_OK);
    assert_int_equal(error.code, -1);
}

static void test_what_unites_silently(void **state)
{
    static const struct {
        grant first, second;
    } cases[] = {
        /* Two promises; a condition that is none; what two permissions allow without condition. */
        {{"SystemIO", "allow_stdout", -1}, {"SystemIO", "allow_stderr", -1}},
        {{"SystemIO", "allow_stdout", -1}, {"SystemIO", "allow_file_write", 1}},
        {{"SystemIO", "allow_file_write", 5}, {"SystemIO", "allow_file_write", 6}},
        {{"SystemIO", "allow_stdout", -1}, {"Networking", "allow_running_tcp_servers", -1}},
        {{"SystemIO", "allow_file_write", 5}, {"Networking", "allow_running_tcp_servers", -1}},
        {{"SystemIO", "allow_file_read", 5}, {"SystemIO", "allow_metadata", -1}},
        {{"SystemIO", "allow_file_read", 5}, {"SystemIO", "allow_write", -1}},
        {{"SystemIO", "allow_stdin", -1}, {"Threads", "allow_sleep", -1}},
        {{"SystemIO", "allow_read", -1}, {"SystemIO", "everything", -1}},
        {{"SystemIO", "allow_read", -1}, {"Networking", "allow_running_tcp_servers", -1}},
        {{"SystemIO", "allow_stdout", -1}, {"ForkAndExec", "", -1}},
        {{"Threads", "allow_create", -1}, {"ForkAndExec", "", -1}},
        {{"SystemIO", "allow_stdout", -1}, {NULL, "write", 1}},
        {{NULL, "close", 1}, {NULL, "close", 1}},
        {{NULL, "close", 0}, {NULL, "close", 0}},
        {{NULL, "close", 0}, {"SystemIO", "allow_close", -1}},
        {{NULL, "kill", 1}, {"BasicCapabilities", "", -1}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        es_error error = {.size = sizeof(es_error), .message = ""};
        if (check(&cases[i].first, &cases[i].second, &error))
            fail_msg("case %zu: %s", i, error.message);
    }
}

/* A rule that always holds is a simple rule: it makes promises void, and is none itself. */
static void test_rules_that_always_hold(void **state)
{
    const es_comparison always[] = {
        comparison(0, ES_GREATER_EQUAL, 0), comparison(0, ES_LESS_OR_EQUAL, UINT32_MAX),
        negative_comparison(0, ES_LESS_OR_EQUAL, -1), masked_comparison(0, 0, 0)};
    int32_t number = number_of(0, "write");

    (void)state;
    for (size_t i = 0; i < COUNT(always); i++) {
        es_policy *policy = new_policy(0);
        es_error error = ES_ERROR_INIT;
        allow_if(policy, number, always[i]);
        allow(policy, number, NULL, 0);
        assert_int_equal(es_policy_check(policy, NULL), ES_OK);
        permit(policy, "SystemIO", "allow_stdout");
        assert_int_equal(es_policy_check(policy, &error), ES_ERR_CONTRADICTION);
        assert_error(&error, ES_ERR_CONTRADICTION, "SystemIO.allow_stdout");
        es_policy_free(policy);
    }
}

/* ---- Promises that several alternatives lift together ---- */

/* One way to allow write(2): a permission, or a rule that compares the descriptor. */
typedef struct {
    grant granted;
    es_comparison comparison;
    bool unites;
} way;

#define GRANT(ruleset, permission) {{ruleset, permission, NO_DESCRIPTOR}, {0}, false}
#define ON(descriptor) {{"SystemIO", "allow_file_write", descriptor}, {0}, false}
#define IF(op, datum) {{NULL, "write", 1}, {0, op, 0, 0, 0, datum}, false}
#define MASK(mask, datum) {{NULL, "write", 1}, {0, ES_MASKED_EQUAL, 0, 0, mask, datum}, false}
#define UNITE(op, datum) {{NULL, "write", 1}, {0, op, 0, 0, 0, datum}, true}
#define RULE IF(ES_EQUAL, 0)
#define STDOUT GRANT("SystemIO", "allow_stdout")
#define STDERR GRANT("SystemIO", "allow_stderr")
#define SERVERS GRANT("Networking", "allow_running_tcp_servers")
enum { MOST_WAYS = 5 };

static void add_way(es_policy *policy, const way *added)
{
    if (added->granted.ruleset)
        add(policy, &added->granted);
    else if (added->unites)
        allow_uniting(policy, number_of(0, "write"), &added->comparison, 1);
    else
        allow_if(policy, number_of(0, "write"), added->comparison);
}

static int check_ways(const way ways[MOST_WAYS], bool backwards, es_error *error)
{
    es_policy *policy = new_policy(0);
    int status;

    for (int i = 0; i < MOST_WAYS; i++) {
        const way *added = &ways[backwards ? MOST_WAYS - 1 - i : i];
        if (added->granted.permission)
            add_way(policy, added);
    }
    status = es_policy_check(policy, error);
    es_policy_free(policy);
    return status;
}

static void test_promises_that_are_lifted_together(void **state)
{
    static const struct {
        way ways[MOST_WAYS], limit, all[ES_ERROR_ORIGINS];
        uint32_t count;
    } cases[] = {
        {{IF(ES_EQUAL, 1), IF(ES_NOT_EQUAL, 1)}, RULE, {RULE}, 1},
        {{IF(ES_LESS, 5), IF(ES_GREATER_EQUAL, 5)}, RULE, {RULE}, 1},
        {{MASK(1, 0), MASK(1, 1)}, RULE, {RULE}, 1},
        {{MASK(3, 0), MASK(3, 1), MASK(3, 2), MASK(3, 3)}, RULE, {RULE}, 1},
        {{IF(ES_EQUAL, 1), UNITE(ES_NOT_EQUAL, 1)}, RULE, {RULE}, 1},
        {{STDOUT, IF(ES_NOT_EQUAL, 1)}, STDOUT, {STDOUT, RULE}, 2},
        {{STDOUT, UNITE(ES_NOT_EQUAL, 1)}, STDOUT, {STDOUT, RULE}, 2},
        {{STDOUT, STDERR, ON(0), IF(ES_GREATER, 2)}, STDOUT, {STDOUT, STDERR, ON(0)}, 4},
        /* Permissions that name every descriptor, and a promise of one's own beside them. */
        {{STDOUT, STDERR, ON(0), SERVERS, IF(ES_EQUAL, 7)}, RULE, {STDOUT, STDERR, ON(0)}, 4},
        /* Networking allows descriptors from 3 on, which makes others needless. */
        {{ON(5), IF(ES_LESS, 3), IF(ES_EQUAL, 4), SERVERS}, ON(5), {RULE, SERVERS}, 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        es_error error = ES_ERROR_INIT;
        if (check_ways(cases[i].ways, false, &error) != ES_ERR_CONTRADICTION)
            fail_msg("case %zu: there is no contradiction", i);
        assert_int_equal(error.call, number_of(0, "write"));
        assert_origin(&error.limited_by, &cases[i].limit.granted);
        assert_int_equal(error.allowed_by_count, cases[i].count);
        for (uint32_t j = 0; j < cases[i].count && j < ES_ERROR_ORIGINS; j++)
            assert_origin(&error.allowed_by[j], &cases[i].all[j].granted);
        assert_error(&error, ES_ERR_CONTRADICTION, "limits write");
        assert_error(&error, ES_ERR_CONTRADICTION, "together allow it");
        if (cases[i].count > ES_ERROR_ORIGINS)
            assert_error(&error, ES_ERR_CONTRADICTION, "and others together");
        assert_int_equal(check_ways(cases[i].ways, true, NULL), ES_ERR_CONTRADICTION);
    }
}

static void test_what_lifts_no_promise(void **state)
{
    static const way cases[][MOST_WAYS] = {
        /* One value is missing. */
        {IF(ES_LESS, 5), IF(ES_GREATER, 5)},
        {IF(ES_NOT_EQUAL, UINT32_MAX)},
        {MASK(3, 0), MASK(3, 1), MASK(3, 2)},
        {STDOUT, IF(ES_GREATER, 1)},
        /* Nothing is promised. */
        {UNITE(ES_EQUAL, 1), UNITE(ES_NOT_EQUAL, 1)},
        /* Permissions alone name every descriptor. */
        {STDOUT, STDERR, ON(0), SERVERS},
        {STDOUT, STDERR, ON(0), SERVERS, UNITE(ES_EQUAL, 7)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        es_error error = ES_ERROR_INIT;
        if (check_ways(cases[i], false, &error) || check_ways(cases[i], true, &error))
            fail_msg("case %zu: %s", i, error.message);
    }
}

/* Together over two arguments: neither alone tells. */
static void test_several_arguments(void **state)
{
    const es_comparison corners[][2] = {
        {comparison(0, ES_LESS, 9), comparison(2, ES_LESS, 1u << 20)},
        {comparison(0, ES_GREATER_EQUAL, 9), comparison(2, ES_LESS_OR_EQUAL, 0xfffff)},
        {comparison(0, ES_NOT_EQUAL, 4), comparison(2, ES_GREATER, 0xfffff)},
        {comparison(0, ES_EQUAL, 4), comparison(2, ES_GREATER_EQUAL, 1u << 20)},
    };

    (void)state;
    for (size_t missing = 0; missing <= COUNT(corners); missing++) {
        es_policy *policy = new_policy(0);
        for (size_t i = 0; i < COUNT(corners); i++)
            if (i != missing)
                allow(policy, number_of(0, "write"), corners[i], 2);
        assert_int_equal(es_policy_check(policy, NULL),
                         missing == COUNT(corners) ? ES_ERR_CONTRADICTION : ES_OK);
        es_policy_free(policy);
    }
}

/* The own process is one value, which nobody knows yet: what allows all others is no matter. */
static void test_the_own_process(void **state)
{
    int32_t number = number_of(0, "kill");
    es_policy *policy = new_policy(0);

    (void)state;
    permit(policy, "BasicCapabilities", "");
    allow_if(policy, number, comparison(0, ES_NOT_EQUAL, 0));
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    allow_if(policy, number, comparison(0, ES_EQUAL, 0));
    assert_int_equal(es_policy_check(policy, NULL), ES_ERR_CONTRADICTION);
    es_policy_free(policy);
}

/*
 * Some pigeons more than there are holes: a bit for each pigeon in each hole.  One rule holds where
 * a pigeon has no hole, one where two have the same, so all of them hold everywhere; but seeing
 * that takes exponentially long.
 */
static void allow_pigeons(es_policy *policy, unsigned pigeons, unsigned holes)
{
    const uint64_t one = 1;

    for (unsigned pigeon = 0; pigeon < pigeons; pigeon++) {
        uint64_t its_holes = ((one << holes) - 1) << pigeon * holes;
        allow_if(policy, number_of(0, "write"), masked_comparison(2, its_holes, 0));
        for (unsigned other = 0; other < pigeon; other++) {
            for (unsigned hole = 0; hole < holes; hole++) {
                uint64_t both = one << (pigeon * holes + hole) | one << (other * holes + hole);
                allow_if(policy, number_of(0, "write"), masked_comparison(2, both, both));
            }
        }
    }
}

/* What would take too long to see is no contradiction, and means what it says. */
static void test_what_takes_too_long(void **state)
{
    es_policy *few = new_policy(0), *many = new_policy(0);
    es_program *program;

    (void)state;
    allow_pigeons(few, 4, 3);
    assert_int_equal(es_policy_check(few, NULL), ES_ERR_CONTRADICTION);
    allow_pigeons(many, 8, 7);
    assert_int_equal(es_policy_check(many, NULL), ES_OK);
    program = compile(many);
    for (uint64_t i = 0; i < 1000; i++) {
        es_call call = call_of(0, number_of(0, "write"), 0, 0, i * 0x9e3779b97f4a7c15u);
        assert_int_equal(es_policy_decide(many, &call, 0), ES_ACTION_ALLOW);
        assert_int_equal(run_of(program, &call).action, ES_ACTION_ALLOW);
    }
    es_program_free(program);
    es_policy_free(few);
    es_policy_free(many);
}

/* ---- Besides ---- */

/* The number stands for a call that has no name. */
static void test_a_call_without_a_name(void **state)
{
    es_policy *policy = new_policy(0);
    es_error error = ES_ERROR_INIT;

    (void)state;
    allow(policy, UNLISTED, NULL, 0);
    allow_if(policy, UNLISTED, comparison(0, ES_EQUAL, 0));
    assert_int_equal(es_policy_check(policy, &error), ES_ERR_CONTRADICTION);
    assert_error(&error, ES_ERR_CONTRADICTION, "system call 1000");
    assert_int_equal(error.call, UNLISTED);
    assert_int_equal(error.allowed_by[0].kind, ES_ORIGIN_SIMPLE);
    assert_int_equal(error.limited_by.kind, ES_ORIGIN_CONDITIONAL);
    es_policy_free(policy);
}

static void test_nothing_else_is_changed(void **state)
{
    es_policy *policy = new_policy(0);
    es_program *program = (es_program *)(void *)&policy; /* only to see it stay */
    es_filter *filter = (es_filter *)(void *)&policy;
    es_call out = call_of(0, number_of(0, "write"), 1, 0, 0);
    es_call other = call_of(0, number_of(0, "getpid"), 0, 0, 0);
    es_error error = ES_ERROR_INIT;

    (void)state;
    permit(policy, "SystemIO", "allow_stdout");
    permit(policy, "SystemIO", "allow_write");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(es_policy_check(policy, &error), ES_ERR_CONTRADICTION);
        assert_int_equal(es_compile(policy, &program, &error), ES_ERR_CONTRADICTION);
        assert_error(&error, ES_ERR_CONTRADICTION, "allow_stdout");
        assert_int_equal(es_prepare(policy, NULL, &filter, &error), ES_ERR_CONTRADICTION);
        assert_ptr_equal(program, &policy);
        assert_ptr_equal(filter, &policy);
        assert_int_equal(es_policy_decide(policy, &out, 0), ES_ACTION_ALLOW);
        assert_int_equal(es_policy_decide(policy, &other, 0), DENIED(EPERM));
    }
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contradictions_name_both_origins),
        cmocka_unit_test(test_two_calls_do_not_contradict),
        cmocka_unit_test(test_what_unites_silently),
        cmocka_unit_test(test_rules_that_always_hold),
        cmocka_unit_test(test_promises_that_are_lifted_together),
        cmocka_unit_test(test_what_lifts_no_promise),
        cmocka_unit_test(test_several_arguments),
        cmocka_unit_test(test_the_own_process),
        cmocka_unit_test(test_what_takes_too_long),
        cmocka_unit_test(test_a_call_without_a_name),
        cmocka_unit_test(test_nothing_else_is_changed),
    };
    return cmocka_run_group_tests_name("contradiction", tests, NULL, NULL);
}
