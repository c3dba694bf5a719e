/*
 * What handlers return to: see kernel_action.h.
 *
 * Not to the C library's own code, whose call would be dispatched while learning.
 *
 * Source: sigreturn(2).
 */
#include "base/kernel_action.h"

#if defined(__x86_64__)
void es_restorer(void) __attribute__((visibility("hidden")));
__asm__(".text\n"
        ".p2align 4\n"
        ".type es_restorer, @function\n"
        ".globl es_restorer\n"
        ".hidden es_restorer\n"
        "es_restorer:\n"
        "    mov $15, %eax\n" /* rt_sigreturn */
        "    syscall\n"
        ".size es_restorer, .-es_restorer\n");

enum { WITH_RESTORER = 0x04000000 /* SA_RESTORER */ };
#endif

es_action es_handled_by(es_handler *handler, int flags)
{
    es_action action = {.handler = handler, .flags = (unsigned long)(flags | SA_SIGINFO)};

#if defined(__x86_64__)
    action.flags |= WITH_RESTORER;
    action.restorer = es_restorer;
#endif
    return action;
}
