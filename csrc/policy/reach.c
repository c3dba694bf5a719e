/*
 * What calls do on paths and ports that landlock(7) limits, and which grants let them.
 *
 * Source: security/landlock/fs.c and net.c of Linux 6.18.
 */
#include <errno.h>

#include "base/kernel_abi.h"
#include "policy/access.h"
#include "policy/origin.h"
#include "policy/reach.h"
#include "table/rights.h"

const es_free_path es_free_paths[ES_FREE_PATHS] = {
    {"/dev/null", ES_RIGHT_READ_FILE | ES_RIGHT_WRITE_FILE | ES_RIGHT_TRUNCATE, true},
    /* Where a later context counts threads. */
    {"/proc/self/task", ES_RIGHT_READ_FILE | ES_RIGHT_READ_DIR, false},
};

/* ---- Calls --------------------------------------------------------------------------------- */

typedef enum { OPENS, CREATES, REMOVES, MAKES, MOVES, LINKS, USES, USES_PARENT, TO_PORT } kind;

static const struct {
    uint16_t call;
    uint8_t kind;
    uint8_t path;    /* the argument that has the path, or the new one */
    uint8_t other;   /* the one with the flags; or, of what moves and links, with the old path */
    uint32_t rights; /* where these are always the same */
} judged[] = {
    {ES_SYS_open, OPENS, 0, 1, 0},
    {ES_SYS_openat, OPENS, 1, 2, 0},
    {ES_SYS_creat, CREATES, 0, 0, 0},
    {ES_SYS_truncate, USES, 0, 0, ES_RIGHT_TRUNCATE},
    {ES_SYS_execve, USES, 0, 0, ES_RIGHT_EXECUTE},
    {ES_SYS_execveat, USES, 1, 0, ES_RIGHT_EXECUTE},
    {ES_SYS_mkdir, USES_PARENT, 0, 0, ES_RIGHT_MAKE_DIR},
    {ES_SYS_mkdirat, USES_PARENT, 1, 0, ES_RIGHT_MAKE_DIR},
    {ES_SYS_rmdir, USES_PARENT, 0, 0, ES_RIGHT_REMOVE_DIR},
    {ES_SYS_unlink, USES_PARENT, 0, 0, ES_RIGHT_REMOVE_FILE},
    {ES_SYS_unlinkat, REMOVES, 1, 2, 0},
    {ES_SYS_symlink, USES_PARENT, 1, 0, ES_RIGHT_MAKE_SYM},
    {ES_SYS_symlinkat, USES_PARENT, 2, 0, ES_RIGHT_MAKE_SYM},
    {ES_SYS_mknod, MAKES, 0, 1, 0},
    {ES_SYS_mknodat, MAKES, 1, 2, 0},
    {ES_SYS_link, LINKS, 1, 0, 0},
    {ES_SYS_linkat, LINKS, 3, 1, 0},
    {ES_SYS_rename, MOVES, 1, 0, 0},
    {ES_SYS_renameat, MOVES, 3, 1, 0},
    {ES_SYS_renameat2, MOVES, 3, 1, 0},
    {ES_SYS_connect, TO_PORT, 1, 0, ES_RIGHT_CONNECT_TCP},
    {ES_SYS_bind, TO_PORT, 1, 0, ES_RIGHT_BIND_TCP},
};

enum { JUDGED = sizeof judged / sizeof *judged };

static void use(es_deed *deed, uint32_t rights, unsigned argument, bool on_parent)
{
    deed->uses[deed->count++] = (es_use){rights, argument, on_parent};
}

static void open_path(es_deed *deed, uint32_t arch, uint64_t flags, unsigned path)
{
    uint64_t directory = arch == ES_ARCH_AARCH64 ? ES_O_DIRECTORY_AARCH64 : ES_O_DIRECTORY;
    uint64_t mode = flags & ES_O_ACCMODE;
    uint32_t rights = 0;

    if (flags & ES_O_PATH) {
        use(deed, 0, path, false);
        return;
    }
    if (mode == 0 || mode == ES_O_RDWR)
        rights |= (flags & (directory | ES_O_TMPFILE_BIT)) == directory ? ES_RIGHT_READ_DIR
                                                                        : ES_RIGHT_READ_FILE;
    if (mode == ES_O_WRONLY || mode == ES_O_RDWR)
        rights |= ES_RIGHT_WRITE_FILE;
    if (flags & ES_O_TRUNC)
        rights |= ES_RIGHT_TRUNCATE;
    use(deed, rights, path, false);
    if ((flags & ES_O_CREAT) && (flags & ES_O_EXCL))
        use(deed, ES_RIGHT_MAKE_REG, path, true);
}

static uint32_t rights_to_make(uint64_t mode)
{
    switch (mode & ES_S_IFMT) {
    case 0:
    case ES_S_IFREG:
        return ES_RIGHT_MAKE_REG;
    case ES_S_IFSOCK:
        return ES_RIGHT_MAKE_SOCK;
    case ES_S_IFIFO:
        return ES_RIGHT_MAKE_FIFO;
    case ES_S_IFCHR:
        return ES_RIGHT_MAKE_CHAR;
    case ES_S_IFBLK:
        return ES_RIGHT_MAKE_BLOCK;
    default:
        return 0;
    }
}

static bool has_flags(unsigned of)
{
    return of == OPENS || of == REMOVES || of == MAKES;
}

static void fill(es_deed *deed, const es_call *call, unsigned known, unsigned index)
{
    unsigned path = judged[index].path, other = judged[index].other;
    uint64_t flags = call->args[other];

    if (has_flags(judged[index].kind) && !(known >> other & 1)) {
        deed->count = -1 - (int)other;
        return;
    }
    switch (judged[index].kind) {
    case OPENS:
        open_path(deed, call->arch, flags, path);
        break;
    case CREATES:
        open_path(deed, call->arch, ES_O_WRONLY | ES_O_CREAT | ES_O_TRUNC, path);
        break;
    case REMOVES:
        use(deed, flags & ES_AT_REMOVEDIR ? ES_RIGHT_REMOVE_DIR : ES_RIGHT_REMOVE_FILE, path,
            true);
        break;
    case MAKES:
        use(deed, rights_to_make(flags), path, true);
        break;
    case MOVES:
        use(deed, ES_RIGHT_REMOVE_FILE, other, true);
        use(deed, ES_RIGHT_MAKE_REG, path, true);
        break;
    case LINKS:
        use(deed, ES_RIGHT_MAKE_REG, path, true);
        break;
    default:
        use(deed, judged[index].rights, path, judged[index].kind == USES_PARENT);
    }
    deed->moves = judged[index].kind == MOVES || judged[index].kind == LINKS;
    deed->from = other;
    deed->to = path;
}

es_deed es_deed_of(const es_call *call, unsigned known, const es_told *told)
{
    bool is_told = told && told->size >= sizeof *told;
    es_deed deed = {.port = is_told ? told->port : -1};
    es_call native = *call;
    unsigned index;

    native.arch = native.arch ? native.arch : es_arch_native();
    for (unsigned i = 0; is_told && i < 6; i++)
        deed.places[i] = es_place_of(told->whole[i]);
    index = es_listed_index(native.arch, native.nr);
    for (unsigned i = 0; i < JUDGED; i++) {
        if (judged[i].call != index)
            continue;
        deed.is_judged = judged[i].kind != TO_PORT;
        fill(&deed, &native, known, i);
    }
    return deed;
}

int es_call_uses(const es_call *call, unsigned known, es_use uses[ES_USES])
{
    es_deed deed;

    if (!call || !uses)
        return 0;
    deed = es_deed_of(call, known, NULL);
    for (int i = 0; i < deed.count; i++)
        uses[i] = deed.uses[i];
    return deed.count;
}

/* ---- Grants -------------------------------------------------------------------------------- */

es_reach es_reach_of(const es_policy *policy)
{
    return (es_reach){.policy = policy,
                      .limited = es_policy_limited_rights(policy) &
                                 es_rights_of_abi(policy->landlock_abi),
                      .everywhere = es_policy_rights_everywhere(policy),
                      .port = -1};
}

static uint32_t rights_at(const es_reach *reach, es_place place)
{
    uint32_t rights = reach->everywhere;

    for (uint32_t i = 0; i < reach->policy->grants.count; i++) {
        const es_grant *grant = &reach->policy->grants.items[i];
        if (es_is_path(&grant->given) && (grant->rights & ~rights) &&
            es_place_is_in(place, es_place_of(grant->given.path)))
            rights |= grant->rights;
    }
    if ((reach->path.text && es_place_is_in(place, reach->path)) ||
        (reach->other.text && es_place_is_in(place, reach->other)))
        rights |= reach->more;
    for (unsigned i = 0; i < ES_FREE_PATHS; i++)
        if (es_place_is_in(place, es_place_of(es_free_paths[i].path)))
            rights |= es_free_paths[i].rights;
    return rights;
}

static uint32_t rights_on_port(const es_reach *reach, int32_t port)
{
    uint32_t rights = reach->everywhere;

    for (uint32_t i = 0; i < reach->policy->grants.count; i++) {
        const es_grant *grant = &reach->policy->grants.items[i];
        if (grant->given.kind == ES_TAKES_PORT && grant->given.port == port)
            rights |= grant->rights;
    }
    return reach->port == port ? rights | reach->more : rights;
}

/* Does it lack a right that it uses there?  Not where the place is not known. */
static bool lacks(const es_reach *reach, const es_deed *deed, const es_use *it)
{
    uint32_t rights = it->rights & reach->limited;
    es_place place = deed->places[it->argument];

    if (!rights)
        return false;
    if (rights & ES_ON_PORTS)
        return deed->port >= 0 && (rights & ~rights_on_port(reach, deed->port));
    if (!place.text)
        return false;
    return rights & ~rights_at(reach, it->on_parent ? es_place_parent(place) : place);
}

/* May a file be moved between two directories?  No right on it may be won by that. */
static bool may_move(const es_reach *reach, es_place from, es_place to)
{
    uint32_t old = rights_at(reach, from), new = rights_at(reach, to);

    return (old & new & ES_RIGHT_REFER) && !(reach->limited & ES_ON_ONE_FILE & new & ~old);
}

int es_refuses(const es_reach *reach, const es_deed *deed)
{
    es_place from = deed->places[deed->from], to = deed->places[deed->to];

    for (int i = 0; i < deed->count; i++)
        if (lacks(reach, deed, &deed->uses[i]))
            return EACCES;
    if (!deed->moves || !(reach->limited & ES_RIGHT_REFER) || !from.text || !to.text)
        return 0;
    from = es_place_parent(from);
    to = es_place_parent(to);
    return es_same_place(from, to) || may_move(reach, from, to) ? 0 : EXDEV;
}

int es_policy_refuses(const es_policy *policy, const es_call *call, unsigned known,
                      const es_told *told)
{
    es_reach reach;
    es_deed deed;

    if (!policy || !call)
        return 0;
    reach = es_reach_of(policy);
    deed = es_deed_of(call, known, told);
    return es_refuses(&reach, &deed);
}
