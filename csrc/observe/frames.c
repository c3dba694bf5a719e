/*
 * A handler of SIGSYS that writes the stack of its thread, see es_frames in extrasafe.h.
 *
 * What it calls of the interpreter only reads as well.  The lines are those of faulthandler.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "include/extrasafe.h"
#include "observe/room.h"

enum { DEPTH = 100, LONGEST = 500 };

/* What a handler can know only by static variables. */
static es_frames known;
static _Atomic bool installed;
static struct sigaction before;

static void *pointer_at(const void *object, uint32_t offset)
{
    void *pointer;

    memcpy(&pointer, (const char *)object + offset, sizeof pointer);
    return pointer;
}

static void add_character(es_text *text, uint32_t character)
{
    unsigned digits = character < 0x100 ? 2 : character < 0x10000 ? 4 : 8;
    char plain = (char)character;

    if (character >= ' ' && character <= '~') {
        es_text_add_part(text, &plain, 1);
        return;
    }
    es_text_add(text, digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U");
    while (digits--)
        es_text_add_part(text, &"0123456789abcdef"[character >> digits * 4 & 0xf], 1);
}

static void add_string(es_text *text, void *string)
{
    intptr_t length = known.length(string);

    for (intptr_t i = 0; i < length && i < LONGEST; i++)
        add_character(text, known.character(string, i));
    if (length > LONGEST)
        es_text_add(text, "...");
}

static void add_frame(es_text *text, void *frame)
{
    const void *code = pointer_at(frame, known.code);
    int line = known.line(frame);

    es_text_add(text, "  File \"");
    add_string(text, pointer_at(code, known.file));
    es_text_add(text, "\", line ");
    es_text_add_number(text, line < 0 ? 0 : (uint64_t)line, 10);
    es_text_add(text, " in ");
    add_string(text, pointer_at(code, known.name));
    es_text_add(text, "\n");
}

static void write_frames(int signal, siginfo_t *info, void *context)
{
    int kept = errno;

    (void)signal;
    (void)info;
    (void)context;
    if (atomic_load(&installed) && es_frames_add(0, 0)) { /* it is asked for */
        es_text text = es_text_in(es_the_room.frames, sizeof es_the_room.frames);
        const void *state = known.state();
        void *frame = state ? pointer_at(state, known.frame) : NULL;
        for (int depth = 0; frame && depth < DEPTH; depth++) {
            add_frame(&text, frame);
            frame = pointer_at(frame, known.back);
        }
        es_the_room.frames_length = text.length < text.size ? text.length : text.size - 1;
    }
    errno = kept;
}

int es_frames_begin(const es_frames *frames)
{
    struct sigaction ours = {.sa_sigaction = write_frames, .sa_flags = SA_SIGINFO | SA_NODEFER};

    if (!frames || frames->size < sizeof *frames || !frames->state || !frames->line ||
        !frames->length || !frames->character)
        return ES_ERR_ARGUMENT;
    known = *frames;
    sigemptyset(&ours.sa_mask);
    if (!atomic_load(&installed) && sigaction(SIGSYS, &ours, &before) == 0)
        atomic_store(&installed, true);
    return ES_OK;
}

void es_frames_end(void)
{
    if (atomic_exchange(&installed, false))
        sigaction(SIGSYS, &before, NULL);
}
