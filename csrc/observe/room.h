/*
 * One thread at a time, and what is long meanwhile: a thread may have a small stack.
 *
 * Everything here runs in a handler of SIGSYS, and makes raw system calls only.
 */
#ifndef ES_OBSERVE_ROOM_H
#define ES_OBSERVE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "include/extrasafe.h"

enum { ES_PATH_SIZE = 4096 };

/* Of the thread that holds it. */
typedef struct {
    _Atomic uint64_t holder; /* process and thread, or 0 */
    char paths[2][ES_PATH_SIZE], whole[2][ES_PATH_SIZE], directory[ES_PATH_SIZE];
    char frames[16384]; /* with room for a 0 at its end */
    size_t frames_length;
} es_room;

extern es_room es_the_room;

/* Ask whoever handles SIGSYS besides us for a stack; it comes by es_frames_add(). */
typedef void es_stack_writer(void *context);

int32_t es_own_thread(void);
int32_t es_own_process(void);

/* Block signals, bit n - 1 for n, in this thread; and as before. */
void es_block_signals(uint64_t mask, uint64_t *blocked);
void es_restore_signals(uint64_t blocked);

/* Wait for the room; false when it is not free after so many attempts, between which another thread
 * is let go on, and at once when the calling thread has it already.  Signals wait meanwhile, but
 * for that by which a stack is written. */
bool es_room_enter(uint32_t patience, uint64_t *blocked);
void es_room_leave(uint64_t blocked);

/* A part of a stack was written; false where the thread has not the room. */
bool es_frames_add(uint64_t address, uint64_t size);

#endif
