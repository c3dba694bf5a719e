/* A compiled filter: verified, interpreted, written as text, exported. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/give.h"
#include "base/kernel_abi.h"
#include "program/program.h"

_Static_assert(sizeof(es_instruction) == 8, "laid out as struct sock_filter");
_Static_assert(sizeof(es_call) == 64, "laid out as struct seccomp_data");

/* ---- Verifying ---- */

static const char *fault(const es_instruction *instructions, uint32_t length, uint32_t at)
{
    const es_instruction *it = &instructions[at];
    uint32_t left = length - at - 1; /* instructions behind this one */

    switch (it->code) {
    case ES_BPF_RET_K:
        return NULL;
    case ES_BPF_LD_W_ABS:
        if (it->k % 4 || it->k > sizeof(es_call) - 4)
            return "loads a word that is not there";
        return left ? NULL : "does not return";
    case ES_BPF_AND_K:
        return left ? NULL : "does not return";
    case ES_BPF_JA:
        return it->k < left ? NULL : "jumps out of the program";
    case ES_BPF_JEQ_K:
    case ES_BPF_JGE_K:
    case ES_BPF_JSET_K:
        return it->jt < left && it->jf < left ? NULL : "jumps out of the program";
    default:
        return "is not one of the seven kinds that a filter may have";
    }
}

static int verify(const es_instruction *instructions, uint32_t length, es_error *error)
{
    if (length == 0 || length > ES_MAX_INSTRUCTIONS)
        return es_fail(error, ES_ERR_PROGRAM, 0, NULL,
                       "a filter has 1 to %d instructions, not %" PRIu32, ES_MAX_INSTRUCTIONS,
                       length);
    for (uint32_t i = 0; i < length; i++) {
        const char *why = fault(instructions, length, i);
        if (why)
            return es_fail(error, ES_ERR_PROGRAM, 0, NULL, "instruction %" PRIu32 " %s", i, why);
    }
    return ES_OK;
}

int es_program_make(uint32_t arch, es_instruction *instructions, uint32_t length,
                    es_special *special, uint32_t special_count, es_program **program,
                    es_error *error)
{
    int status = verify(instructions, length, error);
    es_program *fresh = status ? NULL : malloc(sizeof *fresh);

    if (fresh) {
        *fresh = (es_program){arch, length, instructions, special_count, special};
        *program = fresh;
        return ES_OK;
    }
    free(instructions);
    free(special);
    return status ? status : es_fail_memory(error);
}

int es_program_import(uint32_t arch, const es_instruction *instructions, uint32_t count,
                      es_program **program, es_error *error)
{
    es_instruction *copy;

    if (!program || !instructions)
        return es_fail_argument(error, "no instructions, or no place for the program");
    if (count > ES_MAX_INSTRUCTIONS)
        return verify(instructions, count, error);
    copy = malloc((count + 1) * sizeof *copy);
    if (!copy)
        return es_fail_memory(error);
    memcpy(copy, instructions, count * sizeof *copy);
    return es_program_make(arch ? arch : es_arch_native(), copy, count, NULL, 0, program, error);
}

void es_program_free(es_program *program)
{
    if (!program)
        return;
    free(program->instructions);
    free(program->special);
    free(program);
}

uint32_t es_program_length(const es_program *program)
{
    return program ? program->length : 0;
}

/* ---- Interpreting ---- */

uint32_t es_role(const es_program *program, uint32_t at)
{
    for (uint32_t i = 0; i < program->special_count; i++)
        if (program->special[i].at == at)
            return program->special[i].role;
    return ES_PLAIN;
}

bool es_has_role(const es_program *program, uint32_t role)
{
    for (uint32_t i = 0; i < program->special_count; i++)
        if (program->special[i].role == role)
            return true;
    return false;
}

static bool condition(const es_program *program, uint32_t at, uint32_t accumulator,
                      uint32_t own_pid)
{
    const es_instruction *it = &program->instructions[at];

    switch (it->code) {
    case ES_BPF_JGE_K:
        return accumulator >= it->k;
    case ES_BPF_JSET_K:
        return (accumulator & it->k) != 0;
    default:
        if (es_role(program, at) == ES_COMPARES_OWN_PID)
            return own_pid != 0 && accumulator == own_pid;
        return accumulator == it->k;
    }
}

int es_program_decide(const es_program *program, const es_call *call, uint32_t own_pid, es_run *run,
                      size_t size)
{
    es_run so_far = {0, 0, 0};
    uint32_t accumulator = 0, at = 0;

    if (!program || !call || !run)
        return ES_ERR_ARGUMENT;
    for (;; at++) {
        const es_instruction *it = &program->instructions[at];
        so_far.executed++;
        switch (it->code) {
        case ES_BPF_RET_K:
            so_far.action = it->k;
            return es_give(run, size, &so_far, sizeof so_far);
        case ES_BPF_LD_W_ABS:
            memcpy(&accumulator, (const char *)call + it->k, sizeof accumulator);
            so_far.loaded_arguments += it->k >= offsetof(es_call, instruction_pointer);
            break;
        case ES_BPF_AND_K:
            accumulator &= it->k;
            break;
        case ES_BPF_JA:
            at += it->k;
            break;
        default:
            at += condition(program, at, accumulator, own_pid) ? it->jt : it->jf;
        }
    }
}

/* ---- Exporting ---- */

uint32_t es_program_export(const es_program *program, es_instruction *instructions,
                           uint32_t capacity)
{
    if (!program)
        return 0;
    if (!instructions || capacity < program->length)
        return program->length;
    memcpy(instructions, program->instructions, program->length * sizeof *instructions);
    for (uint32_t i = 0; i < program->special_count; i++) {
        es_instruction *it = &instructions[program->special[i].at];
        if (it->code != ES_BPF_RET_K)
            *it = (es_instruction){ES_BPF_JA, 0, 0, it->jf};
    }
    return program->length;
}

/* ---- Filling in ---- */

/* The 12 bits of a digest that an answer has room for. */
static uint32_t digest_part(uint64_t digest, uint32_t part)
{
    return (uint32_t)(digest >> (36 - 12 * part)) & 0xfff;
}

void es_program_fill(es_program *program, uint32_t own_pid, uint32_t layer, uint64_t digest)
{
    for (uint32_t i = 0; i < program->special_count; i++) {
        uint32_t role = program->special[i].role;
        uint32_t *k = &program->instructions[program->special[i].at].k;
        if (role == ES_COMPARES_OWN_PID)
            *k = own_pid;
        else if (role == ES_RETURNS_LAYER)
            *k = ES_ACTION_ERRNO | layer;
        else if (role >= ES_RETURNS_DIGEST)
            *k = ES_ACTION_ERRNO | digest_part(digest, role - ES_RETURNS_DIGEST);
    }
}
