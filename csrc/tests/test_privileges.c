/* Giving up privileges: the effect of each step, and what is said of those that fail. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ALL_STEPS = ES_STEP_UNSHARE | ES_STEP_AMBIENT | ES_STEP_NO_NEW_PRIVS };

typedef struct {
    pthread_barrier_t opened, done;
    int status, before, after, descriptor;
    int descriptor_of_sibling; /* errno of the sibling's look at it */
    mode_t umask_of_sibling;
    uint32_t steps;
} restricted;

/* Shares descriptors and the umask with the thread that started it, unless that one unshares. */
static void *look(void *shared)
{
    restricted *report = shared;
    struct stat status;

    pthread_barrier_wait(&report->opened);
    report->descriptor_of_sibling = errno_of(fstat(report->descriptor, &status));
    report->umask_of_sibling = umask(0);
    pthread_barrier_wait(&report->done);
    return NULL;
}

static void restrict_all(void *shared)
{
    restricted *report = shared;
    pthread_t sibling;

    pthread_barrier_init(&report->opened, NULL, 2);
    pthread_barrier_init(&report->done, NULL, 2);
    umask(022);
    REQUIRE(pthread_create(&sibling, NULL, look, report) == 0);
    report->before = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    report->status = es_restrict_privileges(&report->steps, NULL);
    report->after = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    report->descriptor = open("/", O_RDONLY);
    umask(077);
    pthread_barrier_wait(&report->opened);
    pthread_barrier_wait(&report->done);
}

static void test_the_steps_have_their_effect(void **state)
{
    restricted *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(restrict_all, report);
    assert_int_equal(report->status, ES_OK);
    assert_int_equal(report->steps, ALL_STEPS);
    assert_int_equal(report->before, 0);
    assert_int_equal(report->after, 1);
    assert_true(report->descriptor >= 0);
    assert_int_equal(report->descriptor_of_sibling, EBADF);
    assert_int_equal(report->umask_of_sibling, 022);
}

/* ---- Ambient capabilities ---- */

typedef struct {
    int before, status, after;
} capable;

static int ambient(void)
{
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_BIND_SERVICE, 0, 0);
}

static bool raise_ambient(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    data[0].inheritable = data[0].permitted;
    return syscall(SYS_capset, &header, data) == 0 &&
           prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) == 0;
}

static void restrict_capable(void *shared)
{
    capable *report = shared;

    /* Who has no capability gets all of them in a user namespace of one's own. */
    if (!raise_ambient() && unshare(CLONE_NEWUSER) == 0)
        raise_ambient();
    report->before = ambient();
    report->status = es_restrict_privileges(NULL, NULL);
    report->after = ambient();
}

static void test_ambient_capabilities(void **state)
{
    capable *report = shared_memory(sizeof *report);

    (void)state;
    in_good_child(restrict_capable, report);
    if (report->before != 1)
        cannot("an ambient capability needs one that is permitted, or user namespaces");
    assert_int_equal(report->status, ES_OK);
    assert_int_equal(report->after, 0);
}

/* ---- Failures ---- */

typedef struct {
    long number;
    int errnum, status;
    uint32_t steps;
    bool made;
    es_error error;
    char operation[32];
} failing;

static void restrict_inside(void *shared)
{
    failing *report = shared;

    report->made = outer_sandbox(report->number, ALWAYS, report->errnum);
    if (!report->made)
        return;
    report->error.size = sizeof report->error;
    report->status = es_restrict_privileges(&report->steps, &report->error);
    if (report->error.operation)
        strncpy(report->operation, report->error.operation, sizeof report->operation - 1);
}

static void assert_failing(long number, int errnum, uint32_t steps, const char *operation,
                           const char *failed, const char *done)
{
    failing *report = shared_memory(sizeof *report);

    *report = (failing){.number = number, .errnum = errnum, .steps = ALL_STEPS};
    in_good_child(restrict_inside, report);
    if (!report->made)
        cannot("an outer sandbox needs CAP_SYS_ADMIN, or user namespaces");
    assert_int_equal(report->status, ES_ERR_REFUSED);
    assert_error(&report->error, ES_ERR_REFUSED, failed);
    assert_error(&report->error, ES_ERR_REFUSED, done);
    assert_int_equal(report->error.errnum, errnum);
    assert_int_equal(report->steps, steps);
    assert_string_equal(report->operation, operation);
}

/* Every step is tried, whatever became of the others. */
static void test_failures_are_reported(void **state)
{
    (void)state;
    assert_failing(SYS_unshare, EPERM, ES_STEP_AMBIENT | ES_STEP_NO_NEW_PRIVS, "unshare(2)",
                   "could not unshare;", "done: clear the ambient capabilities, set no_new_privs");
    assert_failing(SYS_prctl, EACCES, ES_STEP_UNSHARE, "prctl(2)",
                   "could not clear the ambient capabilities, set no_new_privs;", "done: unshare");
}

static void restrict_twice(void *shared)
{
    failing *report = shared;

    REQUIRE(es_restrict_privileges(NULL, NULL) == ES_OK);
    report->error.size = sizeof report->error;
    report->status = es_restrict_privileges(&report->steps, &report->error);
}

static void test_twice(void **state)
{
    failing *report = shared_memory(sizeof *report);

    (void)state;
    *report = (failing){.status = -1};
    in_good_child(restrict_twice, report);
    assert_int_equal(report->status, ES_OK);
    assert_int_equal(report->steps, ALL_STEPS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_steps_have_their_effect),
        cmocka_unit_test(test_ambient_capabilities),
        cmocka_unit_test(test_failures_are_reported),
        cmocka_unit_test(test_twice),
    };
    return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}
