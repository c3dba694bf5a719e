/* The kernel's struct sigaction: the C library's is another one, which hides some signals. */
#ifndef ES_BASE_KERNEL_ACTION_H
#define ES_BASE_KERNEL_ACTION_H

#include <signal.h>
#include <stdint.h>

typedef void es_handler(int, siginfo_t *, void *);

typedef struct {
    es_handler *handler;
    unsigned long flags;
#if !defined(__riscv)
    void (*restorer)(void);
#endif
    uint64_t mask;
} es_action;

/* An action that calls a handler with SA_SIGINFO and these flags, and blocks no signals.  The
 * kernel of x86_64 insists on a place that handlers return to. */
es_action es_handled_by(es_handler *handler, int flags);

#endif
