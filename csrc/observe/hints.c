/*
 * What a thread has said about the calls that it is about to make: see hints.h.
 *
 * Not in thread-local memory, which may be allocated when it is used first.
 */
#include <stdatomic.h>
#include <string.h>

#include "include/extrasafe.h"
#include "observe/hints.h"
#include "observe/room.h"

enum { SLOTS = 64 };

/* A thread that finds another one in its place has said nothing. */
static struct {
    _Atomic int32_t thread;
    char name[sizeof(((es_denial *)0)->imported)];
} imports[SLOTS];
static _Atomic int32_t quiet[SLOTS];
static _Atomic uint32_t quiet_threads; /* at least so many: most of the time there is none to ask */

const char *es_imported(void)
{
    int32_t thread = es_own_thread();
    return atomic_load(&imports[thread % SLOTS].thread) == thread ? imports[thread % SLOTS].name
                                                                  : "";
}

void es_explain_import(const char *name)
{
    int32_t thread = es_own_thread();
    char *place = imports[thread % SLOTS].name;

    atomic_store(&imports[thread % SLOTS].thread, 0);
    place[0] = 0;
    strncat(place, name ? name : "", sizeof imports->name - 1);
    atomic_store(&imports[thread % SLOTS].thread, thread);
}

bool es_is_quiet(void)
{
    int32_t thread;

    if (!atomic_load(&quiet_threads))
        return false;
    thread = es_own_thread();
    return atomic_load(&quiet[thread % SLOTS]) == thread;
}

void es_explain_quiet(int on)
{
    int32_t thread = es_own_thread();
    int32_t before = atomic_exchange(&quiet[thread % SLOTS], on ? thread : 0);

    if (on && before != thread)
        atomic_fetch_add(&quiet_threads, 1);
    else if (!on && before == thread)
        atomic_fetch_sub(&quiet_threads, 1);
}
