/*
 * Paths and ports of a policy, as a ruleset of landlock(7).
 *
 * Sources: landlock(7), landlock_create_ruleset(2), landlock_add_rule(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "policy/access.h"
#include "policy/origin.h"
#include "policy/reach.h"
#include "process/landlock.h"
#include "table/rights.h"

/* The kernel's structs. */
typedef struct {
    uint64_t handled_fs, handled_net;
} ruleset_attributes;

typedef struct {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed)) path_rule;

typedef struct {
    uint64_t allowed, port;
} port_rule;

static long create_ruleset(const ruleset_attributes *attributes, size_t size, unsigned flags)
{
    return syscall(ES_NR_LANDLOCK_CREATE_RULESET, attributes, size, flags);
}

static long add_rule(int ruleset, int type, const void *rule)
{
    return syscall(ES_NR_LANDLOCK_ADD_RULE, ruleset, type, rule, 0);
}

/* As the kernel's numbers of rights for ports. */
static uint64_t net_rights(uint32_t rights)
{
    return (rights & ES_RIGHT_BIND_TCP ? 1u : 0u) | (rights & ES_RIGHT_CONNECT_TCP ? 2u : 0u);
}

/* A ruleset that limits these rights: its descriptor, or -1. */
static int limit_rights(uint32_t rights)
{
    ruleset_attributes attributes = {rights & ES_ON_FILES, net_rights(rights)};
    size_t size = attributes.handled_net ? sizeof attributes : sizeof attributes.handled_fs;

    return (int)create_ruleset(&attributes, size, 0);
}

/* Does the kernel not know some of the rights that limit_rights() was given? */
static bool is_unknown(int errnum)
{
    return errnum == EINVAL || errnum == E2BIG;
}

static bool has_rights_of(uint32_t abi)
{
    int ruleset = limit_rights(es_rights_of_abi(abi));

    if (ruleset < 0)
        return !is_unknown(errno);
    close(ruleset);
    return true;
}

/* The ABI that the kernel says it has, or the negative errno that says why there is none. */
static long ask_abi(void)
{
    long abi = create_ruleset(NULL, 0, ES_LANDLOCK_CREATE_RULESET_VERSION);
    return abi < 0 ? -errno : abi;
}

uint32_t es_kernel_landlock_abi(int environment)
{
    long abi = ask_abi();
    const char *lowered = environment ? secure_getenv("PYEXTRASAFE_LANDLOCK_ABI") : NULL;

    if (abi > ES_LANDLOCK_ABI)
        abi = ES_LANDLOCK_ABI;
    /* Some kernels call themselves newer than they are: Linux 5.14.0-611 of Rocky Linux 9.7 says 6,
     * and has the rights of 4. */
    while (abi > 1 && !has_rights_of((uint32_t)abi))
        abi--;
    if (lowered && *lowered >= '0' && *lowered <= '9' && !lowered[1] && *lowered - '0' < abi)
        abi = *lowered - '0';
    return abi < 0 ? 0 : (uint32_t)abi;
}

/* ---- What the kernel has to have ----------------------------------------------------------- */

static int fail_missing(es_error *error, long refused)
{
    switch (-refused) {
    case ENOSYS:
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, ENOSYS, "landlock_create_ruleset(2)",
                             "paths and ports need Landlock, which is not available: the kernel "
                             "is older than 5.13, or built without it, or a sandbox hides it");
    case EOPNOTSUPP:
        return es_fail_fixed(error, ES_ERR_UNSUPPORTED, EOPNOTSUPP, "landlock_create_ruleset(2)",
                             "paths and ports need Landlock, which was not turned on when this "
                             "machine started: the kernel parameter lsm= has to name landlock");
    default:
        return es_fail_fixed(error, ES_ERR_REFUSED, (int)-refused, "landlock_create_ruleset(2)",
                             "an outer sandbox refuses landlock_create_ruleset(2), which paths "
                             "and ports need");
    }
}

static int fail_newer(es_error *error)
{
    return es_fail_argument(error, "the policy is for a newer ABI of Landlock");
}

static bool is_limited(const es_grant *grant)
{
    return !es_grant_is_everywhere(grant);
}

/* What a whole permission needs; but truncation is limited by the filter below ABI 3. */
static uint32_t abi_needed_by(const es_policy *policy, int32_t permission)
{
    uint32_t rights = 0;

    for (uint32_t i = 0; i < policy->grants.count; i++) {
        const es_grant *grant = &policy->grants.items[i];
        if (grant->permission == permission && is_limited(grant))
            rights |= grant->rights;
    }
    return es_abi_of_rights(rights & ~(uint32_t)ES_RIGHT_TRUNCATE);
}

static int fail_too_old(const es_grant *grant, uint32_t abi, uint32_t needed, es_error *error)
{
    es_origin origin = es_origin_of(grant->permission, grant->conditional, &grant->given);
    es_origin_name name = es_name_origin(&origin);
    int status = es_fail(error, ES_ERR_UNSUPPORTED, 0, NULL,
                         "%s needs ABI %u of Landlock, which Linux %s has; only ABI %u is "
                         "available",
                         name.text, (unsigned)needed, es_linux_of_abi(needed), (unsigned)abi);

    if (error && error->code == status) {
        error->limited_by = origin;
        error->abi = abi;
        error->abi_needed = needed;
    }
    return status;
}

/* Can this ABI limit what is granted? */
static int check_abi(const es_policy *policy, es_error *error)
{
    uint32_t abi = policy->landlock_abi;
    long kernel = ask_abi();

    if (kernel < 0)
        return fail_missing(error, kernel);
    if (kernel < (long)abi)
        return fail_newer(error);
    for (uint32_t i = 0; i < policy->grants.count; i++) {
        const es_grant *grant = &policy->grants.items[i];
        /* Some permissions need Landlock for all of "/", too. */
        bool counts = is_limited(grant) || (!abi && grant->given.kind != ES_TAKES_NOTHING);
        uint32_t needed = counts ? abi_needed_by(policy, grant->permission) : 0;
        if (needed > abi)
            return fail_too_old(grant, abi, needed, error);
    }
    return ES_OK;
}

/* ---- Rules --------------------------------------------------------------------------------- */

static int fail_rule(es_error *error, int errnum)
{
    if (errnum == E2BIG || errnum == ENOMEM)
        return es_fail_fixed(error, ES_ERR_TOO_MANY, errnum, "landlock_add_rule(2)",
                             "too many paths and ports for the kernel: name a directory instead "
                             "of the files in it");
    return es_fail_fixed(error, ES_ERR_REFUSED, errnum, "landlock_add_rule(2)",
                         "an outer sandbox refuses landlock_add_rule(2), which paths and ports "
                         "need");
}

static int fail_path(const es_grant *grant, int errnum, es_error *error)
{
    es_origin origin = es_origin_of(grant->permission, grant->conditional, &grant->given);
    es_origin_name name = es_name_origin(&origin);
    int status = es_fail(error, ES_ERR_PATH, errnum, "openat(2)",
                         "%s: the path has to exist when the filter is made, and to be a "
                         "directory where something is made or removed in it",
                         name.text);

    if (error && error->code == status)
        error->limited_by = origin;
    return status;
}

/* What there is to limit rights on an open file or directory; 0 or the errno. */
static int add_path_rule(int ruleset, int descriptor, uint32_t rights, bool strict)
{
    struct stat info;
    path_rule rule = {.parent = descriptor};

    if (fstat(descriptor, &info) != 0)
        return errno;
    if (!S_ISDIR(info.st_mode)) {
        if (strict && ((rights & ES_IN_DIRECTORIES) || !(rights & ES_ON_ONE_FILE)))
            return ENOTDIR;
        rights &= ES_ON_ONE_FILE;
    }
    rule.allowed = rights;
    if (!rights || add_rule(ruleset, ES_LANDLOCK_RULE_PATH_BENEATH, &rule) == 0)
        return 0;
    /* A pipe or socket, as /dev/stdout can be one, is in no file system that has names: it is not
     * limited, and cannot be named. */
    return errno == EBADFD ? 0 : -errno;
}

static int allow_path(int ruleset, const es_grant *grant, uint32_t rights, es_error *error)
{
    bool strict = grant->given.kind == ES_TAKES_PATH;
    int descriptor = open(grant->given.path, O_PATH | O_CLOEXEC), result;

    if (descriptor < 0)
        return strict ? fail_path(grant, errno, error) : ES_OK;
    result = add_path_rule(ruleset, descriptor, rights, strict);
    close(descriptor);
    if (result < 0)
        return fail_rule(error, -result);
    return result ? fail_path(grant, result, error) : ES_OK;
}

static int allow_port(int ruleset, const es_grant *grant, uint32_t rights, es_error *error)
{
    port_rule rule = {net_rights(rights), (uint64_t)grant->given.port};

    if (add_rule(ruleset, ES_LANDLOCK_RULE_NET_PORT, &rule) == 0)
        return ES_OK;
    return fail_rule(error, errno);
}

static int allow_grants(int ruleset, const es_policy *policy, uint32_t limited, es_error *error)
{
    int status = ES_OK;

    for (uint32_t i = 0; i < policy->grants.count && !status; i++) {
        const es_grant *grant = &policy->grants.items[i];
        uint32_t rights = grant->rights & limited;
        if (!rights || es_grant_is_everywhere(grant))
            continue;
        if (grant->given.kind == ES_TAKES_PORT)
            status = allow_port(ruleset, grant, rights, error);
        else
            status = allow_path(ruleset, grant, rights, error);
    }
    return status;
}

/* In a chroot a file of that name can be any file. */
static bool is_null_device(int descriptor)
{
    struct stat info;

    return fstat(descriptor, &info) == 0 && S_ISCHR(info.st_mode) &&
           info.st_rdev == makedev(1, 3);
}

/* What is missing here is not missed. */
static int allow_free_path(int ruleset, const es_free_path *path, uint32_t limited,
                           es_error *error)
{
    int descriptor = open(path->path, O_PATH | O_CLOEXEC), result = 0;

    if (descriptor < 0)
        return ES_OK;
    if (!path->is_null || is_null_device(descriptor))
        result = add_path_rule(ruleset, descriptor, path->rights & limited, false);
    close(descriptor);
    return result < 0 ? fail_rule(error, -result) : ES_OK;
}

/* What needs no permission, or has one that names no path. */
static int allow_everywhere(int ruleset, const es_policy *policy, uint32_t limited,
                            es_error *error)
{
    const es_free_path root = {"/", es_policy_rights_everywhere(policy), false};
    int status = allow_free_path(ruleset, &root, limited, error);

    for (unsigned i = 0; i < ES_FREE_PATHS && !status; i++)
        status = allow_free_path(ruleset, &es_free_paths[i], limited, error);
    return status;
}

int es_landlock_make(const es_policy *policy, int *ruleset, es_error *error)
{
    uint32_t limited = es_policy_limited_rights(policy);
    int status = ES_OK, fresh;

    *ruleset = -1;
    if (!limited)
        return ES_OK;
    status = check_abi(policy, error);
    if (status)
        return status;
    limited &= es_rights_of_abi(policy->landlock_abi);
    fresh = limit_rights(limited);
    if (fresh < 0 && is_unknown(errno))
        return fail_newer(error);
    if (fresh < 0)
        return fail_missing(error, -errno);
    status = allow_grants(fresh, policy, limited, error);
    if (!status && (limited & ES_ON_FILES))
        status = allow_everywhere(fresh, policy, limited & ES_ON_FILES, error);
    if (status)
        close(fresh);
    else
        *ruleset = fresh;
    return status;
}
