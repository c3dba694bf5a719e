/*
 * Whose calls are looked at.
 *
 * In a handler of SIGSYS it is the calling thread, and all that it needs is at hand.  A supervisor
 * looks at threads of other processes, through process_vm_readv(2), /proc and pidfd_getfd(2), for
 * which it has to be allowed to trace them, as a parent is.
 */
#ifndef ES_OBSERVE_WATCHED_H
#define ES_OBSERVE_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/text.h"

/* From now on it is for the calling thread this one of another process; 0: itself, also at the end.
 * Only one thread may watch at a time. */
void es_watch(int32_t thread);
bool es_is_watching(void);

/* Who is watched. */
int32_t es_watched_thread(void);
int32_t es_watched_process(void);

/* Copy so much memory, which lies in one page; false where it cannot be read, or nobody else is
 * watched. */
bool es_watched_read(uint64_t address, void *place, size_t size);

/* Where /proc has a descriptor of whom is watched, or for AT_FDCWD his working directory. */
void es_watched_link(int32_t descriptor, es_text *path);

/* fstat(2) of a descriptor, or for AT_FDCWD of the working directory: 0, or a negative errno. */
int64_t es_watched_stat(int32_t descriptor, struct stat *found);
/* The same of a path that counts from such a directory; flags as for fstatat(2). */
int64_t es_watched_stat_path(int32_t directory, uint64_t path, int flags, struct stat *found);

/* The same file description by a descriptor of our own, or a negative errno; to be given back. */
int32_t es_watched_borrow(int32_t descriptor);
void es_watched_give_back(int32_t borrowed);

#endif
