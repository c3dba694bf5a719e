/* Threads do what they are asked, each in a handler of a signal.  Only system calls, but for
 * es_crowd_new() and es_crowd_free(). */
#ifndef ES_PROCESS_INTERRUPT_H
#define ES_PROCESS_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/kernel_action.h"

enum {
    ES_INTERRUPT = 33, /* the signal */
    ES_CROWD_SIZE = 32768,
    ES_PATIENCE = 500 /* so many times 10 ms without an answer are too long */
};

/* What a thread is to do, in the handler, whose third argument is context: 0, or an errno. */
typedef int es_task(int argument, void *context);

/* One thread that was asked.  The signal carries the index of it. */
typedef struct {
    int32_t tid;
    _Atomic int32_t answer; /* a futex; 0: none yet, 1: it did so, negative: the errno */
} es_member;

typedef struct {
    es_task *task;
    int argument;
    bool waits;    /* who has answered stays in the handler, until es_let_go() */
    es_action old; /* of the signal */
    uint32_t count;
    es_member members[ES_CROWD_SIZE];
} es_crowd;

/* The crowd belongs to the caller; NULL when there is no memory. */
es_crowd *es_crowd_new(void);
void es_crowd_free(es_crowd *crowd);

/* Take over the signal, for a crowd that has a task.  false, and errno: it is refused. */
bool es_interrupt_begin(es_crowd *crowd);
/* Ask a thread, as the next of the crowd, whose count is the caller's to raise: 0, or the errno;
 * ESRCH where it has ended, EAGAIN where no more signals can be queued. */
int es_interrupt(es_crowd *crowd, int32_t tid);
/* Wait until all have answered, or ended; false when it takes too long: then a signal may still
 * arrive, and it is not over. */
bool es_hear(es_crowd *crowd);
/* Ask all other threads, again and again, until two looks show none that is new, and wait for their
 * answers; false as above, and where threads cannot be told. */
bool es_ask_others(es_crowd *crowd);
/* Let go on who waits. */
void es_let_go(void);
/* Give the signal back, and forget the crowd. */
void es_interrupt_end(const es_crowd *crowd);

void es_rest(long milliseconds);

#endif
