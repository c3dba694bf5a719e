/* Calls that could block or replace SIGSYS, whose handler makes them again without that. */
#ifndef ES_OBSERVE_GUARDS_H
#define ES_OBSERVE_GUARDS_H

#include <stdint.h>
#include <ucontext.h>
#include "include/extrasafe.h"

/* rt_sigprocmask(2), whose result lasts when the handler returns. */
int64_t es_change_mask(const es_call *call, ucontext_t *context);
/* rt_sigaction(2). */
int64_t es_change_action(const es_call *call);

#endif
