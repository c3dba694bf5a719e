/*
 * One half of a policy alone: its filter, or its Landlock ruleset.  A program cannot ask the library
 * for this, so the sources are compiled in.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "base/kernel_abi.h"
#include "include/extrasafe.h"
#include "process/confine.h"
#include "process/landlock.h"
#include "process/prctl.h"
#include "program/program.h"

enum { FILTER = 1, LANDLOCK = 2 };

es_policy *half_new(uint32_t abi)
{
    es_policy *policy = NULL;

    if (es_policy_new(0, &policy, NULL) || es_policy_set_landlock_abi(policy, abi, NULL))
        return NULL;
    return policy;
}

/* port -1: none; path NULL: none. */
int half_permit(es_policy *policy, const char *ruleset, const char *name, const char *path,
                int port)
{
    es_argument argument = {.size = sizeof argument};
    int32_t permission = es_permission_find(ruleset, name);

    if (permission < 0)
        return ES_ERR_UNKNOWN;
    if (path) {
        argument.kind = ES_TAKES_PATH;
        argument.path = path;
    } else if (port >= 0) {
        argument.kind = ES_TAKES_PORT;
        argument.port = port;
    }
    return es_policy_permit(policy, (uint32_t)permission, &argument, NULL);
}

static int load_filter(const es_policy *policy)
{
    struct {
        unsigned short length;
        es_instruction *instructions;
    } kernel_program;
    es_program *program = NULL;
    int status = es_compile(policy, &program, NULL);

    if (status)
        return status;
    es_program_fill(program, (uint32_t)getpid(), 1, 0);
    kernel_program.length = (unsigned short)program->length;
    kernel_program.instructions = program->instructions;
    if (es_prctl(ES_PR_SET_NO_NEW_PRIVS, 1) ||
        syscall(SYS_seccomp, ES_SECCOMP_SET_MODE_FILTER, 0, &kernel_program))
        return ES_ERR_KERNEL;
    return ES_OK;
}

int half_apply(const es_policy *policy, int halves)
{
    int ruleset = -1, status = es_policy_check(policy, NULL);

    if (!status && (halves & LANDLOCK))
        status = es_landlock_make(policy, &ruleset, NULL);
    if (!status && (halves & LANDLOCK))
        status = es_confine_thread(ruleset, NULL);
    if (!status && (halves & FILTER))
        status = load_filter(policy);
    return status;
}
