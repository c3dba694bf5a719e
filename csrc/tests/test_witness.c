/* What a filter answers when it is asked, whatever its policy says. */
#include "support.h"

#include <errno.h>
#include <string.h>

static const uint64_t garbage[] = {0, UINT64_C(1) << 32, UINT64_C(0xffffffff) << 32};

/* ---- What a policy means, and its program ---- */

static es_policy *empty(uint32_t arch)
{
    return new_policy(arch);
}

static es_policy *basic(uint32_t arch)
{
    es_policy *policy = new_policy(arch);

    permit(policy, "BasicCapabilities", "");
    return policy;
}

static es_policy *all_of_it(uint32_t arch)
{
    es_policy *policy = basic(arch);

    allow(policy, number_of(arch, "seccomp"), NULL, 0);
    return policy;
}

static es_policy *the_questions(uint32_t arch)
{
    es_policy *policy = basic(arch);

    allow_if(policy, number_of(arch, "seccomp"), masked_comparison(0, 0xffffff00, ES_QUESTION));
    return policy;
}

static es_policy *all_else(uint32_t arch)
{
    es_policy *policy = new_policy(arch);

    allow_if(policy, number_of(arch, "seccomp"), comparison(0, ES_LESS, ES_QUESTION));
    return policy;
}

static const struct {
    es_policy *(*make)(uint32_t arch);
    uint32_t below, inside, above; /* what the rows say of operations below, among and above */
} policies[] = {
    {empty, DENIED(EPERM), DENIED(EPERM), DENIED(EPERM)},
    {basic, DENIED(EPERM), DENIED(EPERM), DENIED(EPERM)},
    {all_of_it, ES_ACTION_ALLOW, ES_ACTION_ALLOW, ES_ACTION_ALLOW},
    {the_questions, DENIED(EPERM), ES_ACTION_ALLOW, ES_ACTION_ALLOW},
    {all_else, ES_ACTION_ALLOW, DENIED(EPERM), DENIED(EPERM)},
};

typedef struct {
    uint32_t arch;
    es_policy *policy;
    es_program *program;
} compiled;

static compiled make(size_t index, uint32_t arch)
{
    es_policy *policy = policies[index].make(arch);
    return (compiled){arch, policy, compile(policy)};
}

static void discard(compiled made)
{
    es_program_free(made.program);
    es_policy_free(made.policy);
}

static void assert_decision(compiled made, uint32_t operation, uint32_t expected)
{
    for (size_t i = 0; i < COUNT(garbage); i++) {
        es_call call = call_of(made.arch, number_of(made.arch, "seccomp"), operation | garbage[i],
                               UINT64_MAX, 3);
        assert_int_equal(es_policy_decide(made.policy, &call, 0), expected);
        assert_int_equal(run_of(made.program, &call).action, expected);
    }
}

static void test_every_policy_answers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        for (size_t j = 0; j < COUNT(policies); j++) {
            compiled made = make(j, architectures[i]);
            assert_decision(made, ES_QUESTION - 1, policies[j].below);
            assert_decision(made, ES_QUESTION, DENIED(ES_ANSWER));
            /* What is not loaded has neither layer nor digest. */
            for (unsigned k = 1; k < ES_QUESTIONS; k++)
                assert_decision(made, ES_QUESTION + k, DENIED(0));
            assert_decision(made, ES_QUESTION + ES_QUESTIONS, policies[j].above);
            discard(made);
        }
    }
}

/* No other call is a question, whatever its first argument. */
static void test_only_seccomp_answers(void **state)
{
    es_policy *policy = basic(0);
    es_program *program = compile(policy);

    (void)state;
    for (int32_t number = -1; number < 600; number++) {
        es_call call = call_of(0, number, ES_QUESTION, 0, 0);
        es_call other = call_of(0, number, ES_QUESTION + ES_QUESTIONS, 0, 0);
        if (number == number_of(0, "seccomp"))
            continue;
        assert_int_equal(run_of(program, &call).action, run_of(program, &other).action);
        assert_int_equal(es_policy_decide(policy, &call, 0), es_policy_decide(policy, &other, 0));
    }
    es_program_free(program);
    es_policy_free(policy);
}

static void test_what_leaves_the_process_has_no_answers(void **state)
{
    static es_instruction instructions[ES_MAX_INSTRUCTIONS];

    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        compiled made = make(i, 0);
        es_program *exported = NULL;
        uint32_t length = es_program_export(made.program, instructions, ES_MAX_INSTRUCTIONS);
        assert_int_equal(es_program_import(0, instructions, length, &exported, NULL), ES_OK);
        for (unsigned k = 0; k < ES_QUESTIONS; k++) {
            es_call call = call_of(0, number_of(0, "seccomp"), ES_QUESTION + k, 0, 0);
            assert_int_equal(run_of(exported, &call).action, policies[i].inside);
        }
        es_program_free(exported);
        discard(made);
    }
}

static void test_answers_as_text(void **state)
{
    static const char *const parts[] = {"ret  layer\n",    "ret  digest.0\n", "ret  digest.1\n",
                                        "ret  digest.2\n", "ret  digest.3\n", "; a filter of"};
    es_policy *policy = empty(0);
    es_program *program = compile(policy);
    char text[8000];

    (void)state;
    assert_true(es_program_disassemble(program, text, sizeof text) < sizeof text);
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_non_null(strstr(text, parts[i]));
    es_program_free(program);
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_policy_answers),
        cmocka_unit_test(test_only_seccomp_answers),
        cmocka_unit_test(test_what_leaves_the_process_has_no_answers),
        cmocka_unit_test(test_answers_as_text),
    };
    return cmocka_run_group_tests_name("witness", tests, NULL, NULL);
}
