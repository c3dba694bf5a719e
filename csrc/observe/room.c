/* One thread at a time, and what is long meanwhile: see room.h. */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>

#include "observe/raw.h"
#include "observe/room.h"

es_room es_the_room;

int32_t es_own_thread(void)
{
    return (int32_t)ES_RAW(SYS_gettid, 0);
}

int32_t es_own_process(void)
{
    return (int32_t)ES_RAW(SYS_getpid, 0);
}

static uint64_t self(void)
{
    return (uint64_t)(uint32_t)es_own_process() << 32 | (uint32_t)es_own_thread();
}

void es_block_signals(uint64_t mask, uint64_t *blocked)
{
    ES_RAW(SYS_rt_sigprocmask, SIG_BLOCK, (uint64_t)(uintptr_t)&mask, (uint64_t)(uintptr_t)blocked,
           sizeof mask);
}

void es_restore_signals(uint64_t blocked)
{
    ES_RAW(SYS_rt_sigprocmask, SIG_SETMASK, (uint64_t)(uintptr_t)&blocked, 0, sizeof blocked);
}

/* In a child that was forked meanwhile nobody would give it back: after some time it is taken. */
static bool take_room(uint32_t patience)
{
    uint64_t own = self();

    for (uint32_t tries = 0; tries < patience; tries++) {
        uint64_t holder = 0;
        if (atomic_compare_exchange_strong(&es_the_room.holder, &holder, own))
            return true;
        if (holder == own)
            return false;
        if (tries == patience - 1 && holder >> 32 != own >> 32)
            return atomic_compare_exchange_strong(&es_the_room.holder, &holder, own);
        ES_RAW(SYS_sched_yield, 0);
    }
    return false;
}

bool es_room_enter(uint32_t patience, uint64_t *blocked)
{
    es_block_signals(~((uint64_t)1 << (SIGSYS - 1)), blocked);
    if (take_room(patience))
        return true;
    es_restore_signals(*blocked);
    return false;
}

void es_room_leave(uint64_t blocked)
{
    uint64_t own = self();

    atomic_compare_exchange_strong(&es_the_room.holder, &own, 0);
    es_restore_signals(blocked);
}

bool es_frames_add(uint64_t address, uint64_t size)
{
    size_t left;

    if (atomic_load(&es_the_room.holder) != self())
        return false;
    left = sizeof es_the_room.frames - 1 - es_the_room.frames_length;
    if (size > left)
        size = left;
    memcpy(es_the_room.frames + es_the_room.frames_length, (const void *)(uintptr_t)address, size);
    es_the_room.frames_length += size;
    return true;
}
