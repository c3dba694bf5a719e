/* What a filter answers when it is asked, and that loading asks it. */
#include "child.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "allocation.h"

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

/* ---- Digests ---- */

/* Of NIST's examples for SHA-256, and of lengths around the ends of blocks, from coreutils. */
static void test_digests(void **state)
{
    static const struct {
        const char *text;
        size_t repeated;
        uint64_t digest;
    } cases[] = {
        {"", 0, 0xe3b0c44298fc},
        {"abc", 1, 0xba7816bf8f01},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, 0x248d6a61d206},
        {"a", 1000000, 0xcdc76e5c9914},
        {"a", 55, 0x9f4390f8d30c},
        {"a", 56, 0xb35439a4ac6f},
        {"a", 63, 0x7d3e74a05d7d},
        {"a", 64, 0xffe054fe7ae0},
        {"a", 65, 0x635361c48bb9},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = strlen(cases[i].text), size = length * cases[i].repeated;
        char *bytes = malloc(size); /* of this size, so that the sanitizer sees what is read */
        assert_true(bytes || !size);
        for (size_t j = 0; j < cases[i].repeated; j++)
            memcpy(bytes + j * length, cases[i].text, length);
        assert_int_equal(es_digest(bytes, size), cases[i].digest);
        free(bytes);
    }
}

static void test_options_with_a_digest(void **state)
{
    es_options options = {.size = sizeof options, .digest = UINT64_C(1) << 48};
    es_policy *policy = basic(0);
    es_filter *filter = NULL;
    es_error error = ES_ERROR_INIT;

    (void)state;
    assert_int_equal(es_prepare(policy, &options, &filter, &error), ES_ERR_ARGUMENT);
    assert_error(&error, ES_ERR_ARGUMENT, "48 bits");
    assert_null(filter);
    options.digest--;
    assert_int_equal(es_prepare(policy, &options, &filter, NULL), ES_OK);
    es_filter_free(filter);
    es_policy_free(policy);
}

static void test_nowhere_to_answer(void **state)
{
    unsigned char bytes[sizeof(es_answers) + 1];

    (void)state;
    assert_int_equal(es_ask(NULL, 0), ES_ERR_ARGUMENT);
    for (size_t size = 0; size <= sizeof(es_answers); size++) {
        memset(bytes, 0xaa, sizeof bytes);
        assert_int_equal(es_ask((es_answers *)(void *)bytes, size), ES_OK);
        assert_int_equal(bytes[size], 0xaa);
        if (size)
            assert_int_not_equal(bytes[size - 1], 0xaa);
    }
}

/* ---- In children ---- */

static es_filter *prepare(uint64_t digest, uint32_t threads)
{
    es_options options = {.size = sizeof options, .threads = threads, .digest = digest};
    es_policy *policy = basic(0);
    es_filter *filter = NULL;

    REQUIRE(es_prepare(policy, &options, &filter, NULL) == ES_OK);
    es_policy_free(policy);
    return filter;
}

static es_answers asked(void)
{
    es_answers answers;

    REQUIRE(es_ask(&answers, sizeof answers) == ES_OK);
    return answers;
}

static void assert_answers(const es_answers *found, uint32_t layer, uint64_t digest)
{
    assert_int_equal(found->mode, layer ? SECCOMP_MODE_FILTER : SECCOMP_MODE_DISABLED);
    assert_int_equal(found->no_new_privs, layer > 0);
    assert_int_equal(found->layer, layer);
    assert_int_equal(found->digest, digest);
}

static const uint64_t digests[] = {0, 1, 0xffffffffffff, 0x123456789abc, 0xfff000fff000, 1 << 12};

typedef struct {
    es_answers before, after[COUNT(digests)];
    int raw, errnum;
    unsigned allocations;
} layered;

static void load_several(void *shared)
{
    layered *report = shared;

    report->before = asked();
    for (size_t i = 0; i < COUNT(digests); i++) {
        es_filter *filter = prepare(digests[i], i % 2 ? ES_ALL_THREADS : ES_THIS_THREAD);
        REQUIRE(es_commit(filter, NULL) == ES_OK);
        es_filter_free(filter);
        allocation_watch();
        errno = 77;
        report->after[i] = asked();
        report->errnum = errno;
        report->allocations += allocation_count();
    }
    report->raw = errno_of(syscall(SYS_seccomp, garbage[1] | (ES_QUESTION + 1), 9, 8));
}

static void test_layers_and_digests(void **state)
{
    layered *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(load_several, report);
    assert_answers(&report->before, 0, 0);
    for (size_t i = 0; i < COUNT(digests); i++)
        assert_answers(&report->after[i], (uint32_t)i + 1, digests[i]);
    assert_int_equal(report->raw, COUNT(digests));
    assert_int_equal(report->errnum, 77);
    assert_int_equal(report->allocations, 0);
}

static es_filter *prepared_before;

typedef struct {
    es_answers first, second;
} stacked;

static void commit_twice(void *shared)
{
    stacked *report = shared;

    REQUIRE(es_commit(prepared_before, NULL) == ES_OK);
    report->first = asked();
    REQUIRE(es_commit(prepared_before, NULL) == ES_OK);
    report->second = asked();
}

/* The layer is that of the process that commits, and of each time. */
static void test_the_layer_is_counted_at_commit(void **state)
{
    stacked *report = shared_memory(sizeof *report);

    (void)state;
    prepared_before = prepare(5, ES_THIS_THREAD);
    for (int i = 0; i < 2; i++) {
        in_good_child(commit_twice, report);
        assert_answers(&report->first, 1, 5);
        assert_answers(&report->second, 2, 5);
    }
    es_filter_free(prepared_before);
}

typedef struct {
    uint32_t threads;
    pthread_barrier_t loaded, done;
    es_answers own, sibling;
} synchronised;

static void *ask_in_sibling(void *shared)
{
    synchronised *report = shared;

    pthread_barrier_wait(&report->loaded);
    report->sibling = asked();
    pthread_barrier_wait(&report->done);
    return NULL;
}

static void load_beside_a_thread(void *shared)
{
    synchronised *report = shared;
    es_filter *filter = prepare(7, report->threads);
    pthread_t sibling;

    pthread_barrier_init(&report->loaded, NULL, 2);
    pthread_barrier_init(&report->done, NULL, 2);
    REQUIRE(pthread_create(&sibling, NULL, ask_in_sibling, report) == 0);
    REQUIRE(es_commit(filter, NULL) == ES_OK);
    report->own = asked();
    pthread_barrier_wait(&report->loaded);
    pthread_barrier_wait(&report->done);
}

static void test_each_thread_answers_for_itself(void **state)
{
    synchronised *report = shared_memory(sizeof *report);

    (void)state;
    for (uint32_t threads = ES_THIS_THREAD; threads <= ES_ALL_THREADS; threads++) {
        report->threads = threads;
        in_good_child(load_beside_a_thread, report);
        assert_answers(&report->own, 1, 7);
        if (threads == ES_ALL_THREADS)
            assert_answers(&report->sibling, 1, 7);
        else
            assert_answers(&report->sibling, 0, 0);
    }
}

/* ---- Other filters around ---- */

typedef struct {
    void (*before)(void), (*after)(void); /* what happens around the commit that is judged */
    bool made;
    int committed, getsid, errnum;
    unsigned allocations;
    es_answers answers;
    es_error error;
} surrounded;

static bool made_outside;

static void pretend_to_load(void)
{
    made_outside = outer_sandbox(SYS_seccomp, 2, 0);
}

static void ours_then_pretend_to_load(void)
{
    REQUIRE(es_commit(prepare(1, ES_THIS_THREAD), NULL) == ES_OK);
    pretend_to_load();
}

static void ignore(int signal)
{
    (void)signal;
}

/* A trap comes before all error numbers, whoever loaded its filter. */
static void trap_questions(void)
{
    REQUIRE(signal(SIGSYS, ignore) != SIG_ERR);
    made_outside = outer_answer(ES_QUESTION, SECCOMP_RET_TRAP);
}

static void refuse_questions(void)
{
    made_outside = outer_answer(ES_QUESTION, SECCOMP_RET_ERRNO | EPERM);
}

static void nothing(void)
{
}

static void commit_surrounded(void *shared)
{
    surrounded *report = shared;
    es_filter *filter = prepare(9, ES_THIS_THREAD);

    made_outside = true;
    report->before();
    report->made = made_outside;
    if (!report->made)
        return;
    report->error.size = sizeof report->error;
    allocation_watch();
    errno = 77;
    report->committed = es_commit(filter, &report->error);
    report->errnum = errno;
    report->allocations = allocation_count();
    report->getsid = errno_of(syscall(SYS_getsid, 0));
    report->after();
    report->made = made_outside;
    report->answers = asked();
}

static const surrounded *surround(void (*before)(void), void (*after)(void))
{
    static surrounded *report;

    if (!report)
        report = shared_memory(sizeof *report);
    *report = (surrounded){.before = before, .after = after, .committed = -1};
    in_good_child(commit_surrounded, report);
    if (!report->made)
        cannot("an outer sandbox needs CAP_SYS_ADMIN, or user namespaces");
    assert_int_equal(report->errnum, 77);
    assert_int_equal(report->allocations, 0);
    return report;
}

static void assert_not_enforced(const surrounded *report)
{
    assert_int_equal(report->committed, ES_ERR_NOT_ENFORCED);
    assert_error(&report->error, ES_ERR_NOT_ENFORCED, "end the program");
    assert_string_equal(es_status_name(report->committed), "not-enforced");
    assert_int_equal(report->error.errnum, 0);
    assert_string_equal(report->error.operation, "seccomp(2)");
}

static void test_a_sandbox_that_only_pretends_to_load(void **state)
{
    const surrounded *report = surround(pretend_to_load, nothing);

    (void)state;
    assert_not_enforced(report);
    assert_int_equal(report->getsid, 0);
    assert_int_equal(report->answers.layer, 0);
}

/* It is the filter before that answers. */
static void test_a_sandbox_that_only_pretends_to_load_another(void **state)
{
    const surrounded *report = surround(ours_then_pretend_to_load, nothing);

    (void)state;
    assert_not_enforced(report);
    assert_int_equal(report->answers.layer, 1);
    assert_int_equal(report->answers.digest, 1);
}

static void test_a_sandbox_that_traps_questions(void **state)
{
    const surrounded *report = surround(trap_questions, nothing);

    (void)state;
    assert_not_enforced(report);
    assert_int_equal(report->getsid, EPERM);
    assert_int_equal(report->answers.layer, 0);
    assert_int_equal(report->answers.mode, SECCOMP_MODE_FILTER);
}

/* Among error numbers that of the newest filter counts, however small. */
static void test_older_filters_do_not_answer(void **state)
{
    const surrounded *report = surround(refuse_questions, nothing);

    (void)state;
    assert_int_equal(report->committed, ES_OK);
    assert_answers(&report->answers, 1, 9);
}

static void test_newer_filters_hide_it(void **state)
{
    const surrounded *report = surround(nothing, refuse_questions);

    (void)state;
    assert_int_equal(report->committed, ES_OK);
    assert_int_equal(report->answers.mode, SECCOMP_MODE_FILTER);
    assert_int_equal(report->answers.layer, 0);
    assert_int_equal(report->answers.digest, 0);
}

static void refuse_prctl(void)
{
    made_outside = outer_sandbox(SYS_prctl, ALWAYS, EPERM);
}

static void test_where_prctl_is_refused(void **state)
{
    const surrounded *report = surround(nothing, refuse_prctl);

    (void)state;
    assert_int_equal(report->answers.mode, -1);
    assert_int_equal(report->answers.no_new_privs, -1);
    assert_int_equal(report->answers.layer, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_policy_answers),
        cmocka_unit_test(test_only_seccomp_answers),
        cmocka_unit_test(test_what_leaves_the_process_has_no_answers),
        cmocka_unit_test(test_answers_as_text),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_options_with_a_digest),
        cmocka_unit_test(test_nowhere_to_answer),
        cmocka_unit_test(test_layers_and_digests),
        cmocka_unit_test(test_the_layer_is_counted_at_commit),
        cmocka_unit_test(test_each_thread_answers_for_itself),
        cmocka_unit_test(test_a_sandbox_that_only_pretends_to_load),
        cmocka_unit_test(test_a_sandbox_that_only_pretends_to_load_another),
        cmocka_unit_test(test_a_sandbox_that_traps_questions),
        cmocka_unit_test(test_older_filters_do_not_answer),
        cmocka_unit_test(test_newer_filters_hide_it),
        cmocka_unit_test(test_where_prctl_is_refused),
    };
    return cmocka_run_group_tests_name("witness", tests, NULL, NULL);
}
