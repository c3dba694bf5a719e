/*
 * Which paths and ports a policy is about.
 *
 * Permissions and rules grant rights of landlock(7): on a path, to a port, or everywhere.  As soon
 * as one path is named, all rights on files are limited; one port, and connecting and binding TCP
 * sockets is.  A right that is promised on a path may not be granted everywhere by something else.
 */
#include <string.h>

#include "base/error.h"
#include "policy/access.h"
#include "policy/origin.h"
#include "table/rights.h"

/* ---- What a permission is told ------------------------------------------------------------- */

static const char *wanted(unsigned takes)
{
    switch (takes) {
    case ES_TAKES_DESCRIPTOR:
        return "this permission takes a descriptor";
    case ES_TAKES_PATH:
    case ES_TAKES_FILES:
        return "this permission takes a path";
    case ES_TAKES_PORT:
        return "this permission takes a port";
    default:
        return "this permission takes no argument";
    }
}

static bool may_lack(unsigned takes)
{
    return takes == ES_TAKES_PORT || takes == ES_TAKES_FILES;
}

int es_read_argument(const es_argument *given, unsigned takes, es_argument *argument,
                     es_error *error)
{
    *argument = (es_argument){.size = sizeof *argument, .kind = ES_TAKES_NOTHING};
    if (given && given->size < sizeof *given)
        return es_fail_argument(error, "the size of an argument is not set");
    if (given)
        *argument = *given;
    if (argument->kind != takes && !(argument->kind == ES_TAKES_NOTHING && may_lack(takes)))
        return es_fail_argument(error, wanted(takes));
    if (argument->kind == ES_TAKES_DESCRIPTOR && argument->descriptor < 0)
        return es_fail_argument(error, "a file descriptor is a number from 0 to 2147483647");
    if (argument->kind == ES_TAKES_PORT && (argument->port < 0 || argument->port > 65535))
        return es_fail_argument(error, "a port is a number from 0 to 65535");
    /* Files that were looked up and not found are no files, and not all. */
    if (takes == ES_TAKES_FILES && argument->kind == ES_TAKES_NOTHING) {
        argument->kind = ES_TAKES_FILES;
        argument->path = "/dev/null";
    }
    if (es_is_path(argument) && (!argument->path || *argument->path != '/'))
        return es_fail_argument(error, "a path has to be absolute");
    return ES_OK;
}

int es_policy_keep_path(es_policy *policy, es_argument *argument, es_error *error)
{
    size_t size;
    char *copy;

    if (!es_is_path(argument))
        return ES_OK;
    size = strlen(argument->path) + 1;
    copy = es_arena_take(&policy->arena, size);
    if (!copy)
        return es_fail_memory(error);
    argument->path = memcpy(copy, argument->path, size);
    return ES_OK;
}

/* ---- Grants -------------------------------------------------------------------------------- */

static int add_grant(es_policy *policy, es_grant grant, es_error *error)
{
    if (!ES_ARRAY_ROOM(&policy->arena, &policy->grants))
        return es_fail_memory(error);
    policy->grants.items[policy->grants.count++] = grant;
    return ES_OK;
}

int es_policy_grant(es_policy *policy, int32_t permission, const es_row_info *row,
                    const es_argument *argument, es_error *error)
{
    es_grant grant = {.rights = row->rights,
                      .promised = row->kind == ES_ROW_PROMISED_RIGHTS,
                      .yields = row->kind == ES_ROW_YIELDING_RIGHTS,
                      .permission = permission,
                      .given = *argument};

    return add_grant(policy, grant, error);
}

int es_policy_grant_call(es_policy *policy, int32_t number, bool conditional, es_error *error)
{
    es_grant grant = {.rights = es_rights_of_call(&policy->numbers, number),
                      .permission = ES_NONE,
                      .conditional = conditional,
                      .given = {.size = sizeof grant.given, .descriptor = number}};

    return grant.rights ? add_grant(policy, grant, error) : ES_OK;
}

bool es_policy_has_grant(const es_policy *policy, uint32_t permission, uint32_t kind)
{
    if (kind != ES_TAKES_PATH && kind != ES_TAKES_FILES && kind != ES_TAKES_PORT)
        return false;
    for (uint32_t i = 0; i < policy->grants.count; i++)
        if (policy->grants.items[i].permission == (int32_t)permission &&
            policy->grants.items[i].given.kind == kind)
            return true;
    return false;
}

/* "/", "//" or "/../.": no name that a link could stand for. */
static bool is_root(const char *path)
{
    for (; *path; path++) {
        if (*path != '/' && *path != '.')
            return false;
        if (strncmp(path, "...", 3) == 0)
            return false;
    }
    return true;
}

static bool has_path(const es_grant *grant)
{
    return es_is_path(&grant->given);
}

bool es_grant_is_everywhere(const es_grant *grant)
{
    if (has_path(grant) && (grant->rights & ES_ON_FILES))
        return is_root(grant->given.path);
    return grant->given.kind != ES_TAKES_PORT;
}

bool es_grant_counts(const es_policy *policy, const es_grant *grant)
{
    for (uint32_t i = 0; grant->yields && i < policy->grants.count; i++) {
        const es_grant *other = &policy->grants.items[i];
        if (!other->yields && has_path(other) && (other->rights & grant->rights))
            return false;
    }
    return true;
}

/* ---- What they mean together --------------------------------------------------------------- */

uint32_t es_policy_rights_everywhere(const es_policy *policy)
{
    uint32_t rights = 0;

    for (uint32_t i = 0; policy && i < policy->grants.count; i++) {
        const es_grant *grant = &policy->grants.items[i];
        if (es_grant_is_everywhere(grant) && es_grant_counts(policy, grant))
            rights |= grant->rights;
    }
    return rights;
}

uint32_t es_policy_limited_rights(const es_policy *policy)
{
    bool paths = false, anywhere = false, ports = false;
    uint32_t everywhere, limited = 0;

    if (!policy)
        return 0;
    everywhere = es_policy_rights_everywhere(policy);
    for (uint32_t i = 0; i < policy->grants.count; i++) {
        const es_grant *grant = &policy->grants.items[i];
        anywhere = anywhere || has_path(grant);
        paths = paths || (has_path(grant) && !es_grant_is_everywhere(grant));
        ports = ports || grant->given.kind == ES_TAKES_PORT;
    }
    /* Opening for writing passes the filter with O_CREAT, and for reading as well (O_RDWR), which
     * landlock(7) then has to refuse. */
    if (anywhere && (everywhere & ES_RIGHT_WRITE_FILE) &&
        (~everywhere & (ES_RIGHT_MAKE_REG | ES_RIGHT_READ_FILE)))
        paths = true;
    if (paths)
        limited |= ES_ON_FILES;
    if (ports)
        limited |= ES_ON_PORTS & ~everywhere;
    return limited & es_rights_of_abi(ES_LANDLOCK_ABI);
}

/* What a grant promises that nothing else may have everywhere. */
static uint32_t promised(const es_grant *grant)
{
    uint32_t rights = grant->promised ? grant->rights : 0;

    if (es_grant_is_everywhere(grant))
        return 0;
    return rights | (has_path(grant) ? ES_RIGHT_PAST_PATHS : ES_RIGHT_PAST_PORTS);
}

bool es_find_lifted_rights(const es_policy *policy, const es_grant **limited,
                           const es_grant **everywhere, uint32_t *rights)
{
    uint32_t lifted = es_policy_rights_everywhere(policy);

    for (uint32_t i = 0; i < policy->grants.count; i++) {
        const es_grant *grant = &policy->grants.items[i];
        *rights = promised(grant) & lifted;
        if (!*rights)
            continue;
        *limited = grant;
        for (uint32_t j = 0; j < policy->grants.count; j++) {
            *everywhere = &policy->grants.items[j];
            if (((*everywhere)->rights & *rights) && es_grant_is_everywhere(*everywhere) &&
                es_grant_counts(policy, *everywhere)) {
                *rights &= (*everywhere)->rights;
                return true;
            }
        }
    }
    return false;
}
