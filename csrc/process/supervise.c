/*
 * Learning from a program that is started: a supervisor is asked before each of its calls.
 *
 * The calls of programs that are started by execve(2) cannot be dispatched to a handler in them, so
 * they are made by a child whose filter asks this process, which notes them and lets them go on.
 * It never sees what they return.
 *
 * The child cannot send the descriptor by which it asks, for that is a call.  So both have the same
 * descriptors until execve(2).
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

enum { NOT_STARTED = 127, NO_STATUS = 0x7f /* as of a program that is stopped */ };

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
    int32_t parent, child;
    int listener;
    bool has_begun; /* the program was started */
    bool is_lost;   /* somebody else has waited for it */
    int status;
} supervision;

/* ---- The child ------------------------------------------------------------------------------ */

static _Noreturn void become(supervision *it)
{
    int listener = -EINVAL;

    if (es_prctl(ES_PR_SET_PDEATHSIG, SIGKILL) != 0 || es_prctl(ES_PR_SET_NO_NEW_PRIVS, 1) != 0)
        listener = -errno;
    else if (getppid() != it->parent)
        _exit(NOT_STARTED); /* it has ended before: nobody would answer */
    else
        listener = es_listener_load(it->program, it->length);
    atomic_store(&it->shared->listener, listener < 0 ? listener : listener + 1);
    if (listener >= 0) {
        /* From here on it asks.  What Python ignores the program would ignore, too. */
        signal(SIGPIPE, SIG_DFL);
        signal(SIGXFSZ, SIG_DFL);
        /* It gives the program descriptors of its own, without the listener. */
        execv(it->path, it->words);
        atomic_store(&it->shared->errnum, errno);
    }
    _exit(NOT_STARTED);
}

/* ---- Notes ---------------------------------------------------------------------------------- */

/* Can all be known of a call that a policy may have to know? */
static bool is_readable(const es_call *call, const es_facts *facts)
{
    char first;

    for (unsigned i = 0; i < sizeof call->args / sizeof *call->args; i++)
        if (facts->paths >> i & 1 && call->args[i] && !es_memory_copy(call->args[i], &first, 1))
            return false;
    return call->arch == es_arch_native() && call->nr >= 0 && call->nr <= ES_MAX_NR;
}

static void note(supervision *it, const es_question *question)
{
    es_facts facts = es_facts_of(&question->call);
    bool is_new;
    es_seen *record = is_readable(&question->call, &facts)
                          ? es_seen_find(it->log, facts.key, &is_new)
                          : NULL;
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

static int fail_to_go_on(int errnum, es_error *error)
{
    return es_fail_fixed(error, ES_ERR_REFUSED, errnum, "seccomp_unotify(2)",
                         "a sandbox refuses what learning from a program needs, which was killed: "
                         "apply no context meanwhile");
}

static int answer_one(supervision *it, es_error *error)
{
    es_question question;
    int errnum = es_listener_receive(it->listener, &question);

    if (errnum == EINTR || errnum == ENOENT) /* it was ended, or interrupted, meanwhile */
        return ES_OK;
    if (errnum || !question.thread)
        return fail_to_go_on(errnum, error);
    es_watch((int32_t)question.thread);
    if (!begins(it, &question))
        return es_fail_fixed(error, ES_ERR_REFUSED, EPERM, "process_vm_readv(2)",
                             "the memory of the program cannot be read, which learning from it "
                             "needs: a sandbox, or kernel.yama.ptrace_scope, refuses it");
    if (it->has_begun)
        note(it, &question);
    errnum = es_listener_answer(it->listener, &question,
                                es_is_never_there(&question.call) ? ENOSYS : 0);
    return errnum && errnum != ENOENT ? fail_to_go_on(errnum, error) : ES_OK;
}

/* ---- The supervisor ------------------------------------------------------------------------- */

static int fail_listener(int errnum, es_error *error)
{
    if (errnum == EINVAL || errnum == ENOSYS)
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, errnum, "seccomp(2)",
                             "the kernel cannot ask a supervisor about system calls, as Linux 5.9 "
                             "and later do");
    if (errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM || errnum == ECHILD)
        return es_fail_fixed(error, ES_ERR_KERNEL, errnum, "seccomp(2)",
                             "the program cannot be supervised");
    if (errnum == EBUSY)
        return es_fail_fixed(error, ES_ERR_REFUSED, errnum, "seccomp(2)",
                             "an outer sandbox supervises this process already, and the kernel "
                             "allows one supervisor only");
    return es_fail_fixed(error, ES_ERR_REFUSED, errnum, "seccomp(2)",
                         "an outer sandbox refuses the filter that learning from a program needs");
}

static void reap(supervision *it)
{
    while (it->child && waitpid(it->child, &it->status, 0) < 0 && errno == EINTR)
        ;
    it->is_lost = it->is_lost || (it->child && !WIFEXITED(it->status) && !WIFSIGNALED(it->status));
    it->child = 0;
}

/* Wait until the child asks, or has ended. */
static int find_listener(supervision *it, es_error *error)
{
    int found;

    while (!(found = atomic_load(&it->shared->listener))) {
        if (waitpid(it->child, &it->status, WNOHANG) != 0) { /* it has ended */
            it->child = 0;
            found = atomic_load(&it->shared->listener);
            return fail_listener(found < 0 ? -found : ECHILD, error);
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
        if (poll(places, 2, -1) < 0) {
            status = errno == EINTR ? ES_OK : fail_to_go_on(errno, error);
            continue;
        }
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
    if (status == ES_OK && it->is_lost)
        status = es_fail_fixed(error, ES_ERR_KERNEL, ECHILD, "wait4(2)",
                               "another thread has waited for the program");
    return status;
}

/* A handler can know only by a static variable whom it is about. */
static _Atomic int32_t to_be_ended;

static void pass_on(int number)
{
    int32_t child = atomic_load(&to_be_ended);

    if (child > 0)
        kill(child, number);
}

static void set_action(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* Signals of the terminal are for the program, as with system(3), and what would end its supervisor
 * ends it. */
static int supervise_undisturbed(supervision *it, es_error *error)
{
    static const int numbers[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    enum { COUNT = sizeof numbers / sizeof *numbers, OF_TERMINAL = 2 };
    struct sigaction before[COUNT];
    int status;

    atomic_store(&to_be_ended, it->child);
    for (int i = 0; i < COUNT; i++) {
        sigaction(numbers[i], NULL, &before[i]);
        if (i < OF_TERMINAL || before[i].sa_handler == SIG_DFL)
            set_action(numbers[i], i < OF_TERMINAL ? SIG_IGN : pass_on);
    }
    status = supervise(it, error);
    for (int i = 0; i < COUNT; i++)
        sigaction(numbers[i], &before[i], NULL);
    atomic_store(&to_be_ended, 0);
    return status;
}

/* If the end of children were ignored, nobody could tell how the program ended. */
static int start(supervision *it, es_error *error)
{
    struct sigaction end;
    bool is_ignored;
    int status;

    sigaction(SIGCHLD, NULL, &end);
    is_ignored = end.sa_handler == SIG_IGN || end.sa_flags & SA_NOCLDWAIT;
    if (is_ignored)
        set_action(SIGCHLD, SIG_DFL);
    it->parent = (int32_t)getpid();
    it->child = (int32_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (it->child == 0)
        become(it);
    if (it->child > 0)
        status = supervise_undisturbed(it, error);
    else
        status = es_fail_fixed(error, ES_ERR_KERNEL, errno, "clone(2)", "no process can be made");
    if (is_ignored)
        sigaction(SIGCHLD, &end, NULL);
    return status;
}

int es_learn_command(const char *path, char *const words[], int *ended, es_error *error)
{
    supervision it = {.path = path, .words = words, .listener = -1, .status = NO_STATUS};
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
