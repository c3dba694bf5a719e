/*
 * Learning from a program that is started: a supervisor is asked before each of its calls.
 *
 * The calls of programs that are started by execve(2) cannot be dispatched to a handler in them, so
 * they are made by a child whose filter asks this process, which notes them and lets them go on.
 * It never sees what they return.
 *
 * The child cannot send the descriptor by which it asks, for that is a call.  So both have the same
 * descriptors until it is there.
 *
 * Sources: seccomp_unotify(2), clone(2), process_vm_readv(2).
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "observe/facts.h"
#include "observe/foretell.h"
#include "observe/memory.h"
#include "observe/seen.h"
#include "observe/watched.h"
#include "process/listener.h"
#include "process/prctl.h"

enum { NOT_STARTED = 127 };

/* What both write to. */
typedef struct {
    _Atomic int listener; /* one more than it, or a negative errno */
    _Atomic int errnum;   /* why the program was not started */
} shared;

typedef struct {
    const char *path;
    char *const *words;
    es_instruction program[ES_LISTENER_INSTRUCTIONS];
    uint16_t length;
    shared *shared;
    es_seen_log *log;
    int32_t child;
    int listener;
    bool has_begun; /* the program was started */
    int status;
} supervision;

/* ---- The child ------------------------------------------------------------------------------ */

static _Noreturn void become(supervision *it)
{
    int listener = -EINVAL;

    if (es_prctl(ES_PR_SET_PDEATHSIG, SIGKILL) != 0 || es_prctl(ES_PR_SET_NO_NEW_PRIVS, 1) != 0)
        listener = -errno;
    else
        listener = es_listener_load(it->program, it->length);
    atomic_store(&it->shared->listener, listener < 0 ? listener : listener + 1);
    if (listener >= 0) {
        /* From here on it asks. */
        unshare(CLONE_FILES);
        close(listener);
        /* Which Python ignores, and so would the program. */
        signal(SIGPIPE, SIG_DFL);
        signal(SIGXFSZ, SIG_DFL);
        execv(it->path, it->words);
        atomic_store(&it->shared->errnum, errno);
    }
    _exit(NOT_STARTED);
}

/* ---- Notes ---------------------------------------------------------------------------------- */

static void note(supervision *it, const es_question *question)
{
    es_facts facts = es_facts_of(&question->call);
    bool is_new;
    es_seen *record = es_seen_find(it->log, facts.key, &is_new);
    int32_t errnum;

    if (!record) {
        atomic_fetch_add(&it->log->missed, 1);
        return;
    }
    atomic_fetch_add(&record->count, 1);
    errnum = es_foretell(&question->call, &facts);
    if (errnum)
        es_seen_fail(record, errnum);
    if (!is_new)
        return;
    es_facts_fill(&question->call, &facts, &record->it);
    /* Otherwise all this may be about another process with its number. */
    if (es_listener_is_waiting(it->listener, question))
        es_seen_complete(it->log, record);
}

/* The first call of interest; false where the memory of the child cannot be read. */
static bool begins(supervision *it, const es_question *question)
{
    char first;

    if (it->has_begun || question->call.nr != SYS_execve)
        return true;
    it->has_begun = true;
    return es_memory_copy(question->call.args[0], &first, 1);
}

static int answer_one(supervision *it, es_error *error)
{
    es_question question;
    bool is_readable;

    if (es_listener_receive(it->listener, &question) != 0)
        return ES_OK;
    es_watch((int32_t)question.thread);
    is_readable = begins(it, &question);
    if (it->has_begun && is_readable) {
        if (question.call.arch == es_arch_native())
            note(it, &question);
        else
            atomic_fetch_add(&it->log->missed, 1);
    }
    if (!is_readable)
        return es_fail_fixed(error, ES_ERR_REFUSED, EPERM, "process_vm_readv(2)",
                             "the memory of the program cannot be read, which learning from it "
                             "needs: a sandbox, or kernel.yama.ptrace_scope, refuses it");
    es_listener_answer(it->listener, &question,
                       es_is_never_there(&question.call) ? ENOSYS : 0);
    return ES_OK;
}

/* ---- The supervisor ------------------------------------------------------------------------- */

static int fail_listener(int errnum, es_error *error)
{
    if (errnum == EINVAL || errnum == ENOSYS)
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, errnum, "seccomp(2)",
                             "the kernel cannot ask a supervisor about system calls, as Linux 5.9 "
                             "and later do");
    if (errnum == EBUSY)
        return es_fail_fixed(error, ES_ERR_REFUSED, errnum, "seccomp(2)",
                             "an outer sandbox supervises this process already, and the kernel "
                             "allows one supervisor only");
    return es_fail_fixed(error, ES_ERR_REFUSED, errnum, "seccomp(2)",
                         "an outer sandbox refuses the filter that learning from a program needs");
}

static void reap(supervision *it)
{
    int status;

    if (it->child && waitpid(it->child, &status, 0) == it->child)
        it->status = status;
    it->child = 0;
}

/* Wait until the child asks, or has ended. */
static int find_listener(supervision *it, es_error *error)
{
    int found;

    while (!(found = atomic_load(&it->shared->listener))) {
        if (waitpid(it->child, &it->status, WNOHANG) == it->child) {
            it->child = 0;
            return fail_listener(ECHILD, error);
        }
        sched_yield();
    }
    if (found < 0)
        return fail_listener(-found, error);
    it->listener = found - 1;
    return es_listener_is_able(it->listener) ? ES_OK : fail_listener(ENOSYS, error);
}

/* Until nobody is left who could ask. */
static int answer_all(supervision *it, es_error *error)
{
    int child = (int)syscall(ES_NR_PIDFD_OPEN, it->child, 0);
    struct pollfd places[2] = {{.fd = it->listener, .events = POLLIN},
                               {.fd = child, .events = POLLIN}};
    int status = ES_OK;

    while (status == ES_OK) {
        if (poll(places, 2, -1) < 0)
            continue;
        if (places[1].revents) {
            reap(it);
            places[1].fd = -1;
        }
        if (places[0].revents & POLLIN)
            status = answer_one(it, error);
        else if (places[0].revents)
            break;
    }
    es_watch(0);
    if (child >= 0)
        close(child);
    return status;
}

static int supervise(supervision *it, es_error *error)
{
    int status = find_listener(it, error);

    if (status == ES_OK)
        status = answer_all(it, error);
    if (status != ES_OK && it->child)
        kill(it->child, SIGKILL);
    if (it->listener >= 0)
        close(it->listener); /* whoever asks now gets ENOSYS */
    reap(it);
    if (status == ES_OK && atomic_load(&it->shared->errnum))
        status = es_fail_fixed(error, ES_ERR_KERNEL, atomic_load(&it->shared->errnum), "execve(2)",
                               "the program cannot be started");
    return status;
}

/* Signals of the terminal are for the program, as with system(3). */
static void ignore(int number, struct sigaction *before)
{
    struct sigaction ignored = {.sa_handler = SIG_IGN};

    sigemptyset(&ignored.sa_mask);
    sigaction(number, &ignored, before);
}

static int start(supervision *it, es_error *error)
{
    struct sigaction interrupt, quit;
    int status;

    it->child = (int32_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (it->child == 0)
        become(it);
    if (it->child < 0)
        return es_fail_fixed(error, ES_ERR_KERNEL, errno, "clone(2)", "no process can be made");
    ignore(SIGINT, &interrupt);
    ignore(SIGQUIT, &quit);
    status = supervise(it, error);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    return status;
}

int es_learn_command(const char *path, char *const words[], int *ended, es_error *error)
{
    supervision it = {.path = path, .words = words, .listener = -1};
    int status;

    if (!path || !words || !ended)
        return es_fail_argument(error, "no program, or no place for its status");
    it.log = es_seen_get();
    if (!it.log)
        return es_fail_memory(error);
    it.shared = mmap(NULL, sizeof *it.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0);
    if (it.shared == MAP_FAILED)
        return es_fail_memory(error);
    it.length = es_listener_program(it.program);
    es_facts_start();
    es_seen_clear(it.log);
    status = start(&it, error);
    if (status == ES_OK)
        *ended = it.status;
    munmap(it.shared, sizeof *it.shared);
    return status;
}
