/* What a call points to, read into the room: see told.h. */
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "base/kernel_abi.h"
#include "base/text.h"
#include "observe/memory.h"
#include "observe/raw.h"
#include "observe/room.h"
#include "observe/told.h"
#include "observe/watched.h"

enum { ARGUMENTS = 6, FIRST = 3 /* descriptor that is no standard one */ };

unsigned es_pointers(const es_call *call)
{
    unsigned found = 0;

    for (unsigned i = 0; i < ARGUMENTS; i++)
        if (call->args[i] && es_syscall_width(call->arch, call->nr, i) == ES_WIDTH_POINTER)
            found |= 1u << i;
    return found;
}

/* C libraries ask by either call, so a filter may allow only one. */
bool es_stat_descriptor(uint64_t descriptor, struct stat *found)
{
    uint64_t place = (uint64_t)(uintptr_t)found;

    return ES_RAW(SYS_fstat, descriptor, place) == 0 ||
           ES_RAW(SYS_newfstatat, descriptor, (uint64_t)(uintptr_t)"", place,
                  ES_AT_EMPTY_PATH) == 0;
}

bool es_has_address(const es_call *call)
{
    return call->nr == SYS_connect || call->nr == SYS_bind;
}

int es_socket_option(int32_t descriptor, int option)
{
    int32_t borrowed = es_watched_borrow(descriptor);
    int value = -1;
    socklen_t length = sizeof value;

    if (ES_RAW(SYS_getsockopt, (uint64_t)borrowed, SOL_SOCKET, (uint64_t)option,
               (uint64_t)(uintptr_t)&value, (uint64_t)(uintptr_t)&length) != 0)
        value = -1;
    es_watched_give_back(borrowed);
    return value;
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

typedef union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_un local;
    char bytes[sizeof(struct sockaddr_un) + 1];
} socket_address;

/* The address of a socket, and zeros behind it; false where it is none, or cannot be read. */
static bool copy_address(const es_call *call, socket_address *address)
{
    uint32_t length = (uint32_t)call->args[2];

    memset(address, 0, sizeof *address);
    return length >= sizeof(sa_family_t) && length < sizeof *address &&
           es_memory_copy(call->args[1], address, length);
}

/* Not of what stands behind an address, which need not be the same the next time. */
uint64_t es_address_hash(const es_call *call, uint64_t hash)
{
    socket_address address;
    size_t length = sizeof address;

    if (!copy_address(call, &address))
        return es_mix(hash, call->args[1]);
    if (address.any.sa_family == AF_INET)
        length = offsetof(struct sockaddr_in, sin_zero);
    else if (address.any.sa_family == AF_UNIX && address.local.sun_path[0])
        length = offsetof(struct sockaddr_un, sun_path) + strlen(address.local.sun_path);
    for (size_t i = 0; i < length; i++)
        hash = es_mix(hash, (unsigned char)address.bytes[i]);
    return hash;
}

/* The address of a socket as text, and its port; "" for what is not known. */
static void read_address(const es_call *call, char *place, size_t size, int32_t *port)
{
    socket_address address;
    es_text text = es_text_in(place, size);

    if (!copy_address(call, &address))
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
    char *directory = es_the_room.directory, link[64] = "";
    es_text text = es_text_in(link, sizeof link);
    int32_t from = AT_FDCWD;
    int64_t length;

    if (is_relative_to_directory(call, argument))
        from = (int32_t)call->args[argument - 1];
    if (from == AT_FDCWD && !es_is_watching()) {
        length = ES_RAW(SYS_getcwd, (uint64_t)(uintptr_t)directory, ES_PATH_SIZE);
        return length > 0 && directory[0] == '/' ? directory : NULL;
    }
    es_watched_link(from, &text);
    length = ES_RAW(SYS_readlinkat, (uint64_t)(int64_t)AT_FDCWD,
                    (uint64_t)(uintptr_t)link, (uint64_t)(uintptr_t)directory, ES_PATH_SIZE - 1);
    if (length <= 0 || directory[0] != '/')
        return NULL;
    directory[length] = 0;
    return directory;
}

/* ---- Paths by descriptors ------------------------------------------------------------------- */

static const char *behind(const char *path, const char *begin)
{
    size_t length = strlen(begin);
    return path && strncmp(path, begin, length) == 0 ? path + length : NULL;
}

/* NULL where no number stands there. */
static const char *behind_number(const char *text, uint32_t *number)
{
    const char *at = text;

    for (*number = 0; at && *at >= '0' && *at <= '9' && *number < 100000000; at++)
        *number = *number * 10 + (uint32_t)(*at - '0');
    return at == text ? NULL : at;
}

/* What stands behind "/dev/fd/63" or "/proc/self/fd/63"; NULL where a path does not begin so. */
static const char *behind_descriptor(const char *path, uint32_t *number)
{
    static const char *const begins[] = {"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"};
    const char *at = behind_number(behind(path, "/proc/"), number);

    if (at && (int32_t)*number == es_watched_process())
        at = behind(at, "/fd/");
    else
        at = NULL;
    for (size_t i = 0; i < sizeof begins / sizeof *begins && !at; i++)
        at = behind(path, begins[i]);
    at = behind_number(at, number);
    return at && (*at == 0 || *at == '/') ? at : NULL;
}

/* Does a call follow the link that its path ends in?  Those whose paths landlock(7) judges. */
static bool follows(const es_call *call)
{
    switch (call->nr) {
#ifdef SYS_open
    case SYS_open:
    case SYS_creat:
#endif
    case SYS_openat:
    case SYS_truncate:
    case SYS_execve:
    case SYS_linkat: /* by which a file without a name gets one */
        return true;
    default:
        return false;
    }
}

/* Let a path that goes by a descriptor be the one where that leads: its number is another one the
 * next time.  What has no name keeps its path: a pipe or socket, which landlock(7) does not limit,
 * and a file that was removed.  So does a standard stream, which whoever starts the program
 * chooses. */
static void follow_descriptor(const es_call *call, char *path)
{
    static const char removed[] = " (deleted)";
    char *place = es_the_room.directory, link[64] = "";
    es_text text = es_text_in(link, sizeof link);
    uint32_t number;
    const char *rest = behind_descriptor(path, &number);
    int64_t length;

    if (!rest || number < FIRST || !(*rest || follows(call)))
        return;
    es_watched_link((int32_t)number, &text);
    length = ES_RAW(SYS_readlinkat, (uint64_t)(int64_t)AT_FDCWD, (uint64_t)(uintptr_t)link,
                    (uint64_t)(uintptr_t)place, ES_PATH_SIZE - 1);
    if (length <= 0 || place[0] != '/' || (uint64_t)length + strlen(rest) >= ES_PATH_SIZE)
        return;
    place[length] = 0;
    if ((size_t)length >= sizeof removed &&
        strcmp(place + length - (sizeof removed - 1), removed) == 0)
        return;
    if (*rest && !place[1]) /* the root */
        place[0] = 0;
    strcpy(place + strlen(place), rest);
    strcpy(path, place);
}

/* ---- Paths that go up ----------------------------------------------------------------------- */

/* What follows the last ".." of a path; the path itself where it has none. */
static const char *behind_up(const char *path)
{
    const char *rest = path;

    for (const char *at = path; *at;) {
        size_t length = strcspn(at, "/");
        const char *next = at + length + strspn(at + length, "/");
        if (length == 2 && at[0] == '.' && at[1] == '.')
            rest = next;
        at = next;
    }
    return rest;
}

/* Up is where a link leads, and not where it lies: let the directory be the one that a path reaches
 * by its last "..", and return what follows that.  Where the kernel does not say, names decide. */
static const char *go_up(const char *path, const char **directory, char *place)
{
    const char *rest = behind_up(path);
    char link[64] = "";
    es_text text = es_text_in(place, ES_PATH_SIZE), name = es_text_in(link, sizeof link);
    int64_t descriptor, length;

    if (rest == path || !*directory || strlen(*directory) + strlen(path) + 2 > ES_PATH_SIZE)
        return path;
    es_text_add(&text, *directory);
    es_text_add(&text, "/");
    es_text_add(&text, path);
    place[strlen(place) - strlen(rest)] = 0;
    descriptor = ES_RAW(SYS_openat, (uint64_t)(int64_t)AT_FDCWD, (uint64_t)(uintptr_t)place,
                        O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (descriptor < 0)
        return path;
    es_text_add(&name, "/proc/self/fd/");
    es_text_add_number(&name, (uint64_t)descriptor, 10);
    length = ES_RAW(SYS_readlinkat, (uint64_t)(int64_t)AT_FDCWD, (uint64_t)(uintptr_t)link,
                    (uint64_t)(uintptr_t)place, ES_PATH_SIZE - 1);
    ES_RAW(SYS_close, (uint64_t)descriptor);
    if (length <= 0 || place[0] != '/')
        return path;
    memcpy(es_the_room.directory, place, (size_t)length);
    es_the_room.directory[length] = 0;
    *directory = es_the_room.directory;
    return rest;
}

/* ---- All of it ------------------------------------------------------------------------------ */

/* Read the strings of a call into the room. */
es_told es_read_told(const es_call *call)
{
    es_told told = {.size = sizeof told, .port = -1};
    unsigned used = 0;

    for (unsigned i = 0; i < ARGUMENTS && used < 2; i++) {
        char *path = es_the_room.paths[used], *whole = es_the_room.whole[used];
        const char *directory, *rest;
        if (!es_syscall_takes_path(call->arch, call->nr, i) ||
            !es_memory_string(call->args[i], path, ES_PATH_SIZE))
            continue;
        told.paths[i] = path;
        directory = path[0] == '/' ? "/" : directory_of(call, i);
        rest = go_up(path, &directory, whole);
        if (directory && path[0] &&
            es_path_join(directory, rest, whole, ES_PATH_SIZE) < ES_PATH_SIZE) {
            follow_descriptor(call, whole);
            told.whole[i] = whole;
        }
        used++;
    }
    if (es_has_address(call)) {
        es_the_room.paths[0][0] = 0;
        read_address(call, es_the_room.paths[0], ES_PATH_SIZE, &told.port);
        if (es_the_room.paths[0][0])
            told.paths[1] = es_the_room.paths[0];
    }
    return told;
}
