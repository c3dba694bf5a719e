/* What calls will return, as far as that is known before they are made. */
#ifndef ES_OBSERVE_FORETELL_H
#define ES_OBSERVE_FORETELL_H

#include "base/kernel_abi.h"
#include "observe/facts.h"

/* Calls that fail with ENOSYS while a program is learnt, as they do by every filter of this
 * library: clone3(2) and openat2(2), whose flags a filter does not see, and io_uring_setup(2), by
 * which calls go past it.  C libraries then do what has to be learnt. */
static inline bool es_is_never_there(const es_call *call)
{
    return call->nr == ES_NR_CLONE3 || call->nr == ES_NR_OPENAT2 ||
           call->nr == ES_NR_IO_URING_SETUP;
}

/* The errno with which a call will fail, as far as that decides what the program needs; 0 where it
 * will do well, or nobody can say.  A supervisor needs it, which never sees what calls return. */
int32_t es_foretell(const es_call *call, const es_facts *facts);

#endif
