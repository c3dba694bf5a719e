/* Loading where the kernel, or a sandbox around the program, does not take the filter. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char no_outer[] = "an outer sandbox needs CAP_SYS_ADMIN, or user namespaces";

/* What a policy that is as good as empty refuses; 0 as long as it is not loaded. */
static int refused(void)
{
    return errno_of(syscall(SYS_getsid, 0));
}

static int no_new_privs(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static es_policy *basic(void)
{
    es_policy *policy = new_policy(0);

    permit(policy, "BasicCapabilities", "");
    return policy;
}

typedef struct {
    /* The sandbox around. */
    long number;
    int argument, errnum;
    /* What the library says. */
    int prepared, committed, refused, no_new_privs, length;
    bool made, has_filter;
    uint32_t features;
    es_error error;
    char operation[32];
} attempt;

static void try_to_load(void *shared)
{
    attempt *report = shared;
    es_policy *policy = basic();
    es_filter *filter = NULL;

    report->made = outer_sandbox(report->number, report->argument, report->errnum);
    if (!report->made)
        return;
    report->features = es_kernel_features();
    report->error.size = sizeof report->error;
    report->prepared = es_prepare(policy, NULL, &filter, &report->error);
    report->has_filter = filter != NULL;
    if (filter)
        report->committed = es_commit(filter, &report->error);
    if (report->error.operation)
        strncpy(report->operation, report->error.operation, sizeof report->operation - 1);
    report->refused = refused();
    report->no_new_privs = no_new_privs();
}

/* The caller may look at the report until the next attempt. */
static const attempt *attempt_inside(long number, int argument, int errnum)
{
    static attempt *report;

    if (!report)
        report = shared_memory(sizeof *report);
    *report = (attempt){.number = number,
                        .argument = argument,
                        .errnum = errnum,
                        .committed = -1,
                        .error = {.size = sizeof(es_error), .code = -1}};
    in_good_child(try_to_load, report);
    if (!report->made)
        cannot(no_outer);
    return report;
}

/* The kernel is asked before anything is changed. */
static void test_refused_when_asked(void **state)
{
    static const struct {
        int errnum, status;
    } cases[] = {{EPERM, ES_ERR_REFUSED},
                 {EACCES, ES_ERR_REFUSED},
                 {ENOSYS, ES_ERR_UNSUPPORTED},
                 {EINVAL, ES_ERR_UNSUPPORTED}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const attempt *report = attempt_inside(SYS_seccomp, ALWAYS, cases[i].errnum);
        assert_int_equal(report->features, 0);
        assert_int_equal(report->prepared, cases[i].status);
        assert_error(&report->error, cases[i].status, " ");
        assert_int_equal(report->error.errnum, cases[i].errnum);
        assert_int_equal(report->error.tid, 0);
        assert_string_equal(report->operation, "seccomp(2)");
        assert_false(report->has_filter);
        assert_int_equal(report->refused, 0);
        assert_int_equal(report->no_new_privs, 0);
    }
}

static void test_no_new_privs_refused(void **state)
{
    const attempt *report = attempt_inside(SYS_prctl, ALWAYS, EPERM);

    (void)state;
    assert_int_equal(report->prepared, ES_OK);
    assert_int_equal(report->committed, ES_ERR_REFUSED);
    assert_error(&report->error, ES_ERR_REFUSED, "no_new_privs");
    assert_int_equal(report->error.errnum, EPERM);
    assert_string_equal(report->operation, "prctl(2)");
    assert_int_equal(report->refused, 0);
}

/* A kernel that said yes when asked without a program, and refuses the program. */
static void test_refused_when_loaded(void **state)
{
    const attempt *report = attempt_inside(SYS_seccomp, 2, EPERM);

    (void)state;
    assert_int_equal(report->prepared, ES_OK);
    assert_int_equal(report->committed, ES_ERR_KERNEL);
    assert_error(&report->error, ES_ERR_KERNEL, " ");
    assert_int_equal(report->error.errnum, EPERM);
    assert_string_equal(report->operation, "seccomp(2)");
    assert_int_equal(report->refused, 0);
    assert_int_equal(report->no_new_privs, 1); /* the one thing that may have changed */
}

/* kill(getpid()) would otherwise be allowed for a process that is not known, or for all. */
static void test_own_id_unknown(void **state)
{
    const attempt *report = attempt_inside(SYS_getpid, ALWAYS, EPERM);

    (void)state;
    assert_int_equal(report->prepared, ES_OK);
    assert_int_equal(report->committed, ES_ERR_PID);
    assert_error(&report->error, ES_ERR_PID, "getpid(2)");
    assert_int_equal(report->refused, 0);
    assert_int_equal(report->no_new_privs, 0);
}

/* ---- What the kernel can do ---- */

typedef struct {
    uint32_t features;
    int no_new_privs, refused;
} asked;

static void ask_features(void *shared)
{
    asked *report = shared;

    report->features = es_kernel_features();
    report->no_new_privs = no_new_privs();
    report->refused = refused();
}

static void test_features(void **state)
{
    asked *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(ask_features, report);
    assert_int_equal(report->features,
                     ES_KERNEL_FILTER | ES_KERNEL_ALL_THREADS | ES_KERNEL_KILL_PROCESS);
    assert_int_equal(report->no_new_privs, 0);
    assert_int_equal(report->refused, 0);
}

/* ---- A thread that went its own way ---- */

typedef struct {
    pthread_barrier_t diverged, done;
    int sibling, committed, refused;
    bool changed_alone;
    es_error error;
} divided;

static void *diverge(void *shared)
{
    divided *report = shared;
    es_filter *filter = NULL;

    report->sibling = (int)syscall(SYS_gettid);
    REQUIRE(es_prepare(basic(), NULL, &filter, NULL) == ES_OK);
    REQUIRE(es_commit(filter, NULL) == ES_OK);
    pthread_barrier_wait(&report->diverged);
    pthread_barrier_wait(&report->done);
    return NULL;
}

static void load_for_divided_threads(void *shared)
{
    divided *report = shared;
    es_filter *filter = NULL;
    pthread_t sibling;

    pthread_barrier_init(&report->diverged, NULL, 2);
    pthread_barrier_init(&report->done, NULL, 2);
    REQUIRE(es_prepare(basic(), &all_threads, &filter, NULL) == ES_OK);
    REQUIRE(pthread_create(&sibling, NULL, diverge, report) == 0);
    pthread_barrier_wait(&report->diverged);
    report->error.size = sizeof report->error;
    report->committed = es_commit(filter, &report->error);
    report->refused = refused();
    pthread_barrier_wait(&report->done);
}

static void test_a_thread_that_diverged(void **state)
{
    divided *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(load_for_divided_threads, report);
    assert_int_equal(report->committed, ES_ERR_THREAD);
    assert_error(&report->error, ES_ERR_THREAD, "thread");
    assert_int_not_equal(report->sibling, 0);
    assert_int_equal(report->error.tid, report->sibling);
    assert_int_equal(report->refused, 0);
}

/* ---- Too many ---- */

typedef struct {
    unsigned loaded;
    int status, before, after, umask;
    es_error error;
} stacked;

static void load_many(void *shared)
{
    enum { MORE_THAN_ENOUGH = 100 };
    stacked *report = shared;
    es_policy *policy = basic();
    es_filter *filter = NULL;

    for (uint64_t i = 0; i < 3000; i++)
        allow_if(policy, UNLISTED, comparison(0, ES_EQUAL, 2 * i));
    REQUIRE(es_prepare(policy, NULL, &filter, NULL) == ES_OK);
    report->before = refused();
    while (report->loaded < MORE_THAN_ENOUGH) {
        report->error.size = sizeof report->error;
        report->status = es_commit(filter, &report->error);
        if (report->status)
            break;
        report->loaded++;
    }
    report->after = refused();
    report->umask = errno_of(syscall(SYS_umask, 022));
}

static void test_too_many_filters(void **state)
{
    stacked *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(load_many, report);
    assert_int_equal(report->status, ES_ERR_TOO_MANY);
    assert_error(&report->error, ES_ERR_TOO_MANY, "32,768");
    assert_int_equal(report->error.errnum, ENOMEM);
    assert_in_range(report->loaded, 2, 20);
    assert_int_equal(report->before, 0);
    assert_int_equal(report->after, EPERM); /* those before are as they were */
    assert_int_equal(report->umask, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_when_asked),
        cmocka_unit_test(test_no_new_privs_refused),
        cmocka_unit_test(test_refused_when_loaded),
        cmocka_unit_test(test_own_id_unknown),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_a_thread_that_diverged),
        cmocka_unit_test(test_too_many_filters),
    };
    return cmocka_run_group_tests_name("outer", tests, NULL, NULL);
}
