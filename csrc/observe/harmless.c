/*
 * Denials that make no difference.
 *
 * Python asks of each file that it opens whether it is a terminal, from glibc 2.42 on by TCGETS2.
 * The filter sees a descriptor only; here it is looked up, as far as the filter allows that.
 *
 * A new thread gets a name, and a guard behind its stack.  Without the one nothing is lost; the
 * other glibc then makes by mprotect(2), as before its version 2.42.
 *
 * Free-threaded CPython asks how much memory it uses before it collects garbage, from 3.14 on, and
 * collects where it gets no answer.  That is by fopen(3); Python code opens with O_CLOEXEC.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/kernel_abi.h"
#include "include/extrasafe.h"
#include "observe/harmless.h"
#include "observe/memory.h"
#include "observe/told.h"

/* Is it known that a descriptor is no device? */
static bool is_no_device(uint64_t descriptor)
{
    struct stat found;

    return es_stat_descriptor(descriptor, &found) && !S_ISCHR(found.st_mode);
}

static _Atomic bool is_free_threaded;

void es_tell_free_threaded(void)
{
    atomic_store(&is_free_threaded, true);
}

bool es_is_of_collector(const es_call *call)
{
    static const char status[] = "/proc/self/status";
    char path[sizeof status + 1] = "";

    return atomic_load(&is_free_threaded) && call->nr == SYS_openat &&
           (int32_t)call->args[2] == O_RDONLY &&
           es_memory_string(call->args[1], path, sizeof path) && strcmp(path, status) == 0;
}

int es_is_done_without(const es_call *call)
{
    return call && ((call->nr == SYS_prctl && (uint32_t)call->args[0] == ES_PR_SET_NAME) ||
                    (call->nr == SYS_madvise && (uint32_t)call->args[2] == ES_MADV_GUARD_INSTALL));
}

bool es_is_harmless(const es_call *call)
{
    if (es_is_done_without(call) || es_is_of_collector(call))
        return true;
    return call->nr == SYS_ioctl &&
           ((uint32_t)call->args[1] == ES_TCGETS || (uint32_t)call->args[1] == ES_TCGETS2) &&
           is_no_device(call->args[0]);
}
