/* What explaining asks of the process, and what it leaves as it was.  What it says is tested from
 * Python, in tests/explain. */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char asked[] = "is explaining wanted?";

/* ---- The environment ---- */

/* A copy of this program that runs as root, whoever starts it. */
static void copy_as_root(const char *path)
{
    char buffer[1 << 16];
    int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
    ssize_t size;

    assert_true(from >= 0 && to >= 0);
    while ((size = read(from, buffer, sizeof buffer)) > 0)
        assert_int_equal(write(to, buffer, (size_t)size), size);
    assert_int_equal(fchmod(to, 04755), 0);
    close(from);
    close(to);
}

/* What a program says of its environment, that is started by somebody with this id. */
static int ask_program(const char *path, uid_t user, const char *value)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        setenv("PYEXTRASAFE_EXPLAIN", value, 1);
        if (setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0)
            execl(path, path, asked, NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_the_environment(void **state)
{
    char folder[] = "/tmp/extrasafe-XXXXXX", path[64];

    (void)state;
    if (geteuid() != 0)
        skip(); /* no other user can be tried */
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    snprintf(path, sizeof path, "%s/program", folder);
    copy_as_root(path);
    assert_int_equal(ask_program(path, 0, "1"), 1);
    assert_int_equal(ask_program(path, 0, "0"), 0);
    assert_int_equal(ask_program(path, 0, "11"), 0);
    /* Somebody else starts it, and it is root: secure-execution mode, see ld.so(8). */
    assert_int_equal(ask_program(path, 65534, "1"), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- The signal ---- */

static void handler_of_the_program(int signal)
{
    (void)signal;
}

static void test_the_signal_is_given_back(void **state)
{
    es_gate gate = {.size = sizeof gate};
    struct sigaction now;

    (void)state;
    signal(SIGSYS, handler_of_the_program);
    assert_false(es_explain_is_started());
    assert_int_equal(es_explain_start(&gate, NULL), ES_OK);
    assert_true(es_explain_is_started());
    assert_true(gate.count > 0 && gate.count <= ES_GATE_SPANS);
    assert_int_equal(sigaction(SIGSYS, NULL, &now), 0);
    assert_ptr_not_equal(now.sa_handler, handler_of_the_program);
    assert_int_equal(es_explain_stop(), 1);
    es_explain_give_back();
    assert_int_equal(sigaction(SIGSYS, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, handler_of_the_program);
    assert_false(es_explain_is_started());
    signal(SIGSYS, SIG_DFL);
}

static void *no_state(void)
{
    return NULL;
}

static int no_line(void *frame)
{
    (void)frame;
    return 0;
}

static intptr_t no_length(void *text)
{
    (void)text;
    return 0;
}

static uint32_t no_character(void *text, intptr_t index)
{
    (void)text;
    return (uint32_t)index;
}

static void test_a_writer_of_stacks(void **state)
{
    es_frames frames = {.size = sizeof frames, .state = no_state, .line = no_line,
                        .length = no_length, .character = no_character};
    es_frames lacking = frames, unsized = frames;
    struct sigaction now;

    (void)state;
    lacking.line = NULL;
    unsized.size = 0;
    signal(SIGSYS, handler_of_the_program);
    assert_int_equal(es_frames_begin(NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_frames_begin(&lacking), ES_ERR_ARGUMENT);
    assert_int_equal(es_frames_begin(&unsized), ES_ERR_ARGUMENT);
    es_frames_end();
    assert_int_equal(sigaction(SIGSYS, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, handler_of_the_program);
    assert_int_equal(es_frames_begin(&frames), ES_OK);
    assert_int_equal(es_frames_begin(&frames), ES_OK);
    assert_int_equal(raise(SIGSYS), 0); /* nobody asked for a stack */
    es_frames_end();
    assert_int_equal(sigaction(SIGSYS, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, handler_of_the_program);
    signal(SIGSYS, SIG_DFL);
}

static void test_wrong_arguments(void **state)
{
    es_gate no_size = {.size = 0};
    es_denial denial;
    uint64_t count;

    (void)state;
    assert_int_equal(es_explain_start(NULL, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_explain_start(&no_size, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_explain_add(NULL, NULL, 2, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_denial_get(0, &denial, sizeof denial, &count), ES_ERR_ARGUMENT);
    assert_int_equal(es_denial_get(0, NULL, 0, &count), ES_ERR_ARGUMENT);
    assert_int_equal(es_denial_fresh(), -1);
}

/* ---- The process ---- */

static void test_a_thread_that_blocks_the_signal(void **state)
{
    es_error error = ES_ERROR_INIT;
    sigset_t blocked, before;

    (void)state;
    assert_int_equal(es_check_explainable(NULL), ES_OK);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGSYS);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    assert_int_equal(es_check_explainable(&error), ES_ERR_THREAD);
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_error(&error, ES_ERR_THREAD, "SIGSYS");
    assert_int_equal(error.tid, getpid());
}

int main(int count, char **words)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_environment),
        cmocka_unit_test(test_the_signal_is_given_back),
        cmocka_unit_test(test_a_writer_of_stacks),
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_a_thread_that_blocks_the_signal),
    };
    if (count == 2 && strcmp(words[1], asked) == 0)
        _exit(es_explain_wanted());
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
