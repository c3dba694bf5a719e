/* Learning from programs that are started, in C: what comes back, and what it leaves as it was. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- What is seen ---- */

/* How often a call was seen whose path ends so; any, where that is NULL. */
static uint64_t seen(const char *name, const char *path)
{
    int32_t number = es_syscall_number(0, name);
    es_observation it;
    uint64_t found = 0;

    for (uint32_t i = 0; i < ES_OBSERVATIONS; i++) {
        size_t length, wanted = path ? strlen(path) : 0;
        if (es_observation_get(i, &it, sizeof it) != ES_OK || it.call.nr != number)
            continue;
        length = strlen(it.paths[0]);
        if (!path || (length >= wanted && strcmp(it.paths[0] + length - wanted, path) == 0))
            found += it.count;
    }
    return found;
}

static int run(const char *script, int *ended, es_error *error)
{
    char *words[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};

    return es_learn_command("/bin/sh", words, ended, error);
}

static void test_a_program_and_what_it_starts(void **state)
{
    int ended = -1, first = dup(0);

    (void)state;
    assert_int_equal(run("cd /etc; /bin/cat hostname /nowhere >/dev/null 2>&1; exit 5", &ended,
                         NULL),
                     ES_OK);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 5);
    assert_int_equal(seen("execve", NULL), 2);
    assert_int_equal(seen("execve", "/bin/cat"), 1);
    assert_int_equal(seen("openat", "/etc/hostname"), 1);
    assert_int_equal(seen("openat", "/nowhere"), 1);
    assert_int_equal(es_observations_missed(), 0);
    assert_int_equal(dup(0), first + 1); /* no descriptor is left open */
    close(first);
    close(first + 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* The paths of a call, and the address of a socket, at the end of a page that is the last one, and
 * where nothing is. */
static void test_memory_of_the_program(void **state)
{
    char folder[] = "/tmp/extrasafe-XXXXXX", source[64], program[64], command[256];
    int ended = -1;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(source, sizeof source, "%s/edge.c", folder);
    snprintf(program, sizeof program, "%s/edge", folder);
    file = fopen(source, "w");
    assert_non_null(file);
    fputs("#include <fcntl.h>\n#include <string.h>\n#include <sys/mman.h>\n"
          "#include <sys/socket.h>\n#include <unistd.h>\n"
          "int main(void)\n{\n"
          "    char *end = (char *)mmap(0, 8192, 3, 34, -1, 0) + 4096;\n"
          "    mprotect(end, 4096, 0);\n"
          "    memcpy(end - 5, \"/edge\", 5);\n"
          "    open(end - 5, O_RDONLY);\n" /* has no end that could be read */
          "    memcpy(end - 6, \"/edge\", 6);\n"
          "    open(end - 6, O_RDONLY);\n"
          "    open((char *)8, O_RDONLY);\n"
          "    connect(-1, (void *)(end - 1), 16);\n"
          "    return 0;\n}\n",
          file);
    fclose(file);
    snprintf(command, sizeof command, "cc -w -o %s %s", program, source);
    assert_int_equal(system(command), 0);
    assert_int_equal(es_learn_command(program, (char *[]){program, NULL}, &ended, NULL), ES_OK);
    assert_int_equal(ended, 0);
    assert_int_equal(seen("openat", "/edge"), 1);
    assert_int_equal(seen("connect", NULL), 1);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

/* ---- What fails ---- */

static void test_a_program_that_cannot_be_started(void **state)
{
    char *words[] = {(char *)"none", NULL};
    es_error error = ES_ERROR_INIT;
    int ended = -1;

    (void)state;
    assert_int_equal(es_learn_command("/nowhere", words, &ended, &error), ES_ERR_KERNEL);
    assert_string_equal(error.operation, "execve(2)");
    assert_int_equal(error.errnum, ENOENT);
    assert_int_equal(ended, -1);
    assert_int_equal(es_learn_command(NULL, words, &ended, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_learn_command("/bin/true", NULL, &ended, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_learn_command("/bin/true", words, NULL, NULL), ES_ERR_ARGUMENT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_program_and_what_it_starts),
        cmocka_unit_test(test_memory_of_the_program),
        cmocka_unit_test(test_a_program_that_cannot_be_started),
    };
    return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
