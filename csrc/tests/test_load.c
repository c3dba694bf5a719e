/* Loading: what the kernel does once a policy is prepared and committed. */
#include "allocation.h"
#include "child.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- In children ---- */

static const es_options *options_for(int threads)
{
    return threads == ES_ALL_THREADS ? &all_threads : NULL;
}

static es_filter *prepare(const es_policy *policy, int threads)
{
    es_filter *filter = NULL;

    REQUIRE(es_prepare(policy, options_for(threads), &filter, NULL) == ES_OK);
    return filter;
}

/* What a program needs anyway, and one call where its first argument is this. */
static es_policy *basic_and(const char *name, uint64_t first)
{
    es_policy *policy = new_policy(0);

    permit(policy, "BasicCapabilities", "");
    if (name)
        allow_if(policy, number_of(0, name), comparison(0, ES_EQUAL, first));
    return policy;
}

static int no_new_privs(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

/* ---- The effect ---- */

typedef struct {
    int threads, given, other;
    int prepared, committed, before, after; /* statuses, and no_new_privs */
    long wrote, refused, garbage, unknown, clone3, negative;
} written;

static void write_to_pipes(void *shared)
{
    written *report = shared;
    es_policy *policy = basic_and(NULL, 0);
    es_filter *filter = NULL;

    permit_fd(policy, "SystemIO", "allow_file_write", report->given);
    report->prepared = es_prepare(policy, options_for(report->threads), &filter, NULL);
    es_policy_free(policy); /* a filter does without */
    report->before = no_new_privs();
    report->committed = es_commit(filter, NULL);
    es_filter_free(filter);
    report->after = no_new_privs();
    report->wrote = write(report->given, "a", 1);
    report->refused = errno_of(write(report->other, "b", 1));
    report->garbage = syscall(SYS_write, report->given | 7l << 32, "c", 1);
    report->unknown = errno_of(syscall(UNLISTED));
    report->clone3 = errno_of(syscall(SYS_clone3, NULL, 0));
    report->negative = errno_of(syscall(-1));
}

static void test_only_the_given_descriptor_is_written(void **state)
{
    (void)state;
    for (int threads = ES_THIS_THREAD; threads <= ES_ALL_THREADS; threads++) {
        written *report = shared_memory(sizeof *report);
        int given[2], other[2];
        char text[4] = "";
        assert_int_equal(pipe(given), 0);
        assert_int_equal(pipe(other), 0);
        *report = (written){.threads = threads, .given = given[1], .other = other[1]};
        in_good_child(write_to_pipes, report);
        close(given[1]);
        close(other[1]);
        assert_int_equal(report->prepared, ES_OK);
        assert_int_equal(report->before, 0);
        assert_int_equal(report->committed, ES_OK);
        assert_int_equal(report->after, 1);
        assert_int_equal(report->wrote, 1);
        assert_int_equal(report->refused, EPERM);
        assert_int_equal(report->garbage, 1);
        assert_int_equal(report->unknown, ENOSYS);
        assert_int_equal(report->clone3, ENOSYS);
        assert_int_equal(report->negative, ENOSYS);
        assert_int_equal(read(given[0], text, sizeof text), 2);
        assert_memory_equal(text, "ac", 2);
        assert_int_equal(read(other[0], text, sizeof text), 0);
        close(given[0]);
        close(other[0]);
    }
}

/* ---- Threads ---- */

typedef struct {
    int threads, own, sibling; /* errno of getsid in both threads */
    pthread_barrier_t loaded, done;
} synchronised;

static void *try_in_sibling(void *shared)
{
    synchronised *report = shared;

    pthread_barrier_wait(&report->loaded);
    report->sibling = errno_of(syscall(SYS_getsid, 0));
    pthread_barrier_wait(&report->done);
    return NULL;
}

static void load_beside_a_thread(void *shared)
{
    synchronised *report = shared;
    es_filter *filter = prepare(basic_and(NULL, 0), report->threads);
    pthread_t sibling;

    pthread_barrier_init(&report->loaded, NULL, 2);
    pthread_barrier_init(&report->done, NULL, 2);
    REQUIRE(pthread_create(&sibling, NULL, try_in_sibling, report) == 0);
    REQUIRE(es_commit(filter, NULL) == ES_OK);
    report->own = errno_of(syscall(SYS_getsid, 0));
    pthread_barrier_wait(&report->loaded);
    pthread_barrier_wait(&report->done);
}

static void test_one_thread_or_all(void **state)
{
    synchronised *report = shared_memory(sizeof *report);

    (void)state;
    report->threads = ES_THIS_THREAD;
    in_good_child(load_beside_a_thread, report);
    assert_int_equal(report->own, EPERM);
    assert_int_equal(report->sibling, 0);

    report->threads = ES_ALL_THREADS;
    in_good_child(load_beside_a_thread, report);
    assert_int_equal(report->own, EPERM);
    assert_int_equal(report->sibling, EPERM);
}

/* ---- Asking ---- */

typedef struct {
    bool mapped;
    int prepared, after; /* a status, and what PR_GET_SECCOMP says then */
    int asked, taken;    /* what it says after a question, and after NULL as the program */
} at_zero;

typedef struct {
    struct sock_fprog program;
    struct sock_filter allow;
} allow_all;

/* A program that allows everything, where NULL points to. */
static bool map_a_program_at_zero(void)
{
    allow_all *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    REQUIRE(page != MAP_FAILED);
    page->allow = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    page->program.len = 1;
    page->program.filter = (void *)offsetof(allow_all, allow);
    return mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, NULL) == NULL;
}

static int mode(void)
{
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
}

static void ask_above_zero(void *shared)
{
    at_zero *report = shared;
    es_filter *filter = NULL;

    report->mapped = map_a_program_at_zero();
    if (!report->mapped)
        return;
    report->prepared = es_prepare(basic_and(NULL, 0), NULL, &filter, NULL);
    report->after = mode();
    es_kernel_features();
    report->asked = mode();
    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    REQUIRE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == 0);
    report->taken = mode();
}

static void test_asking_loads_nothing(void **state)
{
    at_zero *report = shared_memory(sizeof *report);

    (void)state;
    report->prepared = -1;
    in_good_child(ask_above_zero, report);
    if (!report->mapped)
        cannot("the page at address 0 can be mapped by root only");
    assert_int_equal(report->prepared, ES_OK);
    assert_int_equal(report->after, SECCOMP_MODE_DISABLED);
    assert_int_equal(report->asked, SECCOMP_MODE_DISABLED);
    assert_int_equal(report->taken, SECCOMP_MODE_FILTER);
}

/* ---- The own process ---- */

typedef struct {
    /* errnos: of signal 0, and of one that nobody hears */
    int own, own_thread, parent_asked, parent, own_group, everybody;
} signalled;

static void signal_oneself(signalled *report)
{
    report->own = errno_of(kill(getpid(), 0));
    report->own_group = errno_of(kill(0, 0));
    report->parent_asked = errno_of(kill(getppid(), 0));
    report->parent = errno_of(kill(getppid(), SIGURG));
    report->everybody = errno_of(kill(-1, 0));
    report->own_thread = errno_of(syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0));
}

static void commit_and_signal(void *shared)
{
    es_filter *filter = prepare(basic_and(NULL, 0), ES_THIS_THREAD);

    REQUIRE(es_commit(filter, NULL) == ES_OK);
    signal_oneself(shared);
}

static es_filter *prepared_before;

static void commit_after_fork(void *shared)
{
    REQUIRE(es_commit(prepared_before, NULL) == ES_OK);
    signal_oneself(shared);
}

static void assert_only_oneself(const signalled *report)
{
    assert_int_equal(report->own, 0);
    assert_int_equal(report->own_thread, 0);
    assert_int_equal(report->own_group, EPERM);
    assert_int_equal(report->parent_asked, 0);
    assert_int_equal(report->parent, EPERM);
    assert_int_equal(report->everybody, EPERM);
}

static void test_signals_reach_oneself_only(void **state)
{
    signalled *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(commit_and_signal, report);
    assert_only_oneself(report);
}

static void test_the_process_that_commits_counts(void **state)
{
    signalled *first = shared_memory(sizeof *first), *second = shared_memory(sizeof *second);
    es_policy *policy = basic_and(NULL, 0);

    (void)state;
    assert_int_equal(es_prepare(policy, NULL, &prepared_before, NULL), ES_OK);
    in_good_child(commit_after_fork, first);
    in_good_child(commit_after_fork, second);
    assert_only_oneself(first);
    assert_only_oneself(second);
    es_filter_free(prepared_before);
    es_policy_free(policy);
}

/* ---- Twice ---- */

typedef struct {
    int again, sync, getsid;
    uint32_t features; /* under the first filter */
} stacked;

static void commit_twice(void *shared)
{
    stacked *report = shared;
    es_policy *policy = basic_and(NULL, 0), *narrow = basic_and(NULL, 0);
    es_filter *filter, *second;

    allow(policy, number_of(0, "getsid"), NULL, 0);
    allow(policy, number_of(0, "sync"), NULL, 0);
    allow(narrow, number_of(0, "getsid"), NULL, 0);
    filter = prepare(policy, ES_THIS_THREAD);
    REQUIRE(es_commit(filter, NULL) == ES_OK);
    report->features = es_kernel_features();
    report->again = es_commit(filter, NULL);
    /* What BasicCapabilities grants is enough to prepare and load another one. */
    second = prepare(narrow, ES_ALL_THREADS);
    REQUIRE(es_commit(second, NULL) == ES_OK);
    report->sync = errno_of(syscall(SYS_sync));
    report->getsid = errno_of(syscall(SYS_getsid, 0));
}

static void test_filters_stack(void **state)
{
    stacked *report = shared_memory(sizeof *report);

    (void)state;
    report->again = -1;
    in_good_child(commit_twice, report);
    /* What it may ask for, and no other question. */
    assert_int_equal(report->features, ES_KERNEL_FILTER | ES_KERNEL_ALL_THREADS);
    assert_int_equal(report->again, ES_OK);
    assert_int_equal(report->getsid, 0);
    assert_int_equal(report->sync, EPERM);
}

/* ---- Where the second step can be taken ---- */

enum { SOME_ERRNO = 77 };

typedef struct {
    unsigned allocations;
    int status, getsid, errnum;
} counted;

static void commit_and_count(void *shared)
{
    counted *report = shared;
    es_filter *filter = prepare(basic_and(NULL, 0), ES_THIS_THREAD);

    allocation_watch();
    errno = SOME_ERRNO;
    report->status = es_commit(filter, NULL);
    report->errnum = errno;
    report->allocations = allocation_count();
    report->getsid = errno_of(syscall(SYS_getsid, 0));
}

/* Nor do its failures. */
static void fail_and_count(void *shared)
{
    counted *report = shared;
    es_filter *filter = prepare(basic_and(NULL, 0), ES_THIS_THREAD);
    es_error error = ES_ERROR_INIT;

    if (!outer_sandbox(SYS_seccomp, ALWAYS, EPERM))
        return;
    allocation_watch();
    errno = SOME_ERRNO;
    report->status = es_commit(filter, &error);
    report->errnum = errno;
    report->allocations = allocation_count();
}

static void test_commit_neither_allocates_nor_changes_errno(void **state)
{
    counted *report = shared_memory(sizeof *report);

    (void)state;
    allocation_watch();
    es_policy_free(new_policy(0));
    assert_true(allocation_count() > 0); /* they are counted */
    report->status = -1;
    in_good_child(commit_and_count, report);
    assert_int_equal(report->status, ES_OK);
    assert_int_equal(report->getsid, EPERM);
    assert_int_equal(report->errnum, SOME_ERRNO);
    assert_int_equal(report->allocations, 0);

    *report = (counted){.status = -1};
    in_good_child(fail_and_count, report);
    if (report->status == -1)
        cannot("an outer sandbox needs CAP_SYS_ADMIN, or user namespaces");
    assert_int_equal(report->status, ES_ERR_KERNEL);
    assert_int_equal(report->errnum, SOME_ERRNO);
    assert_int_equal(report->allocations, 0);
}

static es_filter *for_handler;
static volatile int handler_status = -1;

static void commit_in_handler(int signal)
{
    (void)signal;
    handler_status = es_commit(for_handler, NULL);
}

static void raise_signal(void *shared)
{
    counted *report = shared;

    for_handler = prepare(basic_and(NULL, 0), ES_THIS_THREAD);
    REQUIRE(signal(SIGUSR1, commit_in_handler) != SIG_ERR);
    REQUIRE(raise(SIGUSR1) == 0);
    report->status = handler_status;
    report->getsid = errno_of(syscall(SYS_getsid, 0));
}

static void test_commit_in_a_signal_handler(void **state)
{
    counted *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(raise_signal, report);
    assert_int_equal(report->status, ES_OK);
    assert_int_equal(report->getsid, EPERM);
}

/* ---- Long programs ---- */

enum { VALUES = 3300 };

typedef struct {
    int committed;
    unsigned wrong;
} long_program;

/* So many isolated values of an unknown call: allowed it does not exist, refused it is EPERM. */
static void load_long_program(void *shared)
{
    long_program *report = shared;
    es_policy *policy = basic_and(NULL, 0);
    es_filter *filter;

    for (uint64_t i = 0; i < VALUES; i++)
        allow_if(policy, UNLISTED, comparison(2, ES_EQUAL, 2 * i));
    filter = prepare(policy, ES_THIS_THREAD);
    report->committed = es_commit(filter, NULL);
    for (long value = 0; value < 2 * VALUES + 2; value++) {
        bool listed = value % 2 == 0 && value < 2 * VALUES;
        int found = errno_of(syscall(UNLISTED, 0, 0, value));
        report->wrong += found != (listed ? ENOSYS : EPERM);
    }
}

static void test_the_kernel_takes_long_programs(void **state)
{
    long_program *report = shared_memory(sizeof *report);

    (void)state;
    report->committed = -1;
    in_good_child(load_long_program, report);
    assert_int_equal(report->committed, ES_OK);
    assert_int_equal(report->wrong, 0);
}

static void test_other_architectures_are_not_loaded(void **state)
{
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        es_policy *policy = new_policy(architectures[i]);
        es_filter *filter = NULL;
        bool native = architectures[i] == es_arch_native();
        assert_int_equal(es_prepare(policy, NULL, &filter, &error),
                         native ? ES_OK : ES_ERR_ARCHITECTURE);
        assert_true(native == (filter != NULL));
        es_filter_free(filter);
        es_policy_free(policy);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_given_descriptor_is_written),
        cmocka_unit_test(test_one_thread_or_all),
        cmocka_unit_test(test_asking_loads_nothing),
        cmocka_unit_test(test_signals_reach_oneself_only),
        cmocka_unit_test(test_the_process_that_commits_counts),
        cmocka_unit_test(test_filters_stack),
        cmocka_unit_test(test_commit_neither_allocates_nor_changes_errno),
        cmocka_unit_test(test_commit_in_a_signal_handler),
        cmocka_unit_test(test_the_kernel_takes_long_programs),
        cmocka_unit_test(test_other_architectures_are_not_loaded),
    };
    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
