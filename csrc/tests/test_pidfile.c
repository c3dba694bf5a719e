/* Opening and locking a PID file. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory of its own for each test, which everybody may use. */
static char directory[64], path[96], other[96];

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/extrasafe-XXXXXX");
    if (!mkdtemp(directory) || chmod(directory, 0777) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/pid", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    umask(022);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    rmdir(path);
    unlink(other);
    return rmdir(directory);
}

static void write_file(const char *name, const char *contents)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, contents, strlen(contents)), strlen(contents));
    close(fd);
}

static void assert_contents(const char *name, const char *contents)
{
    char text[200] = "";
    int fd = open(name, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, text, sizeof text - 1), strlen(contents));
    assert_string_equal(text, contents);
    close(fd);
}

static int lock(const char *contents, int *fd, es_error *error)
{
    return es_lock_pid_file(path, 1, 0640, contents, strlen(contents), fd, error);
}

/* Could somebody else take the lock? */
static bool is_locked(void)
{
    int fd = open(path, O_RDONLY);
    bool locked;

    assert_true(fd >= 0);
    locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
    close(fd);
    return locked;
}

/* The call fails like this, and leaves its out-parameter alone. */
static void assert_fails(int status, int errnum, const char *operation, const char *why)
{
    es_error error = {.size = sizeof(es_error), .code = -1};
    int fd = -7;

    assert_int_equal(lock("123\n", &fd, &error), status);
    assert_error(&error, status, path);
    assert_error(&error, status, why);
    assert_int_equal(error.errnum, errnum);
    assert_string_equal(error.operation, operation);
    assert_int_equal(fd, -7);
    assert_int_equal(lock("123\n", &fd, NULL), status);
}

/* ---- What works ---- */

static void test_a_new_file(void **state)
{
    struct stat status;
    int fd;

    (void)state;
    umask(027);
    assert_int_equal(es_lock_pid_file(path, 1, 0666, "12\n", 3, &fd, NULL), ES_OK);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0640);
    assert_contents(path, "12\n");
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
    assert_true(is_locked());
    close(fd);
    assert_false(is_locked());
}

static void test_a_stale_file(void **state)
{
    struct stat status;
    int fd;

    (void)state;
    write_file(path, "1234567890\nand more\n");
    assert_int_equal(lock("12\n", &fd, NULL), ES_OK);
    assert_contents(path, "12\n");
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0644); /* mode is for new files only */
    assert_true(is_locked());
    close(fd);
}

static void test_contents_are_bytes(void **state)
{
    static const char contents[] = {'a', 0, 'b'};
    char text[8];
    int fd, reading;

    (void)state;
    assert_int_equal(es_lock_pid_file(path, 1, 0600, contents, sizeof contents, &fd, NULL), ES_OK);
    reading = open(path, O_RDONLY);
    assert_int_equal(read(reading, text, sizeof text), sizeof contents);
    assert_memory_equal(text, contents, sizeof contents);
    close(reading);
    close(fd);
    assert_int_equal(es_lock_pid_file(path, 1, 0600, NULL, 0, &fd, NULL), ES_OK);
    assert_contents(path, "");
    close(fd);
}

static void test_close_on_exec(void **state)
{
    (void)state;
    for (int cloexec = 0; cloexec <= 1; cloexec++) {
        int fd;
        assert_int_equal(es_lock_pid_file(path, cloexec, 0600, "", 0, &fd, NULL), ES_OK);
        assert_int_equal(fcntl(fd, F_GETFD), cloexec ? FD_CLOEXEC : 0);
        close(fd);
    }
}

static void hold_on(void *shared)
{
    volatile int *stop = shared;

    while (!*stop)
        usleep(1000);
}

/* A copy in another process is the same open file description: the lock outlasts the first. */
static void test_the_lock_survives_in_a_child(void **state)
{
    int *stop = shared_memory(sizeof *stop), fd;
    pid_t child;

    (void)state;
    assert_int_equal(lock("12\n", &fd, NULL), ES_OK);
    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        hold_on(stop);
        _exit(0);
    }
    close(fd);
    assert_true(is_locked());
    assert_fails(ES_ERR_LOCKED, EWOULDBLOCK, "flock(2)", "locked");
    *stop = 1;
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(is_locked());
    assert_int_equal(lock("13\n", &fd, NULL), ES_OK);
    close(fd);
}

/* ---- What does not ---- */

static void test_a_second_call(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(lock("99\n", &fd, NULL), ES_OK);
    assert_fails(ES_ERR_LOCKED, EWOULDBLOCK, "flock(2)", "locked");
    assert_contents(path, "99\n");
    assert_true(is_locked());
    close(fd);
}

static void test_links(void **state)
{
    struct stat status;

    (void)state;
    write_file(other, "precious");
    assert_int_equal(symlink(other, path), 0);
    assert_fails(ES_ERR_FILE, ELOOP, "open(2)", "symbolic link");
    assert_contents(other, "precious");
    assert_int_equal(unlink(other), 0);
    assert_fails(ES_ERR_FILE, ELOOP, "open(2)", "symbolic link");
    assert_int_equal(lstat(other, &status), -1); /* nor is it made through the link */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(path, path), 0);
    assert_fails(ES_ERR_FILE, ELOOP, "open(2)", "symbolic link");
}

static void test_a_file_with_another_name(void **state)
{
    int fd;

    (void)state;
    write_file(other, "precious");
    assert_int_equal(link(other, path), 0);
    assert_fails(ES_ERR_FILE, EMLINK, "open(2)", "other name");
    assert_contents(other, "precious");
    assert_false(is_locked());
    assert_int_equal(unlink(other), 0);
    assert_int_equal(lock("12\n", &fd, NULL), ES_OK);
    close(fd);
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    assert_fails(ES_ERR_FILE, EISDIR, "open(2)", "open");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    /* And does not wait for a reader. */
    assert_fails(ES_ERR_FILE, EINVAL, "open(2)", "regular file");
}

static void test_a_directory_that_is_missing(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/missing/pid", directory);
    assert_fails(ES_ERR_FILE, ENOENT, "open(2)", "open");
}

static void lock_without_permission(void *shared)
{
    es_error *error = shared;
    int fd;

    if (geteuid() == 0)
        REQUIRE(setgid(65534) == 0 && setuid(65534) == 0);
    REQUIRE(lock("12\n", &fd, error) == ES_ERR_FILE);
}

static void test_no_permission(void **state)
{
    es_error *error = shared_memory(sizeof *error);

    error->size = sizeof *error;

    (void)state;
    write_file(path, "precious");
    assert_int_equal(chmod(path, 0444), 0);
    in_good_child(lock_without_permission, error);
    assert_error(error, ES_ERR_FILE, path);
    assert_int_equal(error->errnum, EACCES);
    assert_contents(path, "precious");
    assert_false(is_locked());
}

static void lock_without_room(void *shared)
{
    const struct rlimit small = {2, 2};
    es_error *error = shared;
    int fd = -7;

    REQUIRE(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    REQUIRE(lock("1234\n", &fd, error) == ES_ERR_FILE);
    REQUIRE(fd == -7);
    REQUIRE(!is_locked()); /* the descriptor was closed */
}

static void test_no_room_for_the_contents(void **state)
{
    es_error *error = shared_memory(sizeof *error);

    error->size = sizeof *error;

    (void)state;
    in_good_child(lock_without_room, error);
    assert_error(error, ES_ERR_FILE, path);
    assert_int_equal(error->errnum, EFBIG);
}

static void test_no_descriptor_is_left_open(void **state)
{
    int fd, before = open("/", O_RDONLY), after;

    (void)state;
    close(before);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_fails(ES_ERR_FILE, EINVAL, "open(2)", "regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(lock("", &fd, NULL), ES_OK);
    assert_fails(ES_ERR_LOCKED, EWOULDBLOCK, "flock(2)", "locked");
    close(fd);
    after = open("/", O_RDONLY);
    assert_int_equal(after, before);
    close(after);
}

/* ---- What others do in between ---- */

static int interruptions, replacements;
static void (*before_opening)(void);

/* Takes the place of the C library's: somebody else acts, or a signal comes, just before. */
int flock(int fd, int operation)
{
    if (interruptions) {
        interruptions--;
        errno = EINTR;
        return -1;
    }
    if (replacements) {
        replacements--;
        unlink(path);
        close(open(path, O_WRONLY | O_CREAT, 0600));
    }
    return (int)syscall(SYS_flock, fd, operation);
}

/* The same, just after the look at what has the name. */
int lstat(const char *name, struct stat *status)
{
    int result = fstatat(AT_FDCWD, name, status, AT_SYMLINK_NOFOLLOW), errnum = errno;

    if (before_opening)
        before_opening();
    before_opening = NULL;
    errno = errnum;
    return result;
}

static void plant_link(void)
{
    assert_int_equal(symlink(other, path), 0);
}

static void plant_fifo(void)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void test_a_link_that_is_planted(void **state)
{
    struct stat status;
    es_error error = ES_ERROR_INIT;
    int fd = -7;

    (void)state;
    write_file(other, "precious");
    before_opening = plant_link;
    assert_int_equal(lock("12\n", &fd, &error), ES_ERR_FILE);
    assert_int_equal(error.errnum, ELOOP);
    assert_contents(other, "precious");
    assert_int_equal(unlink(other), 0);
    assert_int_equal(unlink(path), 0);
    before_opening = plant_link;
    assert_int_equal(lock("12\n", &fd, &error), ES_ERR_FILE);
    assert_int_equal(stat(other, &status), -1); /* nor is it made through the link */
    assert_int_equal(fd, -7);
}

static void test_a_fifo_that_is_planted(void **state)
{
    es_error error = ES_ERROR_INIT;
    int fd = -7;

    (void)state;
    before_opening = plant_fifo;
    assert_int_equal(lock("12\n", &fd, &error), ES_ERR_FILE);
    assert_error(&error, ES_ERR_FILE, "regular file");
    assert_int_equal(error.errnum, EINVAL);
    assert_int_equal(fd, -7);
}

static void test_a_signal_while_locking(void **state)
{
    int fd;

    (void)state;
    interruptions = 3;
    assert_int_equal(lock("12\n", &fd, NULL), ES_OK);
    assert_int_equal(interruptions, 0);
    assert_true(is_locked());
    close(fd);
}

/* Who held the lock may have removed the file and ended: the lock must be on the file that has
 * the name now. */
static void test_a_file_that_is_replaced(void **state)
{
    struct stat opened, named;
    int fd;

    (void)state;
    replacements = 3;
    assert_int_equal(lock("12\n", &fd, NULL), ES_OK);
    assert_int_equal(replacements, 0);
    assert_int_equal(fstat(fd, &opened), 0);
    assert_int_equal(stat(path, &named), 0);
    assert_int_equal(opened.st_ino, named.st_ino);
    assert_contents(path, "12\n");
    assert_true(is_locked());
    close(fd);
}

static void test_a_file_that_is_replaced_for_ever(void **state)
{
    es_error error = ES_ERROR_INIT;
    int fd = -7;

    (void)state;
    replacements = 1000000;
    assert_int_equal(lock("12\n", &fd, &error), ES_ERR_FILE);
    assert_error(&error, ES_ERR_FILE, path);
    assert_true(replacements > 0);
    assert_int_equal(fd, -7);
    replacements = 0;
}

int main(void)
{
#define PIDFILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
    static const struct CMUnitTest tests[] = {
        PIDFILE_TEST(test_a_new_file),
        PIDFILE_TEST(test_a_stale_file),
        PIDFILE_TEST(test_contents_are_bytes),
        PIDFILE_TEST(test_close_on_exec),
        PIDFILE_TEST(test_the_lock_survives_in_a_child),
        PIDFILE_TEST(test_a_second_call),
        PIDFILE_TEST(test_links),
        PIDFILE_TEST(test_a_file_with_another_name),
        PIDFILE_TEST(test_what_is_no_file),
        PIDFILE_TEST(test_a_directory_that_is_missing),
        PIDFILE_TEST(test_no_permission),
        PIDFILE_TEST(test_no_room_for_the_contents),
        PIDFILE_TEST(test_no_descriptor_is_left_open),
        PIDFILE_TEST(test_a_link_that_is_planted),
        PIDFILE_TEST(test_a_fifo_that_is_planted),
        PIDFILE_TEST(test_a_signal_while_locking),
        PIDFILE_TEST(test_a_file_that_is_replaced),
        PIDFILE_TEST(test_a_file_that_is_replaced_for_ever),
    };
    return cmocka_run_group_tests_name("pidfile", tests, NULL, NULL);
}
