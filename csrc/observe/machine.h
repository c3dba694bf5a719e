/* What dispatching needs of the machine: new threads and processes, and the end of handlers. */
#ifndef ES_OBSERVE_MACHINE_H
#define ES_OBSERVE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>
#include "include/extrasafe.h"

/* What prctl(2) is told to dispatch the calls of a thread; it inherits nothing of it. */
typedef struct {
    uint64_t first, length; /* of the instructions whose calls are made as ever */
    uint64_t selector;      /* the address of the byte that says whether others are dispatched */
} es_dispatch;

/* Hidden, since the assembler names it. */
extern es_dispatch es_dispatched __attribute__((visibility("hidden")));

/* Let the calling thread be dispatched, or not any more: a negative errno, or 0. */
int64_t es_dispatch_on(void);
int64_t es_dispatch_off(void);

/* Is it a call that makes a thread or process? */
bool es_is_clone(const es_call *call);
/* Make it, so that a child with a stack of its own goes on where the call was made. */
int64_t es_clone_again(const es_call *call, const ucontext_t *context);

/* Return from a signal whose handler has been left: what is on the stack of the context says to
 * where. */
_Noreturn void es_return_from(const ucontext_t *context);

/* Mark in the context of a call that it has been made; and of any other point of the program, if it
 * is just behind a call. */
void es_mark_made(ucontext_t *context);
void es_mark_if_made(ucontext_t *context);
/* Is this the context of a call that was dispatched, though another SIGSYS came in its place?  The
 * call, if so. */
bool es_was_dispatched(const ucontext_t *context, es_call *call);

#endif
