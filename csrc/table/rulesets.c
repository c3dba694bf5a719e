/* The table of rulesets.def as data: find and iterate. */
#include <errno.h>
#include <string.h>

#include "base/give.h"
#include "base/kernel_abi.h"
#include "table/rulesets.h"
#include "table/syscalls.h"

/* A condition is one expression, so that it survives being handed from macro to macro: a list of
 * comparisons that ends with an impossible argument, or NULL. */
enum { ES_END_OF_COMPARISONS = 0xff };
#define ANY NULL
#define WHEN(...) ((const es_comparison[]){__VA_ARGS__, {ES_END_OF_COMPARISONS, 0, 0, 0, 0, 0}})
#define EQ(argument, value) {argument, ES_EQUAL, ES_DATUM_CONSTANT, 0, 0, value}
#define NE(argument, value) {argument, ES_NOT_EQUAL, ES_DATUM_CONSTANT, 0, 0, value}
#define LE(argument, value) {argument, ES_LESS_OR_EQUAL, ES_DATUM_CONSTANT, 0, 0, value}
#define GE(argument, value) {argument, ES_GREATER_EQUAL, ES_DATUM_CONSTANT, 0, 0, value}
#define MASKED(argument, mask, value)                                                              \
    {argument, ES_MASKED_EQUAL, ES_DATUM_CONSTANT, 0, mask, value}
#define NOT_MASKED(argument, mask, value)                                                          \
    {argument, ES_MASKED_NOT_EQUAL, ES_DATUM_CONSTANT, 0, mask, value}
#define GIVEN(argument) {argument, ES_EQUAL, ES_DATUM_GIVEN, 0, 0, 0}
#define OWN_PID(argument) {argument, ES_EQUAL, ES_DATUM_OWN_PID, 0, 0, 0}

/* Rights are written without the begin of their names, joined by |; each is looked up here. */
enum {
    EXECUTE = ES_RIGHT_EXECUTE,
    WRITE_FILE = ES_RIGHT_WRITE_FILE,
    READ_FILE = ES_RIGHT_READ_FILE,
    READ_DIR = ES_RIGHT_READ_DIR,
    REMOVE_DIR = ES_RIGHT_REMOVE_DIR,
    REMOVE_FILE = ES_RIGHT_REMOVE_FILE,
    MAKE_DIR = ES_RIGHT_MAKE_DIR,
    MAKE_REG = ES_RIGHT_MAKE_REG,
    MAKE_SOCK = ES_RIGHT_MAKE_SOCK,
    MAKE_FIFO = ES_RIGHT_MAKE_FIFO,
    MAKE_SYM = ES_RIGHT_MAKE_SYM,
    REFER = ES_RIGHT_REFER,
    TRUNCATE = ES_RIGHT_TRUNCATE,
    IOCTL_DEV = ES_RIGHT_IOCTL_DEV,
    CONNECT_TCP = ES_RIGHT_CONNECT_TCP,
    BIND_TCP = ES_RIGHT_BIND_TCP
};

/* The condition of ioctl(2)'s request: it is none that requests.def refuses. */
static const es_comparison no_refused_request[] = {
#define REFUSED(name, number, reason) NE(1, number),
#define REFUSED_ANY(name, mask, number, reason) NOT_MASKED(1, mask, number),
#include "table/requests.def"
    {ES_END_OF_COMPARISONS, 0, 0, 0, 0, 0}};
#define NO_REFUSED_REQUEST no_refused_request

enum {
#define RULESET(set, summary) ES_SET_##set,
#include "table/rulesets.def"
    ES_SET_COUNT
};

enum {
#define ITSELF(set, summary) ES_PERMISSION_##set##_itself,
#define PERMISSION(set, name, summary) ES_PERMISSION_##set##_##name,
#define PERMISSION_FD(set, name, summary) ES_PERMISSION_##set##_##name,
#define PERMISSION_PATH(set, name, summary) ES_PERMISSION_##set##_##name,
#define PERMISSION_PORT(set, name, summary) ES_PERMISSION_##set##_##name,
#define PERMISSION_FILES(set, name, summary) ES_PERMISSION_##set##_##name,
#define GROUP(set, name, summary) ES_PERMISSION_##set##_##name,
#include "table/rulesets.def"
    ES_PERMISSION_COUNT
};

static const es_ruleset_info rulesets[ES_SET_COUNT] = {
#define RULESET(set, summary) {#set, summary},
#include "table/rulesets.def"
};

static const es_permission_info permissions[ES_PERMISSION_COUNT] = {
#define ITSELF(set, summary) {ES_SET_##set, ES_TAKES_NOTHING, 1, "", summary},
#define PERMISSION(set, name, summary) {ES_SET_##set, ES_TAKES_NOTHING, 1, #name, summary},
#define PERMISSION_FD(set, name, summary) {ES_SET_##set, ES_TAKES_DESCRIPTOR, 1, #name, summary},
#define PERMISSION_PATH(set, name, summary) {ES_SET_##set, ES_TAKES_PATH, 1, #name, summary},
#define PERMISSION_PORT(set, name, summary) {ES_SET_##set, ES_TAKES_PORT, 1, #name, summary},
#define PERMISSION_FILES(set, name, summary) {ES_SET_##set, ES_TAKES_FILES, 1, #name, summary},
#define GROUP(set, name, summary) {ES_SET_##set, ES_TAKES_NOTHING, 0, #name, summary},
#include "table/rulesets.def"
};

static const struct {
    uint16_t permission;
    uint16_t other; /* the permission that is included, or the older call */
    uint16_t call;
    uint8_t kind;
    uint8_t errnum; /* of an ES_ROW_ERRNO */
    uint8_t when;   /* an ES_WHEN_* */
    uint32_t rights;
    const es_comparison *comparisons;
    const char *reason;
} rows[] = {
#define OF(set, name) .permission = ES_PERMISSION_##set##_##name
#define CALL(name) .call = ES_SYS_##name
#define ROW(what, ...) {.kind = ES_ROW_##what, __VA_ARGS__},
#define RULE(set, permission, call, condition, why)                                                \
    ROW(RULE, OF(set, permission), CALL(call), .comparisons = condition, .reason = why)
#define RULE_WHEN(case, set, permission, call, condition, why)                                     \
    ROW(RULE, OF(set, permission), CALL(call), .comparisons = condition, .reason = why,            \
        .when = ES_WHEN_##case)
#define PROMISE(set, permission, call, condition, why)                                             \
    ROW(PROMISE, OF(set, permission), CALL(call), .comparisons = condition, .reason = why)
#define RIGHTS(set, permission, some, why)                                                         \
    ROW(RIGHTS, OF(set, permission), .rights = some, .reason = why)
#define PROMISED_RIGHTS(set, permission, some, why)                                                \
    ROW(PROMISED_RIGHTS, OF(set, permission), .rights = some, .reason = why)
#define YIELDING_RIGHTS(set, permission, some, why)                                                \
    ROW(YIELDING_RIGHTS, OF(set, permission), .rights = some, .reason = why)
#define INCLUDE(set, permission, included, why)                                                    \
    ROW(INCLUDE, OF(set, permission), .other = ES_PERMISSION_##set##_##included, .reason = why)
#define ABSENT(name, older, why) ROW(ENOSYS, CALL(name), .other = ES_SYS_##older, .reason = why)
#define ANSWER(name, condition, error, why)                                                        \
    ROW(ERRNO, CALL(name), .comparisons = condition, .errnum = error, .reason = why)
#include "table/rulesets.def"
};

enum { ES_ROW_COUNT = sizeof rows / sizeof *rows };

uint32_t es_ruleset_count(void)
{
    return ES_SET_COUNT;
}

uint32_t es_permission_count(void)
{
    return ES_PERMISSION_COUNT;
}

uint32_t es_row_count(void)
{
    return ES_ROW_COUNT;
}

int es_ruleset_get(uint32_t index, es_ruleset_info *info, size_t size)
{
    if (index >= ES_SET_COUNT)
        return ES_ERR_ARGUMENT;
    return es_give(info, size, &rulesets[index], sizeof rulesets[index]);
}

int es_permission_get(uint32_t index, es_permission_info *info, size_t size)
{
    if (index >= ES_PERMISSION_COUNT)
        return ES_ERR_ARGUMENT;
    return es_give(info, size, &permissions[index], sizeof permissions[index]);
}

int es_row_get(uint32_t index, es_row_info *info, size_t size)
{
    es_row_info row;

    if (index >= ES_ROW_COUNT)
        return ES_ERR_ARGUMENT;
    row = es_row(index);
    return es_give(info, size, &row, sizeof row);
}

es_row_info es_row(uint32_t index)
{
    es_row_info row = {.permission = rows[index].permission,
                       .kind = rows[index].kind,
                       .comparisons = rows[index].comparisons,
                       .syscall = "",
                       .reason = rows[index].reason,
                       .errnum = rows[index].errnum,
                       .rights = rows[index].rights,
                       .when = rows[index].when};
    const es_comparison *comparison = row.comparisons;

    while (comparison && comparison->argument != ES_END_OF_COMPARISONS)
        comparison++;
    row.comparison_count = comparison ? (uint32_t)(comparison - row.comparisons) : 0;
    if (row.kind == ES_ROW_INCLUDE)
        row.included = rows[index].other;
    else if (!row.rights)
        row.syscall = es_listed_name(rows[index].call);
    return row;
}

int32_t es_permission_find(const char *ruleset, const char *permission)
{
    if (!ruleset || !permission)
        return -1;
    for (int32_t i = 0; i < ES_PERMISSION_COUNT; i++)
        if (permissions[i].is_public && strcmp(permissions[i].name, permission) == 0 &&
            strcmp(rulesets[permissions[i].ruleset].name, ruleset) == 0)
            return i;
    return -1;
}

unsigned es_row_syscall(uint32_t row)
{
    return rows[row].call;
}

unsigned es_row_older_syscall(uint32_t row)
{
    return rows[row].other;
}

static bool of_no_permission(uint32_t row)
{
    return rows[row].kind == ES_ROW_ENOSYS || rows[row].kind == ES_ROW_ERRNO;
}

bool es_row_of_none(uint32_t *row)
{
    while (*row < ES_ROW_COUNT && !of_no_permission(*row))
        ++*row;
    return *row < ES_ROW_COUNT;
}

bool es_row_of(uint32_t permission, uint32_t *row)
{
    while (*row < ES_ROW_COUNT && (rows[*row].permission != permission || of_no_permission(*row)))
        ++*row;
    return *row < ES_ROW_COUNT;
}
