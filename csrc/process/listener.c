/* A filter that asks another process: see listener.h. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/kernel_abi.h"
#include "process/listener.h"
#include "process/seccomp.h"

#if __has_include(<linux/seccomp.h>)
#include <linux/seccomp.h>
#endif

enum { ASK = 0x7fc00000, CONTINUE = 1, WAKE_UP = 1 };

typedef struct {
    uint64_t id;
    int64_t value;
    int32_t error;
    uint32_t flags;
} answer;

typedef struct {
    uint64_t id;
    uint32_t flags, source, target, target_flags;
} descriptor_for;

#define RECEIVE _IOWR('!', 0, es_question)
#define SEND _IOWR('!', 1, answer)
#define IS_VALID _IOW('!', 2, uint64_t)
#define ADD_DESCRIPTOR _IOW('!', 3, descriptor_for)
#define SET_FLAGS _IOW('!', 4, uint64_t)

#ifdef SECCOMP_IOCTL_NOTIF_ADDFD
_Static_assert(ASK == SECCOMP_RET_USER_NOTIF, "SECCOMP_RET_USER_NOTIF");
_Static_assert(CONTINUE == SECCOMP_USER_NOTIF_FLAG_CONTINUE, "SECCOMP_USER_NOTIF_FLAG_CONTINUE");
_Static_assert(RECEIVE == SECCOMP_IOCTL_NOTIF_RECV, "SECCOMP_IOCTL_NOTIF_RECV");
_Static_assert(SEND == SECCOMP_IOCTL_NOTIF_SEND, "SECCOMP_IOCTL_NOTIF_SEND");
_Static_assert(ADD_DESCRIPTOR == SECCOMP_IOCTL_NOTIF_ADDFD, "SECCOMP_IOCTL_NOTIF_ADDFD");
#endif

/* ---- The filter ----------------------------------------------------------------------------- */

static void add(es_instruction *program, uint16_t *length, uint16_t code, uint8_t otherwise,
                uint32_t value)
{
    if (*length < ES_LISTENER_INSTRUCTIONS)
        program[(*length)++] = (es_instruction){.code = code, .jf = otherwise, .k = value};
}

static bool is_always_allowed(const es_row_info *row, int basic)
{
    return row->kind == ES_ROW_RULE && (int)row->permission == basic && !row->comparison_count &&
           row->when == ES_WHEN_ALWAYS;
}

uint16_t es_listener_program(es_instruction program[ES_LISTENER_INSTRUCTIONS])
{
    int basic = es_permission_find("BasicCapabilities", "");
    uint16_t length = 0;
    es_row_info row;

    add(program, &length, ES_BPF_LD_W_ABS, 0, offsetof(es_call, arch));
    add(program, &length, ES_BPF_JEQ_K, 1, es_arch_native());
    add(program, &length, ES_BPF_JA, 0, 1);
    add(program, &length, ES_BPF_RET_K, 0, ASK);
    add(program, &length, ES_BPF_LD_W_ABS, 0, offsetof(es_call, nr));
    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++) {
        int32_t number = es_syscall_number(0, row.syscall);
        if (number < 0 || !is_always_allowed(&row, basic))
            continue;
        add(program, &length, ES_BPF_JEQ_K, 1, (uint32_t)number);
        add(program, &length, ES_BPF_RET_K, 0, ES_ACTION_ALLOW);
    }
    if (length == ES_LISTENER_INSTRUCTIONS)
        length--;
    add(program, &length, ES_BPF_RET_K, 0, ASK);
    return length;
}

int es_listener_load(es_instruction *program, uint16_t length)
{
    es_kernel_program whole = {length, program};
    unsigned flags = ES_SECCOMP_FILTER_FLAG_NEW_LISTENER;
    /* From Linux 5.19 on signals wait while a question is being answered. */
    long listener = es_seccomp(ES_SECCOMP_SET_MODE_FILTER,
                               flags | ES_SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &whole);

    if (listener < 0 && errno == EINVAL)
        listener = es_seccomp(ES_SECCOMP_SET_MODE_FILTER, flags, &whole);
    return listener < 0 ? -errno : (int)listener;
}

/* ---- Questions and answers ------------------------------------------------------------------ */

bool es_listener_is_able(int listener)
{
    descriptor_for nobody = {.id = UINT64_MAX, .source = (uint32_t)listener};
    uint64_t flags = WAKE_UP;

    /* From Linux 6.6 on the two take turns on one processor, which is faster. */
    (void)ioctl(listener, SET_FLAGS, flags);
    return ioctl(listener, ADD_DESCRIPTOR, &nobody) != 0 && errno == ENOENT;
}

int es_listener_receive(int listener, es_question *question)
{
    memset(question, 0, sizeof *question);
    return ioctl(listener, RECEIVE, question) == 0 ? 0 : errno;
}

bool es_listener_is_waiting(int listener, const es_question *question)
{
    uint64_t id = question->id;

    return ioctl(listener, IS_VALID, &id) == 0;
}

int es_listener_answer(int listener, const es_question *question, int32_t errnum)
{
    answer it = {.id = question->id, .error = -errnum, .flags = errnum ? 0 : CONTINUE};

    return ioctl(listener, SEND, &it) == 0 ? 0 : errno;
}
