/* Calls of other architectures end the process, whatever the policy allows. */
#include "child.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

/* getpid as i386 calls it. */
static long call_i386(void)
{
    long result = 20;

    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static long call_x32(void)
{
    return syscall(0x40000000 | SYS_getpid);
}

typedef struct {
    long (*call)(void);
    bool limited, came_back;
} attempt;

static void make_attempt(void *shared)
{
    attempt *report = shared;
    es_policy *policy = new_policy(0);
    es_filter *filter = NULL;

    permit(policy, "BasicCapabilities", "");
    permit(policy, "SystemIO", "everything");
    if (report->limited) {
        REQUIRE(es_prepare(policy, NULL, &filter, NULL) == ES_OK);
        REQUIRE(es_commit(filter, NULL) == ES_OK);
    }
    report->call();
    report->came_back = true;
}

static void assert_killed(long (*call)(void), const char *unless)
{
    attempt *report = shared_memory(sizeof *report);
    int status;

    *report = (attempt){.call = call};
    in_child(make_attempt, report);
    if (!report->came_back) /* a kernel without it ends the process by another signal */
        cannot(unless);

    *report = (attempt){.call = call, .limited = true};
    status = in_child(make_attempt, report);
    assert_false(report->came_back);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void test_i386(void **state)
{
    (void)state;
    assert_killed(call_i386, "this kernel runs no programs of i386");
}

static void test_x32(void **state)
{
    (void)state;
    assert_killed(call_x32, "numbers of x32 end a process here");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_i386),
        cmocka_unit_test(test_x32),
    };
    return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}

#else

int main(void)
{
    return 0;
}

#endif
