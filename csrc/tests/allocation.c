/*
 * Takes the place of malloc(3) and its like in the whole test program, libraries included, and
 * hands on to the allocator of the sanitizer, or of the C library where there is none.
 */
#include "allocation.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ALLOCATOR(type, name, ...)                                                                 \
    type __interceptor_##name(__VA_ARGS__) __attribute__((weak));                                  \
    type __libc_##name(__VA_ARGS__) __attribute__((weak))

ALLOCATOR(void *, malloc, size_t);
ALLOCATOR(void *, calloc, size_t, size_t);
ALLOCATOR(void *, realloc, void *, size_t);
ALLOCATOR(void, free, void *);

/* The real one; these addresses can be NULL, since they are weak. musl exports neither. */
#define REAL(name)                                                                                 \
    (__interceptor_##name ? __interceptor_##name                                                   \
     : __libc_##name      ? __libc_##name                                                          \
                          : (__typeof__(&name))dlsym(RTLD_NEXT, #name))

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *memory);
char *strdup(const char *text);

static atomic_bool watching;
static atomic_uint made, fails_at, fails_for;
static atomic_int alive;

void allocation_watch(void)
{
    allocation_fail_at(0, 0);
}

void allocation_fail_at(unsigned number, unsigned how_many)
{
    made = 0;
    alive = 0;
    fails_at = number;
    fails_for = how_many;
    watching = true;
}

unsigned allocation_count(void)
{
    watching = false;
    return made;
}

int allocation_balance(void)
{
    return alive;
}

static bool fails(void)
{
    unsigned number;

    if (!watching)
        return false;
    number = made++;
    return number >= fails_at && number - fails_at < fails_for;
}

static void *counted(void *memory)
{
    if (watching && memory)
        alive++;
    return memory;
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(REAL(malloc)(size));
}

void *calloc(size_t count, size_t size)
{
    bool was_watching = watching;
    void *memory;

    if (fails())
        return NULL;
    watching = false; /* musl's calls malloc, which would count it again */
    memory = REAL(calloc)(count, size);
    watching = was_watching;
    return counted(memory);
}

void *realloc(void *old, size_t size)
{
    if (fails())
        return NULL;
    return old ? REAL(realloc)(old, size) : counted(REAL(realloc)(old, size));
}

void free(void *memory)
{
    if (watching && memory)
        alive--;
    REAL(free)(memory);
}

/* The sanitizer's own would not come here. */
char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}
