/* A program by itself: verified, interpreted, exported, imported and written as text. */
#include "support.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#define LOAD(offset) {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}
#define AND(mask) {BPF_ALU | BPF_AND | BPF_K, 0, 0, mask}
#define JUMP(distance) {BPF_JMP | BPF_JA, 0, 0, distance}
#define IF_EQUAL(k, yes, no) {BPF_JMP | BPF_JEQ | BPF_K, yes, no, k}
#define IF_GREATER_EQUAL(k, yes, no) {BPF_JMP | BPF_JGE | BPF_K, yes, no, k}
#define IF_SET(k, yes, no) {BPF_JMP | BPF_JSET | BPF_K, yes, no, k}
#define RETURN(action) {BPF_RET | BPF_K, 0, 0, action}

/* Offsets in the kernel's struct seccomp_data. */
#define ARGUMENT_LOW(n) (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n))
#define ARGUMENT_HIGH(n) (ARGUMENT_LOW(n) + 4)

static es_program *import(const es_instruction *instructions, size_t count)
{
    es_program *program = NULL;
    es_error error = ES_ERROR_INIT;

    if (es_program_import(0, instructions, (uint32_t)count, &program, &error))
        fail_msg("%s", error.message);
    return program;
}

/* ---- The verifier ---- */

/* The program is refused, and the message names the instruction and the fault. */
static void assert_fault(const es_instruction *instructions, size_t count, const char *at,
                         const char *fault)
{
    es_program *program = (es_program *)(void *)&program; /* only to see it stay */
    es_error error = ES_ERROR_INIT;

    assert_int_equal(es_program_import(0, instructions, (uint32_t)count, &program, &error),
                     ES_ERR_PROGRAM);
    assert_error(&error, ES_ERR_PROGRAM, at);
    assert_error(&error, ES_ERR_PROGRAM, fault);
    assert_ptr_equal(program, &program);
    assert_int_equal(es_program_import(0, instructions, (uint32_t)count, &program, NULL),
                     ES_ERR_PROGRAM);
}

static void test_only_seven_opcodes(void **state)
{
    static const uint16_t taken[] = {
        BPF_LD | BPF_W | BPF_ABS,   BPF_ALU | BPF_AND | BPF_K,  BPF_JMP | BPF_JA,
        BPF_JMP | BPF_JEQ | BPF_K,  BPF_JMP | BPF_JGE | BPF_K,  BPF_JMP | BPF_JSET | BPF_K,
        BPF_RET | BPF_K};
    unsigned accepted = 0;

    (void)state;
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        es_instruction instructions[] = {{(uint16_t)code, 0, 0, 0}, RETURN(0)};
        es_program *program = NULL;
        bool known = false;
        for (size_t i = 0; i < COUNT(taken); i++)
            known = known || taken[i] == code;
        if (known)
            program = import(instructions, 2);
        else
            assert_fault(instructions, 2, "instruction 0", "seven");
        accepted += program != NULL;
        es_program_free(program);
    }
    assert_int_equal(accepted, COUNT(taken));
}

static void test_words_outside_of_the_call(void **state)
{
    static const uint32_t wrong[] = {1, 2, 3, 5, 61, 62, 63, 64, 68, UINT32_MAX, UINT32_MAX - 3};

    (void)state;
    for (uint32_t offset = 0; offset < sizeof(struct seccomp_data); offset += 4)
        es_program_free(import((es_instruction[]){LOAD(offset), RETURN(0)}, 2));
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_fault((es_instruction[]){LOAD(0), LOAD(wrong[i]), RETURN(0)}, 3, "instruction 1",
                     "word");
}

static void test_jumps_out_of_the_program(void **state)
{
    (void)state;
    es_program_free(import((es_instruction[]){JUMP(0), RETURN(0)}, 2));
    assert_fault((es_instruction[]){JUMP(1), RETURN(0)}, 2, "instruction 0", "jumps");
    assert_fault((es_instruction[]){RETURN(0), JUMP(0)}, 2, "instruction 1", "jumps");
    /* A backward jump would be this: the distance is not signed. */
    assert_fault((es_instruction[]){LOAD(0), JUMP((uint32_t)-2), RETURN(0)}, 3, "instruction 1",
                 "jumps");
    assert_fault((es_instruction[]){JUMP(UINT32_MAX), RETURN(0)}, 2, "instruction 0", "jumps");

    es_program_free(import((es_instruction[]){IF_EQUAL(0, 1, 0), RETURN(0), RETURN(1)}, 3));
    assert_fault((es_instruction[]){IF_EQUAL(0, 1, 0), RETURN(0)}, 2, "instruction 0", "jumps");
    assert_fault((es_instruction[]){IF_EQUAL(0, 0, 1), RETURN(0)}, 2, "instruction 0", "jumps");
    assert_fault((es_instruction[]){IF_GREATER_EQUAL(0, 255, 0), RETURN(0)}, 2, "instruction 0",
                 "jumps");
    assert_fault((es_instruction[]){IF_SET(0, 0, 255), RETURN(0)}, 2, "instruction 0", "jumps");
    assert_fault((es_instruction[]){IF_SET(0, 0, 0)}, 1, "instruction 0", "jumps");
}

static void test_every_path_returns(void **state)
{
    (void)state;
    assert_fault((es_instruction[]){LOAD(0)}, 1, "instruction 0", "return");
    assert_fault((es_instruction[]){RETURN(0), LOAD(0)}, 2, "instruction 1", "return");
    assert_fault((es_instruction[]){LOAD(0), AND(1)}, 2, "instruction 1", "return");
}

static void test_lengths(void **state)
{
    es_instruction *instructions = calloc(ES_MAX_INSTRUCTIONS + 1, sizeof *instructions);
    es_program *program;

    (void)state;
    assert_non_null(instructions);
    for (uint32_t i = 0; i <= ES_MAX_INSTRUCTIONS; i++)
        instructions[i] = (es_instruction)RETURN(i);
    assert_fault(instructions, 0, "1 to 4096", "0");
    program = import(instructions, 1);
    assert_int_equal(es_program_length(program), 1);
    es_program_free(program);
    program = import(instructions, ES_MAX_INSTRUCTIONS);
    assert_int_equal(es_program_length(program), ES_MAX_INSTRUCTIONS);
    es_program_free(program);
    assert_fault(instructions, ES_MAX_INSTRUCTIONS + 1, "1 to 4096", "4097");
    assert_fault(instructions, UINT32_MAX, "1 to 4096", "4294967295");
    free(instructions);
}

/* ---- The interpreter ---- */

static es_run run(const es_instruction *instructions, size_t count, es_call call)
{
    es_program *program = import(instructions, count);
    es_run made = run_of(program, &call);

    es_program_free(program);
    return made;
}

static void test_loads(void **state)
{
    static const es_call call = {
        .nr = -2,
        .arch = ES_ARCH_X86_64,
        .instruction_pointer = 0x1111111122222222,
        .args = {0x3333333344444444, 5, 6, 7, 8, 0x9999999988888888}};
    static const struct {
        uint32_t offset, word;
        bool is_argument;
    } words[] = {{offsetof(struct seccomp_data, nr), (uint32_t)-2, false},
                 {offsetof(struct seccomp_data, arch), ES_ARCH_X86_64, false},
                 {offsetof(struct seccomp_data, instruction_pointer), 0x22222222, true},
                 {offsetof(struct seccomp_data, instruction_pointer) + 4, 0x11111111, true},
                 {ARGUMENT_LOW(0), 0x44444444, true},
                 {ARGUMENT_HIGH(0), 0x33333333, true},
                 {ARGUMENT_LOW(1), 5, true},
                 {ARGUMENT_LOW(4), 8, true},
                 {ARGUMENT_LOW(5), 0x88888888, true},
                 {ARGUMENT_HIGH(5), 0x99999999, true}};

    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        es_instruction instructions[] = {LOAD(words[i].offset), IF_EQUAL(words[i].word, 0, 1),
                                         RETURN(1), RETURN(2)};
        es_run made = run(instructions, COUNT(instructions), call);
        assert_int_equal(made.action, 1);
        assert_int_equal(made.executed, 3);
        assert_int_equal(made.loaded_arguments, words[i].is_argument);
    }
}

static void test_the_accumulator_starts_as_zero(void **state)
{
    static const es_instruction instructions[] = {IF_EQUAL(0, 0, 1), RETURN(1), RETURN(2)};

    (void)state;
    assert_int_equal(run(instructions, 3, (es_call){.nr = 7}).action, 1);
}

static void test_conditions(void **state)
{
    static const struct {
        es_instruction jump;
        uint32_t value;
        bool taken;
    } cases[] = {
        {IF_EQUAL(5, 0, 1), 5, true},
        {IF_EQUAL(5, 0, 1), 4, false},
        {IF_GREATER_EQUAL(5, 0, 1), 5, true},
        {IF_GREATER_EQUAL(5, 0, 1), 4, false},
        {IF_GREATER_EQUAL(0x7fffffff, 0, 1), 0x80000000, true}, /* unsigned */
        {IF_GREATER_EQUAL(0x80000000, 0, 1), 1, false},
        {IF_SET(6, 0, 1), 2, true},
        {IF_SET(6, 0, 1), 9, false},
        {IF_SET(0, 0, 1), UINT32_MAX, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        es_instruction instructions[] = {LOAD(0), cases[i].jump, RETURN(1), RETURN(2)};
        es_run made = run(instructions, 4, (es_call){.nr = (int32_t)cases[i].value});
        assert_int_equal(made.action, cases[i].taken ? 1 : 2);
    }
}

static void test_and_and_long_jumps(void **state)
{
    static const es_instruction instructions[] = {
        LOAD(ARGUMENT_LOW(2)), AND(0xff00), AND(0x0ff0), JUMP(2),
        RETURN(1), RETURN(2),
        IF_EQUAL(0x0300, 1, 0), RETURN(3), RETURN(4)};
    es_run made = run(instructions, COUNT(instructions), call_of(0, 0, 0, 0, 0xf3ff));

    (void)state;
    assert_int_equal(made.action, 4);
    assert_int_equal(made.executed, 6);
    assert_int_equal(made.loaded_arguments, 1);
}

static void test_loads_are_counted_each_time(void **state)
{
    static const es_instruction instructions[] = {
        LOAD(4), LOAD(ARGUMENT_LOW(0)), LOAD(0), LOAD(ARGUMENT_HIGH(0)), RETURN(0x7fff0000)};
    es_run made = run(instructions, COUNT(instructions), (es_call){.nr = 1});

    (void)state;
    assert_int_equal(made.loaded_arguments, 2);
    assert_int_equal(made.executed, 5);
    assert_int_equal(made.action, ES_ACTION_ALLOW);
}

/* ---- Export and import ---- */

static es_policy *some_policy(void)
{
    es_policy *policy = new_policy(0);

    permit(policy, "BasicCapabilities", "");
    permit(policy, "Networking", "allow_start_tcp_servers");
    permit_fd(policy, "SystemIO", "allow_file_read", 5);
    return policy;
}

static void test_round_trip(void **state)
{
    es_policy *policy = some_policy();
    es_program *program = compile(policy), *again;
    uint32_t length = es_program_length(program);
    es_instruction *first = calloc(length, sizeof *first), *second = calloc(length, sizeof *second);

    (void)state;
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal(es_program_export(program, first, length), length);
    again = import(first, length);
    assert_int_equal(es_program_length(again), length);
    assert_int_equal(es_program_export(again, second, length), length);
    assert_memory_equal(first, second, length * sizeof *first);
    for (int32_t number = -1; number < 500; number++) {
        for (uint64_t argument = 0; argument < 8; argument++) {
            es_call call = call_of(0, number, argument, argument, 0);
            assert_int_equal(run_of(again, &call).action, run_of(program, &call).action);
            assert_int_equal(run_of(again, &call).action, es_policy_decide(policy, &call, 0));
        }
    }
    free(first);
    free(second);
    es_program_free(program);
    es_program_free(again);
    es_policy_free(policy);
}

static void test_export_to_a_short_buffer_copies_nothing(void **state)
{
    es_policy *policy = some_policy();
    es_program *program = compile(policy);
    uint32_t length = es_program_length(program);
    es_instruction *buffer = malloc((length - 1) * sizeof *buffer), before;

    (void)state;
    assert_non_null(buffer);
    memset(buffer, 0xaa, (length - 1) * sizeof *buffer);
    memset(&before, 0xaa, sizeof before);
    assert_int_equal(es_program_export(program, buffer, length - 1), length);
    for (uint32_t i = 0; i < length - 1; i++)
        assert_memory_equal(&buffer[i], &before, sizeof before);
    assert_int_equal(es_program_export(program, buffer, 0), length);
    assert_int_equal(es_program_export(program, NULL, 0), length);
    assert_int_equal(es_program_export(program, NULL, UINT32_MAX), length);
    assert_int_equal(es_program_export(NULL, buffer, 10), 0);
    free(buffer);
    es_program_free(program);
    es_policy_free(policy);
}

/* What leaves the process knows no process: the rows about the own one match no id. */
static void test_own_process_is_dropped(void **state)
{
    static const char *const calls[] = {"kill", "tgkill", "tkill"};
    static const uint64_t ids[] = {0, 1, 2, 4242, INT32_MAX, 0x80000000, 0xffffffff, UINT64_MAX};
    es_policy *policy = some_policy();
    es_program *program = compile(policy), *exported;
    uint32_t length = es_program_length(program);
    es_instruction *instructions = calloc(length, sizeof *instructions);
    es_run made;

    (void)state;
    assert_non_null(instructions);
    assert_int_equal(es_program_export(program, instructions, length), length);
    exported = import(instructions, length);
    for (size_t i = 0; i < COUNT(calls); i++) {
        for (size_t j = 0; j < COUNT(ids); j++) {
            es_call call = call_of(0, number_of(0, calls[i]), ids[j], 6, 6);
            uint32_t own = (uint32_t)ids[j];
            assert_int_equal(es_program_decide(program, &call, own, &made, sizeof made), ES_OK);
            assert_int_equal(made.action, own ? ES_ACTION_ALLOW : DENIED(EPERM));
            assert_int_equal(es_program_decide(exported, &call, own, &made, sizeof made), ES_OK);
            assert_int_equal(made.action, DENIED(EPERM));
            assert_int_equal(run_of(exported, &call).action, DENIED(EPERM));
        }
    }
    free(instructions);
    es_program_free(program);
    es_program_free(exported);
    es_policy_free(policy);
}

/* ---- Text ---- */

static const es_instruction sample[] = {
    LOAD(4), IF_EQUAL(ES_ARCH_X86_64, 0, 9), LOAD(0), IF_GREATER_EQUAL(0x10, 6, 0),
    LOAD(ARGUMENT_HIGH(5)), AND(0xff), IF_SET(0x3, 1, 0), JUMP(3),
    LOAD(8), LOAD(12), RETURN(0x7fff0000), RETURN(0x80000000)};

static const char sample_text[] = "   0: ld   arch\n"
                                  "   1: jeq  0xc000003e, 2, 11\n"
                                  "   2: ld   nr\n"
                                  "   3: jge  0x10, 10, 4\n"
                                  "   4: ld   arg5.high\n"
                                  "   5: and  0xff\n"
                                  "   6: jset 0x3, 8, 7\n"
                                  "   7: ja   11\n"
                                  "   8: ld   ip.low\n"
                                  "   9: ld   ip.high\n"
                                  "  10: ret  0x7fff0000               ; allow\n"
                                  "  11: ret  0x80000000               ; kill the process\n";

static void test_text(void **state)
{
    es_program *program = import(sample, COUNT(sample));
    char text[1000];

    (void)state;
    assert_int_equal(es_program_disassemble(program, text, sizeof text), sizeof sample_text - 1);
    assert_string_equal(text, sample_text);
    es_program_free(program);
}

static void test_text_in_a_short_buffer(void **state)
{
    es_program *program = import(sample, COUNT(sample));
    size_t length = sizeof sample_text - 1;

    (void)state;
    for (size_t size = 0; size <= length + 1; size++) {
        /* Of this very size, so that the sanitizer sees what is written behind it. */
        char *text = malloc(size);
        assert_true(text || !size);
        assert_int_equal(es_program_disassemble(program, text, size), length);
        if (size) {
            assert_memory_equal(text, sample_text, size - 1);
            assert_int_equal(text[size - 1], 0);
        }
        free(text);
    }
    assert_int_equal(es_program_disassemble(program, NULL, 0), length);
    es_program_free(program);
}

static void test_text_of_nothing(void **state)
{
    char text[4] = "abc";

    (void)state;
    assert_int_equal(es_program_disassemble(NULL, text, sizeof text), 0);
    assert_string_equal(text, "");
    assert_int_equal(es_program_disassemble(NULL, NULL, 0), 0);
}

static void test_text_names_the_own_process(void **state)
{
    es_policy *policy = some_policy();
    es_program *program = compile(policy);
    size_t size = es_program_disassemble(program, NULL, 0) + 1;
    char *text = malloc(size);

    (void)state;
    assert_non_null(text);
    assert_int_equal(es_program_disassemble(program, text, size), size - 1);
    assert_non_null(strstr(text, "own pid"));
    free(text);
    es_program_free(program);
    es_policy_free(policy);
}

static bool says(const char *text, const char *comment)
{
    const char *found = strstr(text, comment);

    while (found && found[strlen(comment)] != '\n')
        found = strstr(found + 1, comment);
    return found != NULL;
}

/* Three calls, of which one is told from the next by ranges of numbers alone. */
static void test_text_says_what_numbers_mean(void **state)
{
    const es_comparison option[] = {comparison(1, ES_EQUAL, 6), comparison(2, ES_EQUAL, 1)};
    es_policy *policy = new_policy(ES_ARCH_X86_64);
    es_program *program;
    char text[4000];

    (void)state;
    allow_if(policy, number_of(ES_ARCH_X86_64, "openat"), masked_comparison(2, 3, 0));
    allow_if(policy, number_of(ES_ARCH_X86_64, "openat"), masked_comparison(2, 0101, 0101));
    allow_if(policy, number_of(ES_ARCH_X86_64, "kill"),
             comparison(0, ES_GREATER_EQUAL, 0x80000000));
    allow_if(policy, number_of(ES_ARCH_X86_64, "lseek"), comparison(1, ES_EQUAL, 5));
    allow(policy, number_of(ES_ARCH_X86_64, "setsockopt"), option, 2);
    program = compile(policy);
    assert_true(es_program_disassemble(program, text, sizeof text) < sizeof text);
    assert_true(says(text, "; openat"));
    assert_true(says(text, "ld   arg2.low                 ; flags"));
    assert_true(says(text, "; flags & O_ACCMODE"));
    assert_true(says(text, "; (flags & (O_CREAT|0x1)) == O_CREAT|0x1"));
    assert_true(says(text, "; pid >= 2147483648"));
    assert_true(says(text, "; offset"));
    assert_false(says(text, "; offset == 5")); /* a half does not tell */
    assert_true(says(text, "; level == SOL_TCP"));
    assert_true(says(text, "; optname == TCP_NODELAY"));
    assert_true(says(text, "; EPERM"));
    assert_true(says(text, "; ENOSYS"));
    es_program_free(program);
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_seven_opcodes),
        cmocka_unit_test(test_words_outside_of_the_call),
        cmocka_unit_test(test_jumps_out_of_the_program),
        cmocka_unit_test(test_every_path_returns),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_loads),
        cmocka_unit_test(test_the_accumulator_starts_as_zero),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_and_and_long_jumps),
        cmocka_unit_test(test_loads_are_counted_each_time),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_export_to_a_short_buffer_copies_nothing),
        cmocka_unit_test(test_own_process_is_dropped),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_in_a_short_buffer),
        cmocka_unit_test(test_text_of_nothing),
        cmocka_unit_test(test_text_names_the_own_process),
        cmocka_unit_test(test_text_says_what_numbers_mean),
    };
    return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
