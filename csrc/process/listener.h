/*
 * A filter that asks another process before each call is made: see seccomp_unotify(2).
 *
 * It does not ask about calls that BasicCapabilities allows whatever their arguments are: every
 * policy allows them.  So returning from a handler of a signal, above all, cannot fail.
 */
#ifndef ES_PROCESS_LISTENER_H
#define ES_PROCESS_LISTENER_H

#include <stdbool.h>
#include "include/extrasafe.h"

enum { ES_LISTENER_INSTRUCTIONS = 256 };

/* Write such a filter: its length. */
uint16_t es_listener_program(es_instruction program[ES_LISTENER_INSTRUCTIONS]);

/* Load it in the calling thread: the descriptor by which it asks, or a negative errno. */
int es_listener_load(es_instruction *program, uint16_t length);

/* As the kernel's. */
typedef struct {
    uint64_t id;
    uint32_t thread;
    uint32_t flags;
    es_call call;
} es_question;

/* Can this kernel let calls go on, and tell that nobody is left to ask?  Linux 5.9 can. */
bool es_listener_is_able(int listener);
/* Wait for a question: 0, or an errno. */
int es_listener_receive(int listener, es_question *question);
/* Is the thread still waiting for its answer? */
bool es_listener_is_waiting(int listener, const es_question *question);
/* Let the call be made; or let it fail with an errno, if that is not 0.  Returns 0, or an errno:
 * ENOENT where the thread was ended, or interrupted, meanwhile. */
int es_listener_answer(int listener, const es_question *question, int32_t errnum);

#endif
