/* Filters that know no policy: what the kernel takes for having one at all. */
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core.h"

/* One instruction.  The kernel sees that it allows every call, and does not run it. */
static const program one_return = {
    1,
    {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)},
};

/* The shortest filter that the kernel has to run. */
static const program one_argument = {
    2,
    {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    },
};

static failure describe_return(const policy *given, description **made)
{
    (void)given;
    *made = (description *)&one_return;
    return NULL;
}

static failure describe_argument(const policy *given, description **made)
{
    (void)given;
    *made = (description *)&one_argument;
    return NULL;
}

static failure compile(description *of, program *result)
{
    const program *made = of;

    if (result) {
        result->length = made->length;
        memcpy(result->instructions, made->instructions,
               made->length * sizeof *made->instructions);
    }
    return NULL;
}

static failure load(description *of, bool all_threads)
{
    program *made = of;
    struct sock_fprog given = {(unsigned short)made->length, made->instructions};
    unsigned flags = all_threads ? SECCOMP_FILTER_FLAG_TSYNC : 0;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return "no_new_privs cannot be set";
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &given) != 0)
        return "seccomp(2) failed";
    return NULL;
}

static failure load_nothing(description *of, bool all_threads)
{
    (void)of;
    (void)all_threads;
    return NULL;
}

static void discard(description *of)
{
    (void)of;
}

const way by_one_return = {"one-return", describe_return, compile, load, discard};
const way by_one_argument = {"one-argument", describe_argument, compile, load, discard};
const way by_nobody = {"no-filter", describe_return, compile, load_nothing, discard};
