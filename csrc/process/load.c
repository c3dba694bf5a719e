/*
 * A program becomes a filter of the kernel.
 *
 * Sources: seccomp(2), prctl(2); Documentation/userspace-api/seccomp_filter.rst.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "process/confine.h"
#include "process/landlock.h"
#include "process/park.h"
#include "process/prctl.h"
#include "process/seccomp.h"
#include "process/status.h"
#include "program/program.h"

struct es_filter {
    es_program *program;
    es_kernel_program kernel_program;
    unsigned flags;
    uint64_t digest;
    uint32_t layer;  /* what it is among the filters of this library, once it is to be loaded */
    int ruleset;     /* of landlock(7); -1: none is needed, or it was used */
    bool has_limits; /* of paths or ports: it is loaded once */
    es_crowd *crowd;  /* where threads may be interrupted, else NULL */
    es_crowd *parked; /* where they have to wait meanwhile, else NULL */
};

/* An answer has 12 bits: what layers there are beyond cannot be told, nor does the kernel take so
 * many. */
enum { LAST_LAYER = 0xfff, DIGEST_BITS = 48 };

/* ---- Asking ---- */

/* Would the kernel take a filter with these flags?  0, or the errno that says why not.  The program
 * is looked at last, so EFAULT means that all else is well.  It is at the end of the address space,
 * where nothing can be mapped: at address 0 something can. */
static int ask(unsigned flags)
{
    if (es_seccomp(ES_SECCOMP_SET_MODE_FILTER, flags, (void *)-1) == 0)
        return EINVAL;
    return errno == EFAULT ? 0 : errno;
}

static int fail_ask(es_error *error, int errnum)
{
    switch (errnum) {
    case ENOSYS:
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, errnum, "seccomp(2)",
                             "there is no seccomp(2): the kernel is older than 3.17 or built "
                             "without it, or an outer sandbox hides it");
    case EINVAL:
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, errnum, "seccomp(2)",
                             "this kernel has no seccomp filters: it needs CONFIG_SECCOMP_FILTER, "
                             "and 3.17 or newer to synchronise threads");
    default:
        return es_fail_fixed(error, ES_ERR_REFUSED, errnum, "seccomp(2)",
                             "an outer sandbox refuses seccomp(2): a container or a filter that "
                             "was loaded before has to allow it");
    }
}

uint32_t es_kernel_features(void)
{
    uint32_t kill_process = ES_ACTION_KILL_PROCESS, features = 0;

    if (ask(0) == 0)
        features |= ES_KERNEL_FILTER;
    if (ask(ES_SECCOMP_FILTER_FLAG_TSYNC) == 0)
        features |= ES_KERNEL_ALL_THREADS;
    if (es_seccomp(ES_SECCOMP_GET_ACTION_AVAIL, 0, &kill_process) == 0)
        features |= ES_KERNEL_KILL_PROCESS;
    return features;
}

/* ---- Loading ---- */

int es_prepare(const es_policy *policy, const es_options *options, es_filter **filter,
               es_error *error)
{
    es_filter *fresh = NULL;
    int status, refused;

    if (!filter)
        return es_fail_argument(error, "no place for the filter");
    if (options && (options->size < sizeof *options || options->threads > ES_ALL_THREADS))
        return es_fail_argument(error, "the options have no size, or no such choice of threads");
    if (options && options->digest >> DIGEST_BITS)
        return es_fail_argument(error, "a digest has 48 bits");
    fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return es_fail_memory(error);
    fresh->ruleset = -1;
    if (options && options->gate)
        status = es_compile_gated(policy, options->gate, &fresh->program, error);
    else
        status = es_compile(policy, &fresh->program, error);
    if (status)
        goto done;
    if (fresh->program->arch != es_arch_native()) {
        status = es_fail_fixed(error, ES_ERR_ARCHITECTURE, 0, NULL,
                               "a filter for another architecture cannot be loaded here");
        goto done;
    }
    if (options && options->threads == ES_ALL_THREADS)
        fresh->flags = ES_SECCOMP_FILTER_FLAG_TSYNC;
    fresh->digest = options ? options->digest : 0;
    refused = ask(fresh->flags);
    if (refused) {
        status = fail_ask(error, refused);
        goto done;
    }
    status = es_landlock_make(policy, &fresh->ruleset, error);
    if (status)
        goto done;
    fresh->has_limits = fresh->ruleset >= 0;
    if (fresh->has_limits && options && options->threads == ES_ALL_THREADS && options->interrupt) {
        fresh->crowd = es_crowd_new();
        if (!fresh->crowd) {
            status = es_fail_memory(error);
            goto done;
        }
    }
    if (options && options->gate && options->threads == ES_ALL_THREADS) {
        fresh->parked = es_crowd_new();
        if (!fresh->parked) {
            status = es_fail_memory(error);
            goto done;
        }
    }
    fresh->kernel_program.length = (unsigned short)fresh->program->length;
    fresh->kernel_program.instructions = fresh->program->instructions;
    *filter = fresh;
    fresh = NULL;
done:
    es_filter_free(fresh);
    return status;
}

/* The number as text, at the end of the buffer: snprintf(3) is not for signal handlers. */
static const char *decimal(int32_t number, char buffer[12])
{
    char *at = buffer + 11;

    *at = 0;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    return at;
}

static int fail_thread(es_error *error, int32_t tid)
{
    char sentence[256] = "thread ", buffer[12];

    strcat(sentence, decimal(tid, buffer));
    strcat(sentence, " cannot take the filter over, because it has a filter of its own or is in "
                     "strict mode: apply to all threads before any thread applies alone");
    /* The kernel returns the id in place of an error; with TSYNC_ESRCH it would say ESRCH. */
    es_fail_fixed(error, ES_ERR_THREAD, ESRCH, "seccomp(2)", sentence);
    if (error && error->code == ES_ERR_THREAD)
        error->tid = tid;
    return ES_ERR_THREAD;
}

static int fail_load(es_error *error, int errnum)
{
    if (errnum == ENOMEM)
        return es_fail_fixed(error, ES_ERR_TOO_MANY, errnum, "seccomp(2)",
                             "too many filters: the kernel takes 32,768 instructions in all "
                             "filters of a thread together; apply one context instead of several");
    return es_fail_fixed(error, ES_ERR_KERNEL, errnum, "seccomp(2)",
                         "the kernel refused the filter after it had said that it would accept it");
}

static int fail_silent(es_error *error)
{
    return es_fail_fixed(error, ES_ERR_NOT_ENFORCED, 0, "seccomp(2)",
                         "the filter was loaded, but does not answer: an outer sandbox only "
                         "pretends to load filters, or answers in its place; it is not known what "
                         "is in force: end the program");
}

/* What the program does not know before: the layer, and the own process id where it asks for it. */
static int fill_in(es_filter *filter, es_error *error)
{
    long own_pid = syscall(SYS_getpid);
    uint32_t layer = es_layer();

    if (es_has_role(filter->program, ES_COMPARES_OWN_PID) && own_pid < 1)
        return es_fail_fixed(error, ES_ERR_PID, 0, "getpid(2)",
                             "the process does not know its own id, so signals cannot be limited "
                             "to itself: an outer sandbox refuses getpid(2)");
    filter->layer = layer < LAST_LAYER ? layer + 1 : LAST_LAYER;
    es_program_fill(filter->program, (uint32_t)own_pid, filter->layer, filter->digest);
    return ES_OK;
}

static int load_now(es_filter *filter, es_error *error)
{
    long result;

    if (es_prctl(ES_PR_SET_NO_NEW_PRIVS, 1) != 0)
        return es_fail_fixed(error, ES_ERR_REFUSED, errno, "prctl(2)",
                             "no_new_privs cannot be set: an outer sandbox refuses prctl(2)");
    result = es_seccomp(ES_SECCOMP_SET_MODE_FILTER, filter->flags, &filter->kernel_program);
    if (result > 0)
        return fail_thread(error, (int32_t)result);
    if (result != 0)
        return fail_load(error, errno);
    /* More than one may have been loaded since, by another thread. */
    return es_layer() >= filter->layer ? ES_OK : fail_silent(error);
}

/* Where calls trap, no thread may block SIGSYS meanwhile. */
static int load(es_filter *filter, es_error *error)
{
    int status = filter->parked ? es_park_threads(filter->parked, error) : ES_OK;

    if (status) {
        filter->parked = NULL;
        return status;
    }
    status = load_now(filter, error);
    if (filter->parked)
        es_unpark_threads(filter->parked, status == ES_OK);
    return status;
}

/* What is limited is so for good: an error of the filter leaves half of it. */
static int fail_filter(es_error *error)
{
    char sentence[sizeof error->message + 96] = "paths and ports are limited, but the filter could "
                                                "not be loaded, so end the program: ";
    int32_t tid;

    if (!error || error->size < sizeof *error)
        return ES_ERR_HALF;
    tid = error->tid;
    strcat(sentence, error->message);
    es_fail_fixed(error, ES_ERR_HALF, error->errnum, error->operation, sentence);
    error->tid = tid;
    return ES_ERR_HALF;
}

/* Landlock first: a filter that is there already can refuse it, and a program that went on after
 * such an error would have paths without a limit. */
static int limit_and_load(es_filter *filter, es_error *error)
{
    int status;

    if (filter->ruleset < 0)
        return es_fail_argument(error, "a filter with paths or ports is loaded once");
    if (filter->flags)
        status = es_confine_all_threads(filter->ruleset, filter->crowd, error);
    else
        status = es_confine_thread(filter->ruleset, error);
    if (status == ES_ERR_HALF) {
        /* A thread that answers late finds what it needs: it is lost to all others. */
        filter->crowd = NULL;
        filter->ruleset = -1;
        load(filter, NULL);
        return status;
    }
    if (status)
        return status;
    syscall(SYS_close, filter->ruleset);
    filter->ruleset = -1;
    status = load(filter, error);
    return status == ES_OK || status == ES_ERR_NOT_ENFORCED ? status : fail_filter(error);
}

int es_commit(es_filter *filter, es_error *error)
{
    int interrupted = errno, status; /* of what a signal handler came in between */

    if (!filter)
        return es_fail_argument(error, "no filter");
    status = fill_in(filter, error);
    if (!status)
        status = filter->has_limits ? limit_and_load(filter, error) : load(filter, error);
    errno = interrupted;
    return status;
}

void es_filter_free(es_filter *filter)
{
    if (!filter)
        return;
    if (filter->ruleset >= 0)
        close(filter->ruleset);
    es_crowd_free(filter->crowd);
    es_crowd_free(filter->parked);
    es_program_free(filter->program);
    free(filter);
}
