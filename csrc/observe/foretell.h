/* Calls that a supervisor lets go on: it never sees what they return. */
#ifndef ES_OBSERVE_FORETELL_H
#define ES_OBSERVE_FORETELL_H

#include "observe/facts.h"

/* The errno with which a call will fail, as far as that decides what the program needs; 0 where it
 * will do well, or nobody can say. */
int32_t es_foretell(const es_call *call, const es_facts *facts);

#endif
