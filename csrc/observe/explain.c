/*
 * A denial in words: what the call was, where the program is, and what would allow it.
 *
 * One thread at a time does so: see room.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/kernel_action.h"
#include "base/text.h"
#include "observe/explain.h"
#include "observe/hints.h"
#include "observe/memory.h"
#include "observe/raw.h"
#include "observe/room.h"
#include "observe/told.h"
#include "policy/policy.h"
#include "table/syscalls.h"

enum {
    ARGUMENTS = 6,
    CANDIDATES = 12,   /* that are remembered */
    SHOWN = 3,         /* that are written */
    BLOCK_SIZE = 8192, /* of a thread's stack, when all else is done */
    BLOCKS = 8,        /* that are written about one place, */
    RECORDS = 64,      /* and that one place has: a program may walk through a tree */
    LOOKS = 8,         /* so often a call is looked at closely, then ever more rarely */
    PATIENCE = 4000    /* so often another thread is let go on first */
};

/* ---- What the call was --------------------------------------------------------------------- */

/* Calls that differ in nothing that a filter sees, nor in a path or address, have the same key. */
static uint64_t key_of(const es_numbers *numbers, const es_call *call, int errnum)
{
    unsigned paths = es_numbers_paths(numbers, call->nr);
    uint64_t key = es_mix((uint64_t)(uint32_t)call->nr << 32 | (uint32_t)errnum,
                          call->instruction_pointer);
    uint8_t widths[ARGUMENTS];

    es_numbers_widths(numbers, call->nr, widths);
    for (unsigned i = 0; i < ARGUMENTS; i++)
        if (widths[i] == ES_WIDTH_NONE)
            continue;
        else if (paths >> i & 1)
            key = es_memory_hash(call->args[i], es_mix(key, i));
        else if (i == 1 && es_has_address(call))
            key = es_address_hash(call, es_mix(key, i));
        else
            key = es_mix(key, widths[i] == ES_WIDTH_POINTER ? call->args[i] != 0 : call->args[i]);
    return key | 1; /* no key is 0 */
}

/* ---- Whose it is --------------------------------------------------------------------------- */

const es_explained *es_refused_by(const es_explained *first, uint32_t count, const es_call *call)
{
    for (uint32_t i = count; i-- > 0;)
        if (es_policy_decide(first[i].policy, call, first[i].own_pid) != ES_ACTION_ALLOW)
            return &first[i];
    return NULL;
}

/* Is it known that a socket is not one of TCP, whose addresses are not limited? */
static bool is_known_as_other(const es_call *call)
{
    int32_t socket = (int32_t)call->args[0];
    int domain, protocol;

    if (call->nr != SYS_connect && call->nr != SYS_bind)
        return false;
    domain = es_socket_option(socket, SO_DOMAIN);
    protocol = es_socket_option(socket, SO_PROTOCOL);
    return domain >= 0 && domain != AF_UNIX && protocol >= 0 && protocol != IPPROTO_TCP;
}

const es_explained *es_limited_by(const es_explained *first, uint32_t count, const es_call *call,
                                  int errnum)
{
    const es_explained *found = NULL;
    unsigned known = ~es_pointers(call);
    uint64_t blocked;
    es_told told;

    if ((errnum != EACCES && errnum != EXDEV) || is_known_as_other(call) ||
        !es_room_enter(PATIENCE, &blocked))
        return NULL;
    told = es_read_told(call);
    for (uint32_t i = count; i-- > 0 && !found;)
        if (es_policy_refuses(first[i].policy, call, known, &told))
            found = &first[i];
    es_room_leave(blocked);
    return found;
}

/* ---- The record ---------------------------------------------------------------------------- */

/* What lets Python import comes first where it is what the program does. */
static void put_first(es_candidate *found, uint32_t count, uint32_t permission)
{
    uint32_t at = 0;

    while (at < count && found[at].permission != permission)
        at++;
    if (at < count) {
        es_candidate it = found[at];
        memmove(found + 1, found, at * sizeof *found);
        found[0] = it;
    }
}

static void write_needs(const es_explained *by, const es_call *call, unsigned known,
                        const es_told *told, bool imports, es_text *text, uint64_t *place)
{
    es_candidate found[CANDIDATES];
    uint32_t count = es_candidates_for(by->candidates, call, known, told, by->own_pid, found,
                                       CANDIDATES, NULL);

    count = count < CANDIDATES ? count : CANDIDATES;
    if (imports)
        put_first(found, count, by->python_files);
    for (uint32_t i = 0; i < count; i++) {
        size_t before = text->length, length = es_candidate_code(&found[i], told, NULL, 0);
        if (before + length + 2 > text->size)
            return;
        (void)es_candidate_code(&found[i], told, text->memory + before, text->size - before);
        text->length += length;
        es_text_add(text, "\n");
        *place = es_mix(*place, found[i].permission);
    }
}

static const char *line_end(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

static bool starts_with(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

/* Is a line about a frame of the import system?  CPython and PyPy call its files otherwise. */
static bool is_of_imports(const char *line)
{
    static const char *const begins[] = {
        "  File \"<frozen importlib",
        "  File \"<frozen zipimport",
        "  File \"<builtin>/frozen importlib",
        "  File \"<builtin>/frozen zipimport",
    };

    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (starts_with(line, begins[i]))
            return true;
    return false;
}

static bool has_file(const char *line, size_t length, const char *end)
{
    return memmem(line, length, end, strlen(end)) != NULL;
}

/* The frame by which our own command line runs a program: what is outside of it says nothing. */
static bool is_of_command_line(const char *line, size_t length)
{
    return has_file(line, length, "pyextrasafe/cli/_program.py\"");
}

/* A frame of what surrounds this here, such as the hook that prints an exception. */
static bool is_of_explanations(const char *line, size_t length)
{
    return has_file(line, length, "pyextrasafe/_explain.py\"");
}

/* Keep the lines of frames; those of the import system only where it is not what is told. */
static void write_frames(bool is_import, es_text *text, uint64_t *place)
{
    es_the_room.frames[es_the_room.frames_length] = 0;
    for (const char *line = es_the_room.frames; *line; line = line_end(line)) {
        size_t length = (size_t)(line_end(line) - line);
        if (is_of_command_line(line, length))
            break;
        if (!starts_with(line, "  File \"") || (is_import && is_of_imports(line)) ||
            is_of_explanations(line, length) ||
            starts_with(line, "  File \"<builtin>/app_main.py")) /* how PyPy starts */
            continue;
        if (text->length + length >= text->size)
            break;
        es_text_add_part(text, line, length);
        for (size_t i = 0; i < length; i++)
            *place = es_mix(*place, (unsigned char)line[i]);
    }
}

/* Does the import system look for a module?  It also reads files for others, as for pkgutil. */
static bool is_import(void)
{
    static const char looks[] = " in _find_and_load";
    const char *line;

    es_the_room.frames[es_the_room.frames_length] = 0;
    line = strstr(es_the_room.frames, "  File \"");
    for (; line && is_of_imports(line); line = line_end(line))
        if (memmem(line, (size_t)(line_end(line) - line), looks, sizeof looks - 1))
            return true;
    return false;
}

/* "app.py:12" of the first frame. */
static void write_first_place(const char *stack, es_text *text)
{
    const char *path = stack + strlen("  File \""), *end = strstr(path, "\", line ");
    const char *number = end ? end + strlen("\", line ") : NULL;

    if (!*stack || !end)
        return;
    es_text_add(text, " at ");
    es_text_add_part(text, path, (size_t)(end - path));
    es_text_add(text, ":");
    es_text_add_part(text, number, strspn(number, "0123456789"));
}

/* All of it but the stack. */
static void write_block(const es_denial *denial, es_text *text)
{
    const char *errname = es_errno_name(denial->errnum);
    uint32_t shown = 0;

    es_text_add(text, "pyextrasafe: denied ");
    es_text_add(text, denial->words);
    es_text_add(text, " with ");
    es_text_add(text, errname ? errname : "an error");
    es_text_add(text, "\n");
    if (denial->imported[0]) {
        es_text_add(text, "  late import of '");
        es_text_add(text, denial->imported);
        es_text_add(text, "'");
        write_first_place(denial->stack, text);
        es_text_add(text, ": import it before the lock-down\n");
    }
    es_text_add(text, denial->needs[0] ? "  needs " : "  no permission allows it here");
    for (const char *line = denial->needs; *line && shown < SHOWN; line = line_end(line)) {
        es_text_add(text, shown++ ? " or " : "");
        es_text_add_part(text, line, strcspn(line, "\n"));
    }
    es_text_add(text, "\n");
}

static uint64_t bit_of(int signal)
{
    return (uint64_t)1 << (signal - 1);
}

/* Forget a signal that waits, since this thread blocks it: what is ignored does not wait. */
static void forget(int signal)
{
    const es_action ignore = {.handler = (es_handler *)(uintptr_t)SIG_IGN};
    es_action now;

    if (ES_RAW(SYS_rt_sigaction, (uint64_t)signal, (uint64_t)(uintptr_t)&ignore,
               (uint64_t)(uintptr_t)&now, sizeof now.mask) == 0)
        ES_RAW(SYS_rt_sigaction, (uint64_t)signal, (uint64_t)(uintptr_t)&now, 0, sizeof now.mask);
}

/* Whoever reads may take long, or be gone: signals reach the program meanwhile, and end the
 * attempt; but those that tell of the writing itself do not. */
static void write_all(int descriptor, const char *text, size_t length)
{
    uint64_t blocked;
    int64_t written = 1;

    es_block_signals(bit_of(SIGPIPE) | bit_of(SIGXFSZ), &blocked);
    while (written > 0 && length) {
        written = ES_RAW(SYS_write, (uint64_t)(int64_t)descriptor, (uint64_t)(uintptr_t)text,
                         length);
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
    if (written == -EPIPE && !(blocked & bit_of(SIGPIPE)))
        forget(SIGPIPE);
    if (written == -EFBIG && !(blocked & bit_of(SIGXFSZ)))
        forget(SIGXFSZ);
    es_restore_signals(blocked);
}

/* Is the descriptor of a call a socket?  An ES_SOCKET_*.  What has no kind, as of epoll(7), may be
 * there for sockets. */
static uint32_t socket_of(const es_call *call)
{
    char name[ES_NAME_SIZE];
    struct stat found;

    if (es_syscall_argument(call->arch, call->nr, 0, name) != ES_OK || strcmp(name, "fd") != 0 ||
        !es_stat_descriptor(call->args[0], &found) || !(found.st_mode & S_IFMT))
        return ES_SOCKET_UNKNOWN;
    return S_ISSOCK(found.st_mode) ? ES_SOCKET_YES : ES_SOCKET_NO;
}

/* The place in the program, and what is denied there. */
typedef struct {
    uint64_t place; /* of the stack, and of what is said besides the path */
    uint64_t subject;
} site;

/* The place with the paths or the address: it may be the second path that matters to a program. */
static uint64_t subject_of(const es_told *told, uint64_t place)
{
    uint64_t subject = place;

    for (unsigned i = 0; i < ARGUMENTS; i++)
        for (const char *c = told->paths[i]; c && *c; c++)
            subject = es_mix(subject, (unsigned char)*c);
    return subject;
}

/* Fill in all of a denial, and what makes its block another one. */
static site fill_in(es_denial *denial, const es_explained *by, const es_call *call, int errnum)
{
    es_told told = es_read_told(call);
    unsigned known = ~es_pointers(call);
    es_text needs = es_text_in(denial->needs, sizeof denial->needs);
    es_text stack = es_text_in(denial->stack, sizeof denial->stack);
    es_text imported = es_text_in(denial->imported, sizeof denial->imported);
    const char *path = NULL;
    uint64_t place = es_mix((uint32_t)call->nr, (uint32_t)errnum);

    told.socket = socket_of(call);
    denial->number = call->nr;
    denial->errnum = errnum;
    denial->thread = es_own_thread();
    denial->process = es_own_process();
    for (unsigned i = ARGUMENTS; i-- > 0;)
        path = told.paths[i] ? told.paths[i] : path;
    denial->path[0] = 0;
    if (path)
        strncat(denial->path, path, sizeof denial->path - 1);
    es_word_call_told(call, known, &told, denial->words, sizeof denial->words);
    if (is_import())
        es_text_add(&imported, es_imported());
    write_needs(by, call, known, &told, denial->imported[0], &needs, &place);
    if (denial->imported[0])
        place = 0; /* an import makes several calls, of which one tells enough */
    for (const char *c = denial->imported; *c; c++)
        place = es_mix(place, (unsigned char)*c);
    write_frames(denial->imported[0], &stack, &place);
    return (site){place, denial->imported[0] ? place : subject_of(&told, place)};
}

/* What was taken from a log cannot be given back: fill in a denial here, then look whether it is
 * new. */
static es_denial fresh;

/* What is to be written of a denial. */
typedef enum { NOTHING, BLOCK, NO_MORE_HERE, NO_ROOM } saying;

/* Of one that is new, while there is room for it. */
static saying saying_of(const es_log_place *there)
{
    if (there->has_subject)
        return NOTHING;
    return there->told < BLOCKS ? BLOCK : there->ended ? NOTHING : NO_MORE_HERE;
}

/* The record of it, if it has one. */
static uint32_t keep(es_log *log, uint64_t key, site at, saying *said)
{
    uint32_t known = es_log_find_place(log, key, at.place);
    es_log_place there;
    es_record *record;

    *said = NOTHING;
    if (known != ES_LOG_NONE) {
        atomic_fetch_add(&log->records[known].count, 1);
        return known;
    }
    there = es_log_place_of(log, at.place, at.subject);
    if (there.records >= RECORDS)
        return ES_LOG_NONE;
    record = es_log_take(log);
    if (!record) {
        *said = atomic_exchange(&log->is_full, true) ? NOTHING : NO_ROOM;
        return ES_LOG_NONE;
    }
    *said = saying_of(&there);
    record->key = key;
    record->place = at.place;
    record->subject = at.subject;
    record->is_told = *said == BLOCK;
    record->is_end = *said == NO_MORE_HERE;
    memcpy(&record->denial, &fresh, sizeof fresh);
    es_log_complete(log, record);
    return (uint32_t)(record - log->records);
}

void es_note_descriptor(es_explained *by)
{
    struct stat found;

    by->is_known = es_stat_descriptor((uint64_t)by->descriptor, &found);
    if (by->is_known) {
        by->device = found.st_dev;
        by->inode = found.st_ino;
    } else if (ES_RAW(SYS_fcntl, (uint64_t)by->descriptor, F_GETFD) == -EBADF) {
        by->descriptor = -1;
    }
}

/* A program may have closed the descriptor, and opened a file of its own that got the number: that
 * shall not be written into.  Where the policy refuses fstat(2), nobody can tell. */
static bool may_write(const es_explained *by)
{
    struct stat now;

    return by->descriptor >= 0 &&
           (!by->is_known || !es_stat_descriptor((uint64_t)by->descriptor, &now) ||
            (now.st_dev == by->device && now.st_ino == by->inode));
}

/* Without the room, which nobody shall wait for as long as whoever reads this takes.  A long stack
 * is written apart, and what others write can come in between. */
static void write_record(const es_log *log, uint32_t record, saying said, int descriptor)
{
    static const char full[] = "pyextrasafe: no room for more denials: further ones are not "
                               "explained\n";
    char block[BLOCK_SIZE];
    const es_denial *denial;
    es_text text = es_text_in(block, sizeof block);
    size_t stack;

    if (said == NO_ROOM) {
        write_all(descriptor, full, sizeof full - 1);
        return;
    }
    denial = &log->records[record].denial;
    if (said == NO_MORE_HERE) {
        es_text_add(&text, "pyextrasafe: more is denied");
        write_first_place(denial->stack, &text);
        es_text_add(&text, ": no further blocks about this place\n");
        write_all(descriptor, block, text.length < sizeof block ? text.length : sizeof block - 1);
        return;
    }
    write_block(denial, &text);
    stack = strlen(denial->stack);
    if (text.length + stack < sizeof block) {
        es_text_add(&text, denial->stack);
        stack = 0;
    }
    write_all(descriptor, block, text.length < sizeof block ? text.length : sizeof block - 1);
    write_all(descriptor, denial->stack, stack);
}

/* A stack is dear.  Without, another place that makes the same call is not noticed. */
static bool is_time_to_look(uint32_t seen)
{
    return seen < LOOKS || (seen & (seen - 1)) == 0;
}

uint32_t es_explain(es_log *log, const es_explained *by, const es_call *call, int errnum,
                    es_stack_writer *write_stack, void *context)
{
    uint64_t key = key_of(&by->policy->numbers, call, errnum), blocked;
    uint32_t found = es_log_find(log, key);
    saying said;
    site at;

    if (found != ES_LOG_NONE && !is_time_to_look(atomic_fetch_add(&log->seen[found], 1))) {
        atomic_fetch_add(&log->records[found].count, 1);
        return found;
    }
    if (!es_room_enter(PATIENCE, &blocked))
        return found;
    es_the_room.frames_length = 0;
    if (write_stack)
        write_stack(context);
    at = fill_in(&fresh, by, call, errnum);
    found = keep(log, key, at, &said);
    es_room_leave(blocked);
    if (said != NOTHING && may_write(by))
        write_record(log, found, said, by->descriptor);
    return found;
}
