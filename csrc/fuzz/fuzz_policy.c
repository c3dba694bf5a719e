/*
 * Build a policy through the public functions, compile it, and hold the program against the
 * policy's meaning.
 */
#include <stdlib.h>

#include "extrasafe.h"
#include "input.h"

static const uint32_t architectures[] = {ES_ARCH_X86_64, ES_ARCH_AARCH64, ES_ARCH_RISCV64};

static void allow_something(es_policy *policy, input *in, int32_t number)
{
    es_comparison tests[8];
    uint32_t byte = (uint32_t)take(in, 1), count = byte % 9;

    for (uint32_t i = 0; i < count; i++) {
        tests[i] = (es_comparison){.argument = (uint8_t)take(in, 1) % 7,
                                   .op = (uint8_t)take(in, 1) % 8,
                                   .negative = (uint8_t)take(in, 1) % 5};
        if (tests[i].op == ES_MASKED_EQUAL)
            tests[i].mask = take_number(in);
        tests[i].datum = take_number(in);
        if (tests[i].op == ES_MASKED_EQUAL)
            tests[i].datum &= tests[i].mask;
    }
    (void)es_policy_allow(policy, number, tests, count, byte < 128 ? 0 : ES_RULE_UNITE, NULL);
}

/* Paths that mean the root, and such that do not. */
static const char *const paths[] = {"/", "//", "/..", "/...", "/srv", "/srv/..", "relative", ""};

static void permit_something(es_policy *policy, input *in)
{
    uint32_t permission = (uint32_t)take(in, 1), kind = (uint32_t)take(in, 1) % 8;
    es_argument argument = {.size = sizeof argument,
                            .kind = kind,
                            .descriptor = (int32_t)take_number(in),
                            .port = (int32_t)take_number(in),
                            .path = paths[take(in, 1) % 8]};
    es_permission_info info;

    /* Mostly what it takes. */
    if (kind > ES_TAKES_FILES && es_permission_get(permission, &info, sizeof info) == ES_OK)
        argument.kind = info.takes;
    (void)es_policy_permit(policy, permission, kind ? &argument : NULL, NULL);
}

static void compare(const es_policy *policy, const es_program *program, uint32_t arch, input *in,
                    const int32_t *numbers, uint32_t number_count)
{
    for (int i = 0; i < 64; i++) {
        uint32_t own_pid = (uint32_t)take(in, 1);
        es_call call = {.arch = arch};
        es_run run;

        call.nr = i % 4 || !number_count ? (int32_t)take_number(in)
                                         : numbers[take(in, 1) % number_count];
        if (number_count && i % 2)
            call.nr = numbers[(uint32_t)i % number_count];
        for (int j = 0; j < 6; j++)
            call.args[j] = take_number(in);
        if (i % 8 == 7) {
            call.nr = es_syscall_number(arch, "seccomp");
            call.args[0] += ES_QUESTION;
        }
        if (es_program_decide(program, &call, own_pid, &run, sizeof run) != ES_OK ||
            run.action != es_policy_decide(policy, &call, own_pid))
            abort();
    }
}

/* Only the kernel's rights are limited; and an error about one says on what it is promised. */
static void check_rights(const es_policy *policy)
{
    es_error error = ES_ERROR_INIT;
    uint32_t kind;

    if (es_policy_limited_rights(policy) & ~es_rights_of_abi(ES_LANDLOCK_ABI))
        abort();
    if (es_policy_check(policy, &error) != ES_ERR_CONTRADICTION || !error.right)
        return;
    kind = error.limited_by.argument.kind;
    if (kind != ES_TAKES_PATH && kind != ES_TAKES_FILES && kind != ES_TAKES_PORT)
        abort();
    if (kind != ES_TAKES_PORT && error.limited_by.argument.path[0] != '/')
        abort();
    if ((error.right & (error.right - 1)) || !*es_right_words(error.right))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input in = {bytes, size};
    uint32_t arch = architectures[take(&in, 1) % 3], number_count = 0;
    uint32_t permissions = (uint32_t)take(&in, 1) % 4, rules = (uint32_t)take(&in, 1);
    es_policy *policy = NULL;
    es_program *program = NULL;
    int32_t numbers[256];
    es_error error = ES_ERROR_INIT;

    if (es_policy_new(arch, &policy, &error) != ES_OK)
        abort();
    (void)es_policy_set_landlock_abi(policy, (uint32_t)take(&in, 1), NULL);
    for (uint32_t i = 0; i < permissions; i++)
        permit_something(policy, &in);
    if (rules % 16 == 0) /* packed rules, for a part of the inputs */
        (void)es_policy_allow_packed(policy, in.bytes, in.left / 2, &error);
    for (uint32_t i = 0; i < rules && in.left; i++) {
        numbers[number_count++] = take(&in, 1) % 8 ? (int32_t)take(&in, 2) % 480
                                                   : (int32_t)take_number(&in);
        allow_something(policy, &in, numbers[number_count - 1]);
    }
    check_rights(policy);
    if (es_compile(policy, &program, &error) == ES_OK)
        compare(policy, program, arch, &in, numbers, number_count);
    es_program_free(program);
    es_policy_free(policy);
    return 0;
}
