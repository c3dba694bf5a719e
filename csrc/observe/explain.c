/*
 * A denial in words: what the call was, where the program is, and what would allow it.
 *
 * One thread at a time does so, since there is one place for all that is long: a thread may have a
 * small stack.  It blocks all signals but SIGSYS meanwhile, by which its stack is written.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "base/text.h"
#include "observe/explain.h"
#include "observe/hints.h"
#include "observe/memory.h"
#include "observe/raw.h"
#include "table/syscalls.h"

enum {
    ARGUMENTS = 6,
    PATH_SIZE = 4096,
    CANDIDATES = 12, /* that are remembered */
    SHOWN = 3,       /* that are written */
    LOOKS = 8,       /* so often a call is looked at closely, then ever more rarely */
    PATIENCE = 4000  /* so often another thread is let go on first */
};

/* What is long, of the thread that holds the lock. */
static struct {
    _Atomic uint64_t holder; /* process and thread, or 0 */
    char paths[2][PATH_SIZE], whole[2][PATH_SIZE], directory[PATH_SIZE];
    char frames[16384], block[sizeof(es_denial)];
    size_t frames_length;
} room;

/* ---- One at a time ------------------------------------------------------------------------- */

static int32_t own_thread(void)
{
    return (int32_t)ES_RAW(SYS_gettid, 0);
}

static int32_t own_process(void)
{
    return (int32_t)ES_RAW(SYS_getpid, 0);
}

static uint64_t self(void)
{
    return (uint64_t)(uint32_t)own_process() << 32 | (uint32_t)own_thread();
}

static void change_mask(int how, uint64_t mask, uint64_t *old)
{
    ES_RAW(SYS_rt_sigprocmask, (uint64_t)how, (uint64_t)(uintptr_t)&mask, (uint64_t)(uintptr_t)old,
           sizeof mask);
}

/* In a child that was forked meanwhile nobody would give it back: after some time it is taken. */
static bool take_room(void)
{
    uint64_t own = self();

    for (int tries = 0; tries < PATIENCE; tries++) {
        uint64_t holder = 0;
        if (atomic_compare_exchange_strong(&room.holder, &holder, own))
            return true;
        if (holder == own)
            return false;
        if (tries == PATIENCE - 1 && holder >> 32 != own >> 32)
            return atomic_compare_exchange_strong(&room.holder, &holder, own);
        ES_RAW(SYS_sched_yield, 0);
    }
    return false;
}

/* Signals wait meanwhile, but for that by which a stack is written. */
static bool enter(uint64_t *blocked)
{
    change_mask(SIG_BLOCK, ~((uint64_t)1 << (SIGSYS - 1)), blocked);
    if (take_room())
        return true;
    change_mask(SIG_SETMASK, *blocked, NULL);
    return false;
}

static void leave(uint64_t blocked)
{
    uint64_t own = self();

    atomic_compare_exchange_strong(&room.holder, &own, 0);
    change_mask(SIG_SETMASK, blocked, NULL);
}

void es_frames_add(uint64_t address, uint64_t size)
{
    size_t left = sizeof room.frames - 1 - room.frames_length;

    if (atomic_load(&room.holder) != self())
        return;
    if (size > left)
        size = left;
    memcpy(room.frames + room.frames_length, (const void *)(uintptr_t)address, size);
    room.frames_length += size;
}

/* ---- What the call was --------------------------------------------------------------------- */

/* Bit n: argument n is a pointer that is not NULL. */
static unsigned pointers(const es_call *call)
{
    unsigned found = 0;

    for (unsigned i = 0; i < ARGUMENTS; i++)
        if (call->args[i] && es_syscall_width(call->arch, call->nr, i) == ES_WIDTH_POINTER)
            found |= 1u << i;
    return found;
}

static bool has_address(const es_call *call)
{
    return call->nr == SYS_connect || call->nr == SYS_bind;
}

/* Not by inet_ntop(3), which may use stdio. */
static void write_internet(const char *bytes, bool is_four, es_text *text)
{
    const unsigned char *at = (const unsigned char *)bytes;

    for (int i = 0; is_four && i < 4; i++) {
        es_text_add(text, i ? "." : "");
        es_text_add_number(text, at[i], 10);
    }
    for (int i = 0; !is_four && i < 16; i += 2) {
        char digits[8];
        es_text group = es_text_in(digits, sizeof digits);
        es_text_add_number(&group, (uint64_t)(at[i] << 8 | at[i + 1]), 16);
        es_text_add(text, i ? ":" : "[");
        es_text_add(text, digits + strlen("0x"));
    }
    es_text_add(text, is_four ? "" : "]");
}

/* The address of a socket as text, and its port; "" for what is not known. */
static void read_address(const es_call *call, char *place, size_t size, int32_t *port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
        struct sockaddr_un local;
        char bytes[sizeof(struct sockaddr_un) + 1];
    } address;
    es_text text = es_text_in(place, size);
    uint32_t length = (uint32_t)call->args[2];

    memset(&address, 0, sizeof address);
    if (length < sizeof(sa_family_t) || length >= sizeof address ||
        !es_memory_copy(call->args[1], &address, length))
        return;
    if (address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6) {
        bool is_four = address.any.sa_family == AF_INET;
        *port = ntohs(is_four ? address.four.sin_port : address.six.sin6_port);
        write_internet(is_four ? (const char *)&address.four.sin_addr
                               : (const char *)&address.six.sin6_addr,
                       is_four, &text);
        es_text_add(&text, ":");
        es_text_add_number(&text, (uint64_t)*port, 10);
    } else if (address.any.sa_family == AF_UNIX) {
        bool is_abstract = !address.local.sun_path[0];
        es_text_add(&text, is_abstract ? "@" : "");
        es_text_add(&text, address.local.sun_path + is_abstract);
    }
}

static bool is_relative_to_directory(const es_call *call, unsigned argument)
{
    char name[ES_NAME_SIZE] = "";
    size_t length;

    if (!argument ||
        es_syscall_argument(call->arch, call->nr, argument - 1, name) != ES_OK)
        return false;
    length = strlen(name);
    return length >= 5 && strcmp(name + length - 5, "dirfd") == 0;
}

/* The directory that a relative path counts from; NULL where it cannot be known. */
static const char *directory_of(const es_call *call, unsigned argument)
{
    const int32_t working_directory = -100; /* AT_FDCWD */
    char link[32] = "";
    es_text text = es_text_in(link, sizeof link);
    int64_t length;

    if (!is_relative_to_directory(call, argument) ||
        (int32_t)call->args[argument - 1] == working_directory) {
        length = ES_RAW(SYS_getcwd, (uint64_t)(uintptr_t)room.directory, PATH_SIZE);
        return length > 0 && room.directory[0] == '/' ? room.directory : NULL;
    }
    es_text_add(&text, "/proc/self/fd/");
    es_text_add_number(&text, (uint32_t)call->args[argument - 1], 10);
    length = ES_RAW(SYS_readlinkat, (uint64_t)(int64_t)working_directory,
                    (uint64_t)(uintptr_t)link, (uint64_t)(uintptr_t)room.directory, PATH_SIZE - 1);
    if (length <= 0 || room.directory[0] != '/')
        return NULL;
    room.directory[length] = 0;
    return room.directory;
}

/* Read the strings of a call into the room. */
static es_told read_strings(const es_call *call)
{
    es_told told = {.size = sizeof told, .port = -1};
    unsigned used = 0;

    for (unsigned i = 0; i < ARGUMENTS && used < 2; i++) {
        const char *directory;
        if (!es_syscall_takes_path(call->arch, call->nr, i) ||
            !es_memory_string(call->args[i], room.paths[used], PATH_SIZE))
            continue;
        told.paths[i] = room.paths[used];
        directory = room.paths[used][0] == '/' ? "/" : directory_of(call, i);
        if (directory && room.paths[used][0] &&
            es_path_join(directory, room.paths[used], room.whole[used], PATH_SIZE) < PATH_SIZE)
            told.whole[i] = room.whole[used];
        used++;
    }
    if (has_address(call)) {
        room.paths[0][0] = 0;
        read_address(call, room.paths[0], PATH_SIZE, &told.port);
        if (room.paths[0][0])
            told.paths[1] = room.paths[0];
    }
    return told;
}

/* Calls that differ in nothing that a filter sees, or in a path, have the same key. */
static uint64_t key_of(const es_call *call, int errnum)
{
    unsigned hidden = pointers(call);
    uint64_t key = es_mix((uint64_t)(uint32_t)call->nr << 32 | (uint32_t)errnum,
                          call->instruction_pointer);

    for (unsigned i = 0; i < ARGUMENTS; i++)
        if (es_syscall_width(call->arch, call->nr, i) == ES_WIDTH_NONE)
            continue;
        else if (es_syscall_takes_path(call->arch, call->nr, i))
            key = es_memory_hash(call->args[i], es_mix(key, i));
        else
            key = es_mix(key, hidden >> i & 1 ? i : call->args[i]);
    return key | 1; /* no key is 0 */
}

/* ---- Whose it is --------------------------------------------------------------------------- */

const es_explained *es_refused_by(const es_explained *first, uint32_t count, const es_call *call)
{
    for (uint32_t i = count; i-- > 0;)
        if (es_policy_decide(first[i].policy, call, first[i].own_pid) != ES_ACTION_ALLOW)
            return &first[i];
    return &first[count - 1];
}

const es_explained *es_limited_by(const es_explained *first, uint32_t count, const es_call *call,
                                  int errnum)
{
    const es_explained *found = NULL;
    uint64_t blocked;
    es_told told;

    if ((errnum != EACCES && errnum != EXDEV) || !enter(&blocked))
        return NULL;
    told = read_strings(call);
    for (uint32_t i = count; i-- > 0 && !found;)
        if (es_policy_refuses(first[i].policy, call, ~pointers(call), &told))
            found = &first[i];
    leave(blocked);
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

static uint32_t write_needs(const es_explained *by, const es_call *call, const es_told *told,
                            bool imports, es_text *text, uint64_t *place)
{
    es_candidate found[CANDIDATES];
    uint32_t count = es_candidates_for(by->candidates, call, ~pointers(call), told, by->own_pid,
                                       found, CANDIDATES, NULL);

    count = count < CANDIDATES ? count : CANDIDATES;
    if (imports)
        put_first(found, count, by->python_files);
    for (uint32_t i = 0; i < count; i++) {
        size_t before = text->length, length = es_candidate_code(&found[i], told, NULL, 0);
        if (before + length + 2 > text->size)
            return i;
        (void)es_candidate_code(&found[i], told, text->memory + before, text->size - before);
        text->length += length;
        es_text_add(text, "\n");
        *place = es_mix(*place, found[i].permission);
    }
    return count;
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

/* Keep the lines of frames; those of the import system only where it is not what is told. */
static void write_frames(bool is_import, es_text *text, uint64_t *place)
{
    room.frames[room.frames_length] = 0;
    for (const char *line = room.frames; *line; line = line_end(line)) {
        size_t length = (size_t)(line_end(line) - line);
        if (!starts_with(line, "  File \"") ||
            (is_import && starts_with(line, "  File \"<frozen ")))
            continue;
        if (text->length + length >= text->size)
            break;
        es_text_add_part(text, line, length);
        for (size_t i = 0; i < length; i++)
            *place = es_mix(*place, (unsigned char)line[i]);
    }
}

static bool is_import(void)
{
    const char *line;

    room.frames[room.frames_length] = 0;
    line = strstr(room.frames, "  File \"");
    return line && (starts_with(line, "  File \"<frozen importlib") ||
                    starts_with(line, "  File \"<frozen zipimport"));
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
    es_text_add(text, denial->stack);
}

static void write_all(int descriptor, const char *text, size_t length)
{
    while (length) {
        int64_t written = ES_RAW(SYS_write, (uint64_t)(int64_t)descriptor,
                                 (uint64_t)(uintptr_t)text, length);
        if (written <= 0 && written != -EINTR)
            return;
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
}

/* Fill in all of a denial, and mix into *place what makes its block another one. */
static void fill_in(es_denial *denial, const es_explained *by, const es_call *call, int errnum,
                    uint64_t *place)
{
    es_told told = read_strings(call);
    es_text needs = es_text_in(denial->needs, sizeof denial->needs);
    es_text stack = es_text_in(denial->stack, sizeof denial->stack);
    es_text imported = es_text_in(denial->imported, sizeof denial->imported);
    const char *path = NULL;

    denial->number = call->nr;
    denial->errnum = errnum;
    denial->thread = own_thread();
    denial->process = own_process();
    for (unsigned i = ARGUMENTS; i-- > 0;)
        path = told.paths[i] ? told.paths[i] : path;
    denial->path[0] = 0;
    if (path)
        strncat(denial->path, path, sizeof denial->path - 1);
    es_word_call_told(call, ~pointers(call), &told, denial->words, sizeof denial->words);
    *place = es_mix((uint32_t)call->nr, (uint32_t)errnum);
    if (is_import())
        es_text_add(&imported, es_imported());
    write_needs(by, call, &told, denial->imported[0], &needs, place);
    if (denial->imported[0])
        *place = 0; /* an import makes several calls, of which one tells enough */
    for (const char *c = denial->imported; *c; c++)
        *place = es_mix(*place, (unsigned char)*c);
    write_frames(denial->imported[0], &stack, place);
}

/* What was taken from a log cannot be given back: fill in a denial here, then look whether it is
 * new. */
static es_denial fresh;

static uint32_t keep(es_log *log, uint64_t key, uint64_t place, int descriptor)
{
    static const char full[] = "pyextrasafe: no room for more denials: further ones are not "
                               "explained\n";
    uint32_t known = es_log_find_place(log, key, place);
    bool told = es_log_has_place(log, place);
    es_text text = es_text_in(room.block, sizeof room.block);
    es_record *record;

    if (known != ES_LOG_NONE) {
        atomic_fetch_add(&log->records[known].count, 1);
        return known;
    }
    record = es_log_take(log);
    if (!record) {
        if (atomic_fetch_add(&log->missed, 1) == 0 && descriptor >= 0)
            write_all(descriptor, full, sizeof full - 1);
        return ES_LOG_NONE;
    }
    record->key = key;
    record->place = place;
    memcpy(&record->denial, &fresh, sizeof fresh);
    es_log_complete(log, record);
    if (!told && descriptor >= 0) {
        write_block(&fresh, &text);
        write_all(descriptor, room.block,
                  text.length < sizeof room.block ? text.length : sizeof room.block - 1);
    }
    return (uint32_t)(record - log->records);
}

/* A stack is dear.  Without, another place that makes the same call is not noticed. */
static bool is_time_to_look(uint32_t seen)
{
    return seen < LOOKS || (seen & (seen - 1)) == 0;
}

uint32_t es_explain(es_log *log, const es_explained *by, const es_call *call, int errnum,
                    es_stack_writer *write_stack, void *context)
{
    uint64_t key = key_of(call, errnum), place, blocked;
    uint32_t found = es_log_find(log, key);

    if (found != ES_LOG_NONE && !is_time_to_look(atomic_fetch_add(&log->seen[found], 1))) {
        atomic_fetch_add(&log->records[found].count, 1);
        return found;
    }
    if (!enter(&blocked)) {
        atomic_fetch_add(&log->missed, 1);
        return found;
    }
    room.frames_length = 0;
    if (write_stack)
        write_stack(context);
    fill_in(&fresh, by, call, errnum, &place);
    found = keep(log, key, place, by->descriptor);
    leave(blocked);
    return found;
}
