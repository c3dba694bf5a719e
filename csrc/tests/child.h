/* Children of the tests: whatever changes a process is done in one of its own. */
#ifndef ES_TESTS_CHILD_H
#define ES_TESTS_CHILD_H

#include "support.h"

/* Memory that children share with the test, all zero.  It lasts as long as the test program. */
void *shared_memory(size_t size);

/* Run body in a child and return its wait status.  A child that hangs ends by SIGALRM. */
int in_child(void (*body)(void *shared), void *shared);
/* The same, where the child must come to the end of its body. */
void in_good_child(void (*body)(void *shared), void *shared);

/* Ends a child for which not all is as it must be before the test itself begins. */
#define REQUIRE(condition) ((condition) ? (void)0 : child_failed(__FILE__, __LINE__))
_Noreturn void child_failed(const char *file, int line);

/* The errno of a system call, or 0. */
int errno_of(long result);

/*
 * Load a filter like that of a sandbox around the program: the call fails with this errno, always
 * (argument ALWAYS), or where the low word of an argument is neither 0 nor -1, which is what the
 * library asks with.  It does not set no_new_privs, which the kernel permits only to CAP_SYS_ADMIN,
 * be it in a new user namespace.
 */
enum { ALWAYS = -1 };
bool outer_sandbox(long number, int argument, int errnum);
/* The same, of seccomp(2) with this operation only, and with any action. */
bool outer_answer(uint32_t operation, uint32_t action);

/* Leave a test that cannot be made here; fail it where PYEXTRASAFE_MUST_WORK is 1. */
void cannot(const char *reason);

#endif
