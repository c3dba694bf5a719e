/*
 * Where in memory the C library's instructions are: of the object that has syscall(2), of the one
 * that has threads, which older glibc had apart, and of the loader, which opens files itself.
 *
 * Sources: dl_iterate_phdr(3), getauxval(3).
 */
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "observe/libc_text.h"

enum { WANTED = 3 };

typedef struct {
    uintptr_t wanted[WANTED]; /* addresses in the objects that are looked for */
    uintptr_t own;            /* an address of this library */
    es_gate *gate;
    bool failed;
} search;

static bool is_in(const struct dl_phdr_info *object, const ElfW(Phdr) * part, uintptr_t address)
{
    uintptr_t first = object->dlpi_addr + part->p_vaddr;
    return part->p_type == PT_LOAD && address >= first && address - first < part->p_memsz;
}

static bool has(const struct dl_phdr_info *object, uintptr_t address)
{
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (is_in(object, &object->dlpi_phdr[i], address))
            return true;
    return false;
}

/* Add a span, as two where it reaches over a multiple of 2^32. */
static void add(search *found, uint64_t first, uint64_t after)
{
    es_gate *gate = found->gate;

    while (first < after) {
        uint64_t border = ((first >> 32) + 1) << 32, end = after < border ? after : border;
        if (gate->count == ES_GATE_SPANS) {
            found->failed = true;
            return;
        }
        gate->first[gate->count] = first;
        gate->after[gate->count++] = end;
        first = end;
    }
}

static int look(struct dl_phdr_info *object, size_t size, void *context)
{
    search *found = context;
    bool is_wanted = false;

    (void)size;
    for (int i = 0; i < WANTED; i++)
        is_wanted = is_wanted || has(object, found->wanted[i]);
    if (!is_wanted)
        return 0;
    if (has(object, found->own))
        found->failed = true;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uint64_t first = object->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && part->p_flags & PF_X)
            add(found, first, first + part->p_memsz);
    }
    return 0;
}

bool es_find_libc(es_gate *gate)
{
    search found = {
        .wanted = {(uintptr_t)syscall, (uintptr_t)pthread_getconcurrency, getauxval(AT_BASE)},
        .own = (uintptr_t)es_find_libc,
        .gate = gate,
    };

    gate->count = 0;
    dl_iterate_phdr(look, &found);
    return gate->count && !found.failed;
}

typedef struct {
    uint64_t *first, *length;
    bool found;
} own_search;

static int look_for_own(struct dl_phdr_info *object, size_t size, void *context)
{
    own_search *own = context;

    (void)size;
    if (!has(object, (uintptr_t)es_find_own_text))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (!is_in(object, part, (uintptr_t)es_find_own_text))
            continue;
        *own->first = object->dlpi_addr + part->p_vaddr;
        *own->length = part->p_memsz;
        own->found = !has(object, (uintptr_t)syscall);
    }
    return 1;
}

bool es_find_own_text(uint64_t *first, uint64_t *length)
{
    own_search own = {first, length, false};

    dl_iterate_phdr(look_for_own, &own);
    return own.found;
}
