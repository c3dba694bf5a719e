/*
 * What is noted of a call while learning.
 *
 * Two calls are the same when no permission could allow one and not the other: compared are only
 * the arguments that the table compares, and paths only where landlock(7) judges them.  The numbers
 * of descriptors from 3 up change from one run to the next: what they are stands for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/kernel_abi.h"
#include "observe/facts.h"
#include "observe/memory.h"
#include "observe/raw.h"
#include "observe/told.h"
#include "observe/watched.h"
#include "table/syscalls.h"

enum { ARGUMENTS = 6, NO_ARGUMENT = ARGUMENTS, FIRST = 3 /* descriptor that is no standard one */ };

/* What is looked up in advance, since each call asks for it.  Bit n is about argument n. */
typedef struct {
    uint8_t compared;
    uint8_t descriptor; /* the argument that is one */
    uint8_t pointers;
    uint8_t varying; /* whose width other arguments say */
    uint8_t paths;   /* that landlock(7) judges */
} shape;

static shape shapes[ES_NUMBER_LIMIT];

/* ---- What the table compares ---------------------------------------------------------------- */

static bool is_descriptor(int32_t number, unsigned argument)
{
    char name[ES_NAME_SIZE];
    size_t length;

    if (es_syscall_argument(0, number, argument, name) != ES_OK ||
        es_syscall_width(0, number, argument) != ES_WIDTH_32)
        return false;
    length = strlen(name);
    return (length >= 2 && strcmp(name + length - 2, "fd") == 0 &&
            (length < 5 || strcmp(name + length - 5, "dirfd") != 0)) ||
           strcmp(name, "fildes") == 0 || strncmp(name, "fd_", 3) == 0;
}

static uint8_t with_width(int32_t number, int width)
{
    uint8_t found = 0;

    for (unsigned i = 0; i < ARGUMENTS; i++)
        if (es_syscall_width(0, number, i) == width)
            found = (uint8_t)(found | 1u << i);
    return found;
}

static uint8_t judged_paths(int32_t number)
{
    es_call call = {.nr = number, .arch = es_arch_native()};
    es_use uses[ES_USES];
    uint8_t found = 0;

    if (es_call_uses(&call, ~0u, uses) != 0)
        for (unsigned i = 0; i < ARGUMENTS; i++)
            if (es_syscall_takes_path(0, number, i))
                found = (uint8_t)(found | 1u << i);
    return found;
}

static shape shape_of(int32_t number)
{
    shape found = {
        .pointers = with_width(number, ES_WIDTH_POINTER),
        .varying = with_width(number, ES_WIDTH_VARIES),
        .paths = judged_paths(number),
    };

    while (found.descriptor < ARGUMENTS && !is_descriptor(number, found.descriptor))
        found.descriptor++;
    return found;
}

/* Which arguments the rows of the table compare; of calls that it does not have, all that a rule
 * could. */
static void note_compared(void)
{
    bool listed[ES_NUMBER_LIMIT] = {false};
    es_row_info row;

    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++) {
        int32_t number = es_syscall_number(0, row.syscall);
        if (number < 0 || number >= ES_NUMBER_LIMIT)
            continue;
        listed[number] = listed[number] || row.kind == ES_ROW_RULE || row.kind == ES_ROW_PROMISE;
        for (uint32_t j = 0; j < row.comparison_count; j++)
            shapes[number].compared =
                (uint8_t)(shapes[number].compared | 1u << row.comparisons[j].argument);
    }
    for (int32_t number = 0; number < ES_NUMBER_LIMIT; number++)
        if (!listed[number])
            shapes[number].compared =
                (uint8_t)(with_width(number, ES_WIDTH_32) | shapes[number].varying);
}

void es_facts_start(void)
{
    static bool known;

    if (known)
        return;
    for (int32_t number = 0; number < ES_NUMBER_LIMIT; number++)
        shapes[number] = shape_of(number);
    note_compared();
    known = true;
}

/* ---- Descriptors ---------------------------------------------------------------------------- */

static uint32_t kind_of_socket(int32_t descriptor)
{
    int domain = es_socket_option(descriptor, SO_DOMAIN);
    int type = es_socket_option(descriptor, SO_TYPE);
    bool is_internet = domain == AF_INET || domain == AF_INET6;

    if (is_internet && type == SOCK_STREAM)
        return ES_IS_TCP;
    if (is_internet && type == SOCK_DGRAM)
        return ES_IS_UDP;
    if (domain == AF_UNIX)
        return type == SOCK_DGRAM ? ES_IS_UNIX_DATAGRAM : ES_IS_UNIX_STREAM;
    return ES_IS_SOCKET;
}

static bool is_terminal(int32_t descriptor, dev_t device)
{
    int32_t borrowed = es_watched_borrow(descriptor);
    char modes[64]; /* what the kernel writes is smaller */
    unsigned number = major(device);
    bool answers;

    if (borrowed < 0) /* by the kernel's devices.txt: consoles, and both kinds of UNIX98 */
        return number == 4 || number == 5 || (number >= 136 && number <= 143);
    answers = ES_RAW(SYS_ioctl, (uint64_t)borrowed, ES_TCGETS, (uint64_t)(uintptr_t)modes) == 0;
    es_watched_give_back(borrowed);
    return answers;
}

uint32_t es_descriptor_kind(int32_t descriptor)
{
    struct stat found;

    if (es_watched_stat(descriptor, &found) != 0)
        return ES_IS_NOT_KNOWN;
    switch (found.st_mode & S_IFMT) {
    case S_IFREG:
        return ES_IS_FILE;
    case S_IFDIR:
        return ES_IS_DIRECTORY;
    case S_IFIFO:
        return ES_IS_PIPE;
    case S_IFCHR:
        return is_terminal(descriptor, found.st_rdev) ? ES_IS_TERMINAL : ES_IS_DEVICE;
    case S_IFBLK:
        return ES_IS_DEVICE;
    case S_IFSOCK:
        return kind_of_socket(descriptor);
    default:
        return ES_IS_OTHER;
    }
}

/* ---- Paths ---------------------------------------------------------------------------------- */

/* The directory that a path argument counts from, if it is relative. */
static int32_t directory_before(const es_call *call, unsigned argument)
{
    if (!argument || shapes[call->nr].pointers >> (argument - 1) & 1)
        return AT_FDCWD;
    return (int32_t)call->args[argument - 1];
}

static bool creates(const es_call *call, unsigned *path)
{
    bool at = call->nr == SYS_openat;

#ifdef SYS_open
    *path = call->nr == SYS_openat;
    if (call->nr == SYS_creat)
        return true;
    at = at || call->nr == SYS_open;
#else
    *path = 1;
#endif
    return at && call->args[*path + 1] & O_CREAT;
}

int64_t es_stat_path(const es_call *call, unsigned path, int flags, struct stat *found)
{
    return es_watched_stat_path(directory_before(call, path), call->args[path], flags, found);
}

static bool is_missing(const es_call *call, unsigned path)
{
    struct stat found;

    return es_stat_path(call, path, 0, &found) == -ENOENT;
}

/* Which directory a relative path counts from. */
static uint64_t mix_directory(const es_call *call, unsigned argument, uint64_t key)
{
    struct stat found;
    char first = 0;

    if (!es_memory_copy(call->args[argument], &first, 1) || first == '/' ||
        es_watched_stat(directory_before(call, argument), &found) != 0)
        return key;
    return es_mix(es_mix(key, found.st_dev), found.st_ino);
}

static uint64_t mix_address(const es_call *call, uint64_t key)
{
    struct sockaddr_storage address;
    size_t length = (uint32_t)call->args[2];
    const unsigned char *bytes = (const unsigned char *)&address;

    length = length < sizeof address ? length : sizeof address;
    memset(&address, 0, sizeof address);
    if (!es_memory_copy(call->args[1], &address, length))
        return key;
    if (address.ss_family == AF_INET || address.ss_family == AF_INET6)
        return es_mix(key, ((struct sockaddr_in *)&address)->sin_port);
    for (size_t i = 0; i < length; i++)
        key = es_mix(key, bytes[i]);
    return key;
}

/* ---- What tells calls apart ----------------------------------------------------------------- */

/* Compared as they are; pointers only for whether they are NULL. */
static uint64_t mix_arguments(const es_call *call, const shape *its, uint32_t compared,
                              uint64_t key)
{
    for (unsigned i = 0; i < ARGUMENTS; i++)
        if (compared >> i & 1)
            key = es_mix(key, its->pointers >> i & 1 && call->args[i] ? i : call->args[i]);
    return key;
}

es_facts es_facts_of(const es_call *call)
{
    static const shape no_shape = {.descriptor = NO_ARGUMENT};
    bool is_listed = call->nr >= 0 && call->nr < ES_NUMBER_LIMIT;
    const shape *its = is_listed ? &shapes[call->nr] : &no_shape;
    es_facts facts = {
        .compared = its->compared, .descriptor = its->descriptor, .paths = its->paths};
    uint64_t key = es_mix((uint32_t)call->nr, 0);
    unsigned path;

    if (facts.descriptor != NO_ARGUMENT && (int32_t)call->args[facts.descriptor] >= FIRST) {
        facts.is = es_descriptor_kind((int32_t)call->args[facts.descriptor]);
        facts.compared &= ~(1u << facts.descriptor);
        key = es_mix(key, (uint64_t)facts.is << 32); /* no number of a descriptor */
    }
    for (unsigned i = 0; i < ARGUMENTS; i++)
        if (its->varying >> i & 1 && call->args[i] >> 32) /* a pointer, for this request */
            facts.compared &= ~(1u << i);
    key = mix_arguments(call, its, facts.compared, key);
    facts.created = creates(call, &path) && is_missing(call, path);
    key = es_mix(key, facts.created);
    facts.kind = key;
    for (unsigned i = 0; i < ARGUMENTS; i++)
        if (its->paths >> i & 1)
            key = es_memory_hash(call->args[i], mix_directory(call, i, es_mix(key, i)));
    if (call->nr == SYS_connect || call->nr == SYS_bind)
        key = mix_address(call, key);
    facts.key = key | 1;
    return facts;
}

/* ---- All of it ------------------------------------------------------------------------------ */

static void add(es_observation *observation, unsigned argument, const char *path)
{
    uint32_t at = observation->path_count++;

    observation->path_arguments[at] = argument;
    strncat(observation->paths[at], path, sizeof observation->paths[at] - 1);
}

/* The lines of frames, but for those of the import system. */
static void write_stack(es_observation *observation)
{
    static const char begin[] = "  File \"", frozen[] = "  File \"<frozen ";
    size_t length = 0;

    es_the_room.frames[es_the_room.frames_length] = 0;
    for (const char *line = es_the_room.frames, *end; *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        if (strncmp(line, begin, sizeof begin - 1) != 0 ||
            strncmp(line, frozen, sizeof frozen - 1) == 0)
            continue;
        if (length + (size_t)(end - line) >= sizeof observation->stack)
            break;
        memcpy(observation->stack + length, line, (size_t)(end - line));
        length += (size_t)(end - line);
    }
    observation->stack[length] = 0;
}

void es_facts_fill(const es_call *call, const es_facts *facts, es_observation *observation)
{
    es_told told = es_read_told(call);

    observation->call = *call;
    observation->compared = facts->compared;
    observation->descriptor = facts->descriptor;
    observation->kind = facts->is;
    observation->created = facts->created;
    observation->port = told.port;
    observation->thread = es_watched_thread();
    observation->process = es_watched_process();
    for (unsigned i = 0; i < ARGUMENTS && observation->path_count < 2; i++)
        if (told.paths[i])
            add(observation, i, told.whole[i] ? told.whole[i] : told.paths[i]);
    write_stack(observation);
}
