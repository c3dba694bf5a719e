/*
 * Denials that make no difference.
 *
 * Python asks of each file that it opens whether it is a terminal.  The filter sees a descriptor
 * only; here it is looked up, as far as the filter allows that.
 */
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/kernel_abi.h"
#include "observe/harmless.h"
#include "observe/raw.h"

/* Is it known that a descriptor is no device?  C libraries ask by either call. */
static bool is_no_device(uint64_t descriptor)
{
    struct stat found;
    uint64_t place = (uint64_t)(uintptr_t)&found;

    if (ES_RAW(SYS_fstat, descriptor, place) != 0 &&
        ES_RAW(SYS_newfstatat, descriptor, (uint64_t)(uintptr_t)"", place, ES_AT_EMPTY_PATH) != 0)
        return false;
    return !S_ISCHR(found.st_mode);
}

bool es_is_harmless(const es_call *call)
{
    return call->nr == SYS_ioctl && (uint32_t)call->args[1] == ES_TCGETS &&
           is_no_device(call->args[0]);
}
