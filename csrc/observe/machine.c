/*
 * What dispatching needs of the machine: new threads and processes, and the end of handlers.
 *
 * A child begins where the call was made, with all registers as they were there.  On a stack of
 * its own it cannot return from our handler, whose frame is on the stack of its parent: so the call
 * is made with the registers of the interrupted code, and the address to go on at lies below the
 * top of the new stack, where nothing is yet.
 *
 * A signal that is pending already is not sent once more.  So when a SIGSYS by which one thread
 * interrupts another comes at the moment of a call, the one that would have told of the call is
 * lost: the program would go on as if the call had been made.  That can be seen: a call leaves the
 * address behind it in rcx, and the flags in r11, where our handler puts a mark when it has made
 * the call.
 *
 * Sources: clone(2), vfork(2), the kernel's syscall-user-dispatch.rst.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "observe/machine.h"
#include "observe/raw.h"

es_dispatch es_dispatched;

#if defined(__x86_64__)

enum { SET_DISPATCH = 59 /* PR_SET_SYSCALL_USER_DISPATCH */, OFF = 0, ON = 1 };
enum { MADE = 0x5ee5ee5e /* no flags of the processor */ };

int64_t es_dispatch_on(void)
{
    return ES_RAW(SYS_prctl, SET_DISPATCH, ON, es_dispatched.first, es_dispatched.length,
                  es_dispatched.selector);
}

int64_t es_dispatch_off(void)
{
    return ES_RAW(SYS_prctl, SET_DISPATCH, OFF);
}

/* registers: those of the interrupted code, in the order of REG_R8 and so on. */
int64_t es_clone_onto(const greg_t *registers, int64_t number, uint64_t stack);

_Static_assert(REG_R8 == 0 && REG_R12 == 4 && REG_RDI == 8 && REG_RSI == 9 && REG_RBP == 10 &&
                   REG_RBX == 11 && REG_RDX == 12 && REG_RIP == 16,
               "the offsets below");
_Static_assert(offsetof(es_dispatch, length) == 8 && offsetof(es_dispatch, selector) == 16,
               "the offsets below");

__asm__(".text\n"
        ".type es_clone_onto, @function\n"
        ".hidden es_clone_onto\n"
        ".globl es_clone_onto\n"
        "es_clone_onto:\n"
        "    push %rbx\n"
        "    push %rbp\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov 16*8(%rdi), %rcx\n"
        "    mov %rcx, -8(%rdx)\n"
        "    mov %rsi, %rax\n"
        "    mov %rdi, %r11\n"
        "    mov 0*8(%r11), %r8\n"
        "    mov 1*8(%r11), %r9\n"
        "    mov 2*8(%r11), %r10\n"
        "    mov 4*8(%r11), %r12\n"
        "    mov 5*8(%r11), %r13\n"
        "    mov 6*8(%r11), %r14\n"
        "    mov 7*8(%r11), %r15\n"
        "    mov 8*8(%r11), %rdi\n"
        "    mov 9*8(%r11), %rsi\n"
        "    mov 10*8(%r11), %rbp\n"
        "    mov 11*8(%r11), %rbx\n"
        "    mov 12*8(%r11), %rdx\n"
        "    syscall\n"
        "    test %rax, %rax\n"
        "    jz 1f\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbp\n"
        "    pop %rbx\n"
        "    ret\n"
        /* The child.  A call spoils rcx and r11 anyway. */
        "1:  lea -8(%rsp), %rsp\n"
        "    push %rdi\n"
        "    push %rsi\n"
        "    push %rdx\n"
        "    push %r10\n"
        "    push %r8\n"
        "    mov $157, %eax\n" /* prctl */
        "    mov $59, %edi\n"
        "    mov $1, %esi\n"
        "    mov es_dispatched(%rip), %rdx\n"
        "    mov es_dispatched+8(%rip), %r10\n"
        "    mov es_dispatched+16(%rip), %r8\n"
        "    syscall\n"
        "    pop %r8\n"
        "    pop %r10\n"
        "    pop %rdx\n"
        "    pop %rsi\n"
        "    pop %rdi\n"
        "    mov (%rsp), %rcx\n"
        "    lea 8(%rsp), %rsp\n"
        "    mov $0x5ee5ee5e, %r11d\n" /* MADE */
        "    xor %eax, %eax\n"
        "    jmp *%rcx\n"
        ".size es_clone_onto, .-es_clone_onto\n");

_Noreturn void es_return_from(const ucontext_t *context)
{
    __asm__ volatile("mov %0, %%rsp\n"
                     "mov $15, %%eax\n"
                     "syscall\n"
                     :
                     : "r"(context->uc_mcontext.gregs[REG_RSP])
                     : "memory");
    __builtin_unreachable();
}

bool es_is_clone(const es_call *call)
{
    return call->nr == SYS_clone || call->nr == SYS_fork || call->nr == SYS_vfork;
}

void es_mark_made(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_R11] = MADE;
}

/* Is the program just behind a call, which is not one of ours? */
static bool is_behind_call(const greg_t *registers)
{
    static const unsigned char call[2] = {0x0f, 0x05};
    uint64_t at = (uint64_t)registers[REG_RIP];

    return registers[REG_RCX] == registers[REG_RIP] &&
           at - es_dispatched.first >= es_dispatched.length &&
           memcmp((const char *)(uintptr_t)at - sizeof call, call, sizeof call) == 0;
}

void es_mark_if_made(ucontext_t *context)
{
    if (is_behind_call(context->uc_mcontext.gregs))
        es_mark_made(context);
}

bool es_was_dispatched(const ucontext_t *context, es_call *call)
{
    const greg_t *registers = context->uc_mcontext.gregs;

    if (!is_behind_call(registers) || registers[REG_R11] == MADE)
        return false;
    call->nr = (int32_t)registers[REG_RAX];
    call->arch = ES_ARCH_X86_64;
    return true;
}

/* A child that goes on in a copy of this very frame, and whose calls are dispatched as well. */
static int64_t fork_again(int64_t number, const uint64_t arguments[6])
{
    int64_t result = es_raw(number, arguments);

    if (result == 0)
        (void)es_dispatch_on();
    return result;
}

int64_t es_clone_again(const es_call *call, const ucontext_t *context)
{
    const greg_t *registers = context->uc_mcontext.gregs;
    const uint64_t as_vfork[6] = {CLONE_VFORK | SIGCHLD};
    uint64_t arguments[6];

    if (call->nr == SYS_fork)
        return fork_again(SYS_fork, call->args);
    /* A child on the stack of its parent would spoil the frame of this handler: it gets a copy. */
    if (call->nr == SYS_vfork)
        return fork_again(SYS_clone, as_vfork);
    if (call->args[1])
        return es_clone_onto(registers, SYS_clone, call->args[1]);
    for (int i = 0; i < 6; i++)
        arguments[i] = call->args[i];
    arguments[0] &= ~(uint64_t)CLONE_VM;
    return fork_again(SYS_clone, arguments);
}

#else

int64_t es_dispatch_on(void)
{
    return -EINVAL;
}

int64_t es_dispatch_off(void)
{
    return -EINVAL;
}

bool es_is_clone(const es_call *call)
{
    (void)call;
    return false;
}

int64_t es_clone_again(const es_call *call, const ucontext_t *context)
{
    (void)call;
    (void)context;
    return -ENOSYS;
}

void es_mark_made(ucontext_t *context)
{
    (void)context;
}

void es_mark_if_made(ucontext_t *context)
{
    (void)context;
}

bool es_was_dispatched(const ucontext_t *context, es_call *call)
{
    (void)context;
    (void)call;
    return false;
}

_Noreturn void es_return_from(const ucontext_t *context)
{
    (void)context;
    for (;;)
        continue;
}

#endif
