/* Loading a policy of paths and ports: what holds, once, and what is left open. */
#include "allocation.h"
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 8 };

/* A policy that reads beneath /usr, and nothing else. */
static es_policy *usr_only(void)
{
    es_policy *policy = new_policy(0);

    permit(policy, "BasicCapabilities", "");
    permit_path(policy, "SystemIO", "allow_read_path", "/usr");
    REQUIRE(es_policy_set_landlock_abi(policy, es_kernel_landlock_abi(0), NULL) == ES_OK);
    return policy;
}

static es_filter *prepared(const es_options *options)
{
    es_policy *policy = usr_only();
    es_filter *filter = NULL;

    REQUIRE(es_prepare(policy, options, &filter, NULL) == ES_OK);
    es_policy_free(policy);
    return filter;
}

/* The errno of reading a directory that is not granted, or of one that is. */
static int try_reading(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = errno;

    if (descriptor < 0)
        return result;
    close(descriptor);
    return 0;
}

/* The first descriptor that is free, whose number tells whether others were left open. */
static int first_free(void)
{
    int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);

    REQUIRE(descriptor >= 0);
    close(descriptor);
    return descriptor;
}

/* ---- One thread ---- */

typedef struct {
    int before, prepared, committed, freed; /* the first free descriptor */
    int outside_before, outside, inside;    /* errnos */
    int first, second;                      /* statuses of es_commit() */
} limited;

static void limit(void *shared)
{
    limited *report = shared;
    es_filter *filter;

    report->before = first_free();
    filter = prepared(NULL);
    report->prepared = first_free();
    report->outside_before = try_reading("/etc");
    report->first = es_commit(filter, NULL);
    report->committed = first_free();
    report->outside = try_reading("/etc");
    report->inside = try_reading("/usr");
    report->second = es_commit(filter, NULL);
    es_filter_free(filter);
    report->freed = first_free();
}

static void test_paths_are_limited_once(void **state)
{
    limited *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(limit, report);
    assert_int_equal(report->outside_before, 0);
    assert_int_equal(report->first, ES_OK);
    assert_int_equal(report->outside, EACCES);
    assert_int_equal(report->inside, 0);
    assert_int_equal(report->second, ES_ERR_ARGUMENT);
    assert_int_equal(report->prepared, report->before + 1);
    assert_int_equal(report->committed, report->before);
    assert_int_equal(report->freed, report->before);
}

static void test_a_filter_that_is_not_used_leaves_nothing_open(void **state)
{
    int before = first_free();

    (void)state;
    es_filter_free(prepared(NULL));
    assert_int_equal(first_free(), before);
}

static void test_a_path_that_does_not_exist(void **state)
{
    int before = first_free();
    es_policy *policy = usr_only();
    es_filter *filter = NULL;
    es_error error = ES_ERROR_INIT;

    (void)state;
    permit_path(policy, "SystemIO", "allow_list_dir", "/usr/no such folder");
    assert_int_equal(es_prepare(policy, NULL, &filter, &error), ES_ERR_PATH);
    assert_null(filter);
    assert_error(&error, ES_ERR_PATH, "SystemIO.allow_list_dir of /usr/no such folder");
    assert_int_equal(error.errnum, ENOENT);
    assert_string_equal(error.limited_by.argument.path, "/usr/no such folder");
    assert_int_equal(first_free(), before);
    es_policy_free(policy);
}

static void test_a_newer_abi_than_the_kernels(void **state)
{
    es_policy *policy = new_policy(0);
    es_filter *filter = NULL;
    es_error error = ES_ERROR_INIT;

    (void)state;
    permit_port(policy, "Networking", "allow_start_tcp_clients", 443);
    assert_int_equal(es_policy_set_landlock_abi(policy, 3, NULL), ES_OK);
    assert_int_equal(es_prepare(policy, NULL, &filter, &error), ES_ERR_UNSUPPORTED);
    assert_int_equal(error.abi, 3);
    assert_int_equal(error.abi_needed, 4);
    assert_int_equal(es_policy_set_landlock_abi(policy, ES_LANDLOCK_ABI + 1, &error),
                     ES_ERR_ARGUMENT);
    es_policy_free(policy);
}

/* ---- In a signal handler ---- */

static es_filter *handled;
static volatile sig_atomic_t status_of_handler = -1;

static void commit_here(int number)
{
    (void)number;
    status_of_handler = es_commit(handled, NULL);
}

static void limit_in_a_handler(void *shared)
{
    limited *report = shared;

    handled = prepared(NULL);
    signal(SIGUSR1, commit_here);
    allocation_watch();
    errno = 4242;
    raise(SIGUSR1);
    report->second = errno;
    report->prepared = (int)allocation_count();
    report->first = status_of_handler;
    report->outside = try_reading("/etc");
}

static void test_a_signal_handler_can_limit(void **state)
{
    limited *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(limit_in_a_handler, report);
    assert_int_equal(report->first, ES_OK);
    assert_int_equal(report->second, 4242);
    assert_int_equal(report->prepared, 0);
    assert_int_equal(report->outside, EACCES);
}

/* ---- Several threads ---- */

typedef struct {
    uint32_t interrupt;
    int status, tid_is_theirs;
    int outside[THREADS + 1]; /* errnos, the calling thread first */
} crowd;

static pthread_barrier_t ready, done;
static int32_t ids[THREADS];
static int *errnos;

static void *wait_and_read(void *argument)
{
    size_t number = (size_t)argument;

    ids[number] = (int32_t)syscall(SYS_gettid);
    pthread_barrier_wait(&ready);
    pthread_barrier_wait(&done);
    errnos[number + 1] = try_reading("/etc");
    return NULL;
}

static void limit_a_crowd(void *shared)
{
    crowd *report = shared;
    es_options options = all_threads;
    es_error error = ES_ERROR_INIT;
    es_filter *filter;
    pthread_t threads[THREADS];

    errnos = report->outside;
    pthread_barrier_init(&ready, NULL, THREADS + 1);
    pthread_barrier_init(&done, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, wait_and_read, (void *)i) == 0);
    pthread_barrier_wait(&ready);
    options.interrupt = report->interrupt;
    filter = prepared(&options);
    report->status = es_commit(filter, &error);
    es_filter_free(filter);
    for (size_t i = 0; i < THREADS; i++)
        report->tid_is_theirs = report->tid_is_theirs || error.tid == ids[i];
    pthread_barrier_wait(&done);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    report->outside[0] = try_reading("/etc");
}

static void test_several_threads_are_an_error(void **state)
{
    crowd *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(limit_a_crowd, report);
    assert_int_equal(report->status, ES_ERR_THREAD);
    assert_true(report->tid_is_theirs);
    for (size_t i = 0; i <= THREADS; i++)
        assert_int_equal(report->outside[i], 0);
}

static void test_several_threads_are_interrupted(void **state)
{
    crowd *report = shared_memory(sizeof *report);

    (void)state;
    report->interrupt = 1;
    in_good_child(limit_a_crowd, report);
    assert_int_equal(report->status, ES_OK);
    for (size_t i = 0; i <= THREADS; i++)
        assert_int_equal(report->outside[i], EACCES);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_are_limited_once),
        cmocka_unit_test(test_a_filter_that_is_not_used_leaves_nothing_open),
        cmocka_unit_test(test_a_path_that_does_not_exist),
        cmocka_unit_test(test_a_newer_abi_than_the_kernels),
        cmocka_unit_test(test_a_signal_handler_can_limit),
        cmocka_unit_test(test_several_threads_are_an_error),
        cmocka_unit_test(test_several_threads_are_interrupted),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
