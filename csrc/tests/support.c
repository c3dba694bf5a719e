#include "support.h"

#include <string.h>

const uint32_t architectures[ARCHITECTURES] = {ES_ARCH_X86_64, ES_ARCH_AARCH64, ES_ARCH_RISCV64};

static void require(int status, const es_error *error)
{
    if (status)
        fail_msg("%s: %s", es_status_name(status), error->message);
}

es_policy *new_policy(uint32_t arch)
{
    es_policy *policy = NULL;
    es_error error = ES_ERROR_INIT;

    require(es_policy_new(arch, &policy, &error), &error);
    return policy;
}

uint32_t permission_of(const char *ruleset, const char *permission)
{
    int32_t index = es_permission_find(ruleset, permission);

    if (index < 0)
        fail_msg("there is no permission %s.%s", ruleset, permission);
    return (uint32_t)index;
}

const es_options all_threads = {.size = sizeof(es_options), .threads = ES_ALL_THREADS};

static es_argument descriptor_argument(int32_t descriptor)
{
    return (es_argument){
        .size = sizeof(es_argument), .kind = ES_TAKES_DESCRIPTOR, .descriptor = descriptor};
}

static es_argument path_argument(uint32_t permission, const char *path)
{
    es_permission_info info;

    assert_int_equal(es_permission_get(permission, &info, sizeof info), ES_OK);
    return (es_argument){.size = sizeof(es_argument), .kind = info.takes, .path = path};
}

static es_argument port_argument(int32_t port)
{
    return (es_argument){.size = sizeof(es_argument), .kind = ES_TAKES_PORT, .port = port};
}

es_argument something(uint32_t permission, int32_t descriptor, bool told)
{
    es_argument nothing = {.size = sizeof nothing, .kind = ES_TAKES_NOTHING};
    es_permission_info info;

    assert_int_equal(es_permission_get(permission, &info, sizeof info), ES_OK);
    switch (info.takes) {
    case ES_TAKES_DESCRIPTOR:
        return descriptor_argument(descriptor);
    case ES_TAKES_PATH:
        return path_argument(permission, "/srv");
    case ES_TAKES_FILES:
        return told ? path_argument(permission, "/srv") : nothing;
    case ES_TAKES_PORT:
        return told ? port_argument(443) : nothing;
    default:
        assert_int_equal(info.takes, ES_TAKES_NOTHING);
        return nothing;
    }
}

int accepts(uint32_t row, const es_call *call, int32_t descriptor, uint32_t own_pid)
{
    es_argument argument = descriptor_argument(descriptor);
    return es_row_accepts(row, call, &argument, own_pid);
}

int try_permit(es_policy *policy, uint32_t permission, int64_t descriptor, es_error *error)
{
    es_argument argument = descriptor_argument((int32_t)descriptor);
    return es_policy_permit(policy, permission, descriptor == NO_DESCRIPTOR ? NULL : &argument,
                            error);
}

int try_permit_path(es_policy *policy, uint32_t permission, const char *path, es_error *error)
{
    es_argument argument = path_argument(permission, path);
    return es_policy_permit(policy, permission, &argument, error);
}

int try_permit_port(es_policy *policy, uint32_t permission, int32_t port, es_error *error)
{
    es_argument argument = port_argument(port);
    return es_policy_permit(policy, permission, &argument, error);
}

void permit_path(es_policy *policy, const char *ruleset, const char *permission, const char *path)
{
    es_error error = ES_ERROR_INIT;
    require(try_permit_path(policy, permission_of(ruleset, permission), path, &error), &error);
}

void permit_port(es_policy *policy, const char *ruleset, const char *permission, int32_t port)
{
    es_error error = ES_ERROR_INIT;
    require(try_permit_port(policy, permission_of(ruleset, permission), port, &error), &error);
}

void permit(es_policy *policy, const char *ruleset, const char *permission)
{
    es_error error = ES_ERROR_INIT;
    require(try_permit(policy, permission_of(ruleset, permission), NO_DESCRIPTOR, &error), &error);
}

void permit_fd(es_policy *policy, const char *ruleset, const char *permission, int64_t descriptor)
{
    es_error error = ES_ERROR_INIT;
    require(try_permit(policy, permission_of(ruleset, permission), descriptor, &error), &error);
}

void allow(es_policy *policy, int32_t number, const es_comparison *comparisons, uint32_t count)
{
    es_error error = ES_ERROR_INIT;

    require(es_policy_allow(policy, number, comparisons, count, 0, &error), &error);
}

void allow_uniting(es_policy *policy, int32_t number, const es_comparison *comparisons,
                   uint32_t count)
{
    es_error error = ES_ERROR_INIT;

    require(es_policy_allow(policy, number, comparisons, count, ES_RULE_UNITE, &error), &error);
}

void allow_if(es_policy *policy, int32_t number, es_comparison only)
{
    allow(policy, number, &only, 1);
}

es_program *compile(const es_policy *policy)
{
    es_program *program = NULL;
    es_error error = ES_ERROR_INIT;

    require(es_compile(policy, &program, &error), &error);
    return program;
}

int32_t number_of(uint32_t arch, const char *name)
{
    int32_t number = es_syscall_number(arch, name);

    if (number < 0)
        fail_msg("architecture %x has no %s", arch, name);
    return number;
}

es_call call_of(uint32_t arch, int32_t number, uint64_t first, uint64_t second, uint64_t third)
{
    return (es_call){number, arch ? arch : es_arch_native(), 0, {first, second, third}};
}

es_run run_of(const es_program *program, const es_call *call)
{
    es_run run;

    assert_int_equal(es_program_decide(program, call, 0, &run, sizeof run), ES_OK);
    return run;
}

void assert_error(const es_error *error, int code, const char *part)
{
    assert_int_equal(error->code, code);
    if (!strstr(error->message, part))
        fail_msg("\"%s\" is not in: %s", part, error->message);
}
