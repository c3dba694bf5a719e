/* Open and lock a PID file.  Sources: open(2), flock(2). */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* A process that holds the lock may remove the file and end, again and again; but not for ever. */
enum { MAX_REPLACED = 100 };

static int fail(es_error *error, int errnum, const char *operation, const char *what,
                const char *path)
{
    return es_fail(error, ES_ERR_FILE, errnum, operation, "%s: %s", what, path);
}

static int open_file(const char *path, int cloexec, uint32_t mode, int *fd, es_error *error)
{
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | (cloexec ? O_CLOEXEC : 0);
    struct stat named;

    /* Even to open a FIFO or a device can have an effect; lock_file() looks again. */
    if (lstat(path, &named) == 0) {
        if (S_ISLNK(named.st_mode))
            return fail(error, ELOOP, "open(2)", "a PID file must not be a symbolic link", path);
        if (S_ISFIFO(named.st_mode) || S_ISCHR(named.st_mode) || S_ISBLK(named.st_mode))
            return fail(error, EINVAL, "open(2)", "a PID file must be a regular file", path);
    }
    do
        *fd = open(path, flags, (mode_t)mode);
    while (*fd < 0 && errno == EINTR);
    if (*fd >= 0)
        return ES_OK;
    return fail(error, errno, "open(2)", "cannot open the PID file", path);
}

static int lock_file(int fd, const char *path, es_error *error)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return fail(error, errno, "fstat(2)", "cannot look at the PID file", path);
    if (!S_ISREG(status.st_mode))
        return fail(error, EINVAL, "open(2)", "a PID file must be a regular file", path);
    /* To empty it would empty what somebody knows by another name. */
    if (status.st_nlink > 1)
        return fail(error, EMLINK, "open(2)", "a PID file must have no other name", path);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno == EWOULDBLOCK)
            return es_fail(error, ES_ERR_LOCKED, errno, "flock(2)",
                           "the PID file is locked, so the program is already running: %s", path);
        return fail(error, errno, "flock(2)", "cannot lock the PID file", path);
    }
    return ES_OK;
}

/* Is it still this file that has the name?  Who held the lock before may have removed it. */
static bool is_current(int fd, const char *path)
{
    struct stat opened, named;

    return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

static int replace_contents(int fd, const char *path, const char *contents, size_t length,
                            es_error *error)
{
    if (ftruncate(fd, 0) != 0)
        return fail(error, errno, "ftruncate(2)", "cannot empty the PID file", path);
    while (length) {
        ssize_t written = write(fd, contents, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail(error, written ? errno : EIO, "write(2)", "cannot write the PID file",
                        path);
        contents += written;
        length -= (size_t)written;
    }
    return ES_OK;
}

int es_lock_pid_file(const char *path, int cloexec, uint32_t mode, const char *contents,
                     size_t length, int *descriptor, es_error *error)
{
    int fd = -1, status;

    if (!path || (length && !contents) || !descriptor)
        return es_fail_argument(error, "no path, no contents, or no place for the descriptor");
    for (unsigned tries = 0;; tries++) {
        status = open_file(path, cloexec, mode, &fd, error);
        if (!status)
            status = lock_file(fd, path, error);
        if (status || is_current(fd, path))
            break;
        if (tries == MAX_REPLACED) {
            status = fail(error, EAGAIN, "open(2)", "the PID file keeps being replaced", path);
            break;
        }
        close(fd);
    }
    if (!status)
        status = replace_contents(fd, path, contents, length, error);
    if (!status)
        *descriptor = fd;
    else if (fd >= 0)
        close(fd);
    return status;
}
