/* The requests of ioctl(2): what requests.def says of a number is what filters do with it. */
#include "support.h"

#include <errno.h>
#include <string.h>

/* What answers a refused request: some have an errno of their own. */
static bool is_denied(uint32_t action)
{
    return action == DENIED(EPERM) || action == DENIED(ENOTTY);
}

enum verdict { REFUSED, ALSO, LEFT };

static const struct request {
    const char *name;
    uint32_t mask, number;
    enum verdict verdict;
    const char *reason;
} requests[] = {
#define REFUSED(name, number, reason) {#name, UINT32_MAX, number, REFUSED, reason},
#define REFUSED_ANY(name, mask, number, reason) {#name, mask, number, REFUSED, reason},
#define ALSO(name, number, reason) {#name, UINT32_MAX, number, ALSO, reason},
#define LEFT(name, number, reason) {#name, UINT32_MAX, number, LEFT, reason},
#define LEFT_ANY(name, mask, number, reason) {#name, mask, number, LEFT, reason},
#include "table/requests.def"
};

static const char *const permissions[] = {"allow_ioctl", "everything"};

/* What a filter of the permission does with a request; the policy must share it. */
static uint32_t decide(const es_policy *policy, const es_program *program, uint64_t request)
{
    es_call call = call_of(0, number_of(0, "ioctl"), 0, request, 1);
    uint32_t action = run_of(program, &call).action;

    assert_int_equal(action, es_policy_decide(policy, &call, 0));
    return action;
}

/* A request and those next to it: with garbage above, and with each bit that does not count. */
static void check_request(const es_policy *policy, const es_program *program,
                          const struct request *request)
{
    uint32_t wanted = decide(policy, program, request->number);

    if (request->verdict == LEFT ? wanted != ES_ACTION_ALLOW : !is_denied(wanted))
        fail_msg("%s, 0x%x, is not %s", request->name, request->number,
                 request->verdict == LEFT ? "left" : "refused");
    assert_int_equal(decide(policy, program, UINT64_C(1) << 32 | request->number), wanted);
    assert_int_equal(decide(policy, program, ~UINT64_C(0) << 32 | request->number), wanted);
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t action = decide(policy, program, request->number ^ UINT32_C(1) << bit);
        if (request->verdict == REFUSED && !(request->mask >> bit & 1))
            assert_int_equal(action, wanted);
    }
    if (request->verdict == REFUSED)
        assert_int_equal(decide(policy, program, request->number | ~request->mask), wanted);
}

static void test_filters_do_what_the_list_says(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(permissions); i++) {
        es_policy *policy = new_policy(0);
        es_program *program;
        permit(policy, "SystemIO", permissions[i]);
        program = compile(policy);
        for (unsigned j = 0; j < COUNT(requests); j++)
            check_request(policy, program, &requests[j]);
        es_program_free(program);
        es_policy_free(policy);
    }
}

/* Long as the list is, a request takes some dozens of instructions, and leaves room for others. */
static void test_the_list_is_cheap(void **state)
{
    enum { MOST_EXECUTED = 48, MOST_INSTRUCTIONS = 1200 };
    es_policy *policy = new_policy(0);
    es_program *program;

    (void)state;
    permit(policy, "SystemIO", "allow_ioctl");
    program = compile(policy);
    assert_in_range(es_program_length(program), COUNT(requests) / 8, MOST_INSTRUCTIONS);
    for (unsigned i = 0; i < COUNT(requests); i++) {
        es_call call = call_of(0, number_of(0, "ioctl"), 0, requests[i].number, 0);
        assert_in_range(run_of(program, &call).executed, 1, MOST_EXECUTED);
    }
    es_program_free(program);
    es_policy_free(policy);
}

/* ---- The list itself ---- */

static bool begins_with_harm(const char *reason)
{
    static const char *const harms[] = {
        "contents: ", "attributes: ", "keys: ",    "types: ", "terminal: ", "signals: ",
        "mount: ",    "descriptor: ", "network: ", "raw: ",   "machine: ",  "others: ",
    };

    for (unsigned i = 0; i < COUNT(harms); i++)
        if (strncmp(reason, harms[i], strlen(harms[i])) == 0)
            return true;
    return false;
}

static void test_reasons_of_refusals_name_a_harm(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(requests); i++) {
        if (requests[i].verdict == REFUSED && !begins_with_harm(requests[i].reason))
            fail_msg("%s: %s", requests[i].name, requests[i].reason);
        assert_in_range(strlen(requests[i].reason), 3, 90);
        assert_int_equal(requests[i].number & ~requests[i].mask, 0);
    }
}

/* Does one row's refusal make another row superfluous? */
static bool covers(const struct request *wide, const struct request *narrow)
{
    return (narrow->mask & wide->mask) == wide->mask &&
           (narrow->number & wide->mask) == wide->number;
}

static void test_each_number_is_refused_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT(requests); i++)
        for (unsigned j = 0; j < COUNT(requests); j++)
            if (i != j && requests[i].verdict == REFUSED && requests[j].verdict == REFUSED &&
                covers(&requests[i], &requests[j]))
                fail_msg("%s has the number of %s: ALSO", requests[j].name, requests[i].name);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_do_what_the_list_says),
        cmocka_unit_test(test_the_list_is_cheap),
        cmocka_unit_test(test_reasons_of_refusals_name_a_harm),
        cmocka_unit_test(test_each_number_is_refused_once),
    };
    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
