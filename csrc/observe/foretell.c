/*
 * Calls that will fail: see foretell.h.
 *
 * Three kinds are made all the time by programs that do not need what they ask for: is there a
 * file, is it a terminal, can it seek.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "base/kernel_abi.h"
#include "observe/foretell.h"

enum { ARGUMENTS = 6 };

/* Is there nothing yet where this path leads, when the call is in order? */
static bool makes(const es_call *call, unsigned path)
{
    switch (call->nr) {
#ifdef SYS_mkdir
    case SYS_mkdir:
    case SYS_mknod:
        return true;
    case SYS_symlink:
    case SYS_link:
    case SYS_rename:
        return path == 1;
#endif
    case SYS_mkdirat:
    case SYS_mknodat:
        return true;
    case SYS_symlinkat:
        return path == 2;
    case SYS_linkat:
#ifdef SYS_renameat
    case SYS_renameat:
#endif
    case SYS_renameat2:
        return path == 3;
    default:
        return false;
    }
}

static bool is_nowhere(const es_call *call, const es_facts *facts)
{
    for (unsigned i = 0; !facts->created && i < ARGUMENTS; i++)
        if (facts->paths >> i & 1 && call->args[i] && !makes(call, i) && es_is_missing(call, i))
            return true;
    return false;
}

static bool asks_for_a_terminal(const es_call *call)
{
    uint32_t request = (uint32_t)call->args[1];

    return request == ES_TCGETS || request == ES_TCGETS2 || request == ES_TIOCGWINSZ;
}

int32_t es_foretell(const es_call *call, const es_facts *facts)
{
    uint32_t kind;

    if (es_is_never_there(call))
        return ENOSYS;
    if (is_nowhere(call, facts))
        return ENOENT;
    if (call->nr != SYS_lseek && call->nr != SYS_fsync &&
        !(call->nr == SYS_ioctl && asks_for_a_terminal(call)))
        return 0;
    kind = es_descriptor_kind((int32_t)call->args[0]);
    if (call->nr == SYS_ioctl)
        return kind == ES_IS_TERMINAL || kind == ES_IS_NOT_KNOWN ? 0 : ENOTTY;
    if (kind != ES_IS_PIPE && kind != ES_IS_TERMINAL && (kind < ES_IS_TCP || kind > ES_IS_SOCKET))
        return 0;
    return call->nr == SYS_lseek ? ESPIPE : EINVAL;
}
