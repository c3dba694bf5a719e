/* Counts what is allocated, and lets an allocation fail. */
#ifndef ES_TESTS_ALLOCATION_H
#define ES_TESTS_ALLOCATION_H

/* Count from here on; nothing fails. */
void allocation_watch(void);
/* Count from here on; the allocation of this number, from 0, fails, and so many in all. */
void allocation_fail_at(unsigned number, unsigned how_many);
/* Stop what was begun.  How many allocations there were. */
unsigned allocation_count(void);
/* How many of these were not freed before it was stopped. */
int allocation_balance(void);

#endif
