/*
 * Calls that will fail: see foretell.h.
 *
 * Four kinds are made all the time by programs that do not need what they ask for: is there a file,
 * is it a terminal, is it a socket, can it seek.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "base/kernel_abi.h"
#include "observe/foretell.h"

enum { ARGUMENTS = 6 };

/* What a path argument is to the call. */
enum { LEADS_TO_A_FILE, IS_A_NAME, IS_A_NEW_NAME };

static int role(const es_call *call, unsigned path)
{
    switch (call->nr) {
#ifdef SYS_mkdir
    case SYS_mkdir:
    case SYS_mknod:
        return IS_A_NEW_NAME;
    case SYS_symlink:
    case SYS_link:
    case SYS_rename:
        return path == 1 ? IS_A_NEW_NAME : IS_A_NAME;
    case SYS_unlink:
    case SYS_rmdir:
        return IS_A_NAME;
#endif
    case SYS_mkdirat:
    case SYS_mknodat:
        return IS_A_NEW_NAME;
    case SYS_symlinkat:
        return path == 2 ? IS_A_NEW_NAME : IS_A_NAME;
    case SYS_linkat:
#ifdef SYS_renameat
    case SYS_renameat:
#endif
    case SYS_renameat2:
        return path == 3 ? IS_A_NEW_NAME : IS_A_NAME;
    case SYS_unlinkat:
        return IS_A_NAME;
    default:
        return LEADS_TO_A_FILE;
    }
}

static bool wants_directory(const es_call *call)
{
#ifdef SYS_open
    if (call->nr == SYS_open)
        return call->args[1] & O_DIRECTORY;
#endif
    return call->nr == SYS_openat && call->args[2] & O_DIRECTORY;
}

/* The errno for what is found where a path leads. */
static int32_t look(const es_call *call, unsigned path)
{
    int its = role(call, path);
    struct stat found;
    int64_t status;

    if (its == IS_A_NEW_NAME)
        return 0;
    status = es_stat_path(call, path, its == IS_A_NAME ? AT_SYMLINK_NOFOLLOW : 0, &found);
    if (status == -ENOENT || status == -ENOTDIR)
        return (int32_t)-status;
    return status == 0 && wants_directory(call) && !S_ISDIR(found.st_mode) ? ENOTDIR : 0;
}

static int32_t look_at_paths(const es_call *call, const es_facts *facts)
{
    int32_t errnum = 0;

    for (unsigned i = 0; !errnum && !facts->created && i < ARGUMENTS; i++)
        if (facts->paths >> i & 1 && call->args[i])
            errnum = look(call, i);
    return errnum;
}

static bool asks_for_a_terminal(const es_call *call)
{
    uint32_t request = (uint32_t)call->args[1];

    return request == ES_TCGETS || request == ES_TCGETS2 || request == ES_TIOCGWINSZ;
}

static bool is_socket(uint32_t kind)
{
    return kind >= ES_IS_TCP && kind <= ES_IS_SOCKET;
}

/* The errno of a question about a descriptor. */
static int32_t look_at_descriptor(const es_call *call)
{
    uint32_t kind = es_descriptor_kind((int32_t)call->args[0]);
    bool is_stream = kind == ES_IS_PIPE || kind == ES_IS_TERMINAL || is_socket(kind);

    if (kind == ES_IS_NOT_KNOWN)
        return 0;
    switch (call->nr) {
    case SYS_ioctl:
        return kind == ES_IS_TERMINAL ? 0 : ENOTTY;
    case SYS_getpeername:
        return is_socket(kind) ? 0 : ENOTSOCK;
    case SYS_lseek:
        return is_stream ? ESPIPE : 0;
    default:
        return is_stream ? EINVAL : 0;
    }
}

int32_t es_foretell(const es_call *call, const es_facts *facts)
{
    int32_t errnum = es_is_never_there(call) ? ENOSYS : look_at_paths(call, facts);
    bool asks = call->nr == SYS_lseek || call->nr == SYS_fsync || call->nr == SYS_getpeername ||
                (call->nr == SYS_ioctl && asks_for_a_terminal(call));

    return errnum || !asks ? errnum : look_at_descriptor(call);
}
