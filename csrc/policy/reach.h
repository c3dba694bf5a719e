/* What calls do on paths and ports that landlock(7) limits, and which grants let them. */
#ifndef ES_POLICY_REACH_H
#define ES_POLICY_REACH_H

#include <stdbool.h>
#include <stdint.h>
#include "base/path.h"
#include "policy/policy.h"

/* Granted beneath these with every path, whatever a policy says. */
typedef struct {
    const char *path;
    uint32_t rights;
    bool is_null; /* only if it is the null device */
} es_free_path;

enum { ES_FREE_PATHS = 2 };
extern const es_free_path es_free_paths[ES_FREE_PATHS];

/* What a call does, and where. */
typedef struct {
    bool is_judged; /* by a path */
    int count;      /* as es_call_uses() returns it */
    es_use uses[ES_USES];
    bool moves; /* or links, from the path of one argument to that of another */
    unsigned from, to;
    es_place places[6]; /* the paths of its arguments */
    int32_t port;       /* negative: not known */
} es_deed;

es_deed es_deed_of(const es_call *call, unsigned known, const es_told *told);

/* What a policy limits and grants, with one permission more, if there is one. */
typedef struct {
    const es_policy *policy;
    uint32_t limited;    /* by landlock(7) */
    uint32_t everywhere; /* granted everywhere */
    uint32_t more;       /* that the permission grants besides, on this path or port: */
    es_place path;       /* text NULL: one that is not known */
    es_place other;      /* likewise, a second one */
    int32_t port;        /* negative likewise */
} es_reach;

/* Without a permission more.  It stays right as long as nothing is added to the policy. */
es_reach es_reach_of(const es_policy *policy);

/* EACCES, EXDEV, or 0; 0 also where flags are not known. */
int es_refuses(const es_reach *reach, const es_deed *deed);

#endif
