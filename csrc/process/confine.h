/* Paths and ports are limited in one thread, or in all. */
#ifndef ES_PROCESS_CONFINE_H
#define ES_PROCESS_CONFINE_H

#include <stdbool.h>
#include "include/extrasafe.h"
#include "process/interrupt.h"

/* Limit the calling thread.  ES_ERR_TOO_MANY, ES_ERR_REFUSED: nothing was done.  Only system calls,
 * as what follows. */
int es_confine_thread(int ruleset, es_error *error);

/*
 * Limit all threads.  Without a crowd there may be one only: ES_ERR_THREAD, and nothing was done.
 * With a crowd the others are interrupted by a signal, whose handler limits them.  ES_ERR_HALF
 * where one of them could not be limited, or did not answer.
 */
int es_confine_all_threads(int ruleset, es_crowd *crowd, es_error *error);

#endif
