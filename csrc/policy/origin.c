/* Who allows something, and how messages call them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "policy/origin.h"

es_origin es_origin_of(int32_t permission, bool conditional, const es_argument *given)
{
    es_origin origin = {.argument = {.size = sizeof(es_argument)}};
    es_permission_info info;

    if (permission == ES_NONE) {
        origin.kind = conditional ? ES_ORIGIN_CONDITIONAL : ES_ORIGIN_SIMPLE;
        return origin;
    }
    origin.kind = ES_ORIGIN_PERMISSION;
    origin.permission = (uint32_t)permission;
    es_permission_get(origin.permission, &info, sizeof info);
    if (info.takes == ES_TAKES_DESCRIPTOR)
        origin.argument.descriptor = given->descriptor;
    origin.argument.kind = info.takes == ES_TAKES_DESCRIPTOR ? info.takes : given->kind;
    origin.argument.port = given->port;
    origin.argument.path = given->path;
    return origin;
}

es_origin_name es_name_origin(const es_origin *origin)
{
    es_permission_info permission;
    es_ruleset_info ruleset;
    es_origin_name name;
    size_t length, left;

    if (origin->kind != ES_ORIGIN_PERMISSION) {
        strcpy(name.text, origin->kind == ES_ORIGIN_SIMPLE ? "a rule without a condition"
                                                           : "a rule with a condition");
        return name;
    }
    es_permission_get(origin->permission, &permission, sizeof permission);
    es_ruleset_get(permission.ruleset, &ruleset, sizeof ruleset);
    snprintf(name.text, sizeof name.text, "%s%s%s", ruleset.name, *permission.name ? "." : "",
             permission.name);
    length = strlen(name.text);
    left = sizeof name.text - length;
    if (origin->argument.kind == ES_TAKES_DESCRIPTOR)
        snprintf(name.text + length, left, " of descriptor %" PRId32, origin->argument.descriptor);
    else if (origin->argument.kind == ES_TAKES_PORT)
        snprintf(name.text + length, left, " of port %" PRId32, origin->argument.port);
    else if (es_is_path(&origin->argument))
        snprintf(name.text + length, left, " of %.100s", origin->argument.path);
    return name;
}
