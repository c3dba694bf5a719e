/*
 * A program as text, with what its numbers mean.
 *
 * What is compared at an instruction is known from those that every path to it takes: from its
 * dominators.  Jumps lead forward only, so one pass finds them.
 */
#include <stddef.h>

#include "base/kernel_abi.h"
#include "base/text.h"
#include "program/program.h"
#include "table/arguments.h"
#include "table/syscalls.h"

enum { NOWHERE = -1, UNKNOWN = sizeof(es_call), COMMENT_COLUMN = 36 };

typedef struct {
    const es_program *program;
    int16_t dominator[ES_MAX_INSTRUCTIONS]; /* the nearest one; NOWHERE before the first */
    bool joined[ES_MAX_INSTRUCTIONS];       /* several instructions lead here */
    /* What the accumulator holds then: a word of the call, and which bits of it. */
    uint8_t offset[ES_MAX_INSTRUCTIONS]; /* in an es_call; UNKNOWN where it is not known */
    uint32_t mask[ES_MAX_INSTRUCTIONS];
} flow;

static int16_t common(const flow *known, int16_t a, int16_t b)
{
    while (a != b) {
        if (a > b)
            a = known->dominator[a];
        else
            b = known->dominator[b];
    }
    return a;
}

static void lead(flow *known, uint32_t from, uint32_t to)
{
    const es_instruction *it = &known->program->instructions[from];
    bool loads = it->code == ES_BPF_LD_W_ABS;
    int16_t before = known->dominator[to];

    if (before != NOWHERE) {
        known->joined[to] = true;
        known->dominator[to] = common(known, before, (int16_t)from);
        known->offset[to] = UNKNOWN;
        return;
    }
    known->dominator[to] = (int16_t)from;
    known->offset[to] = loads ? (uint8_t)it->k : known->offset[from];
    known->mask[to] = loads ? UINT32_MAX : known->mask[from];
    if (it->code == ES_BPF_AND_K)
        known->mask[to] &= it->k;
}

static bool is_jump(const es_instruction *it)
{
    return it->code == ES_BPF_JEQ_K || it->code == ES_BPF_JGE_K || it->code == ES_BPF_JSET_K;
}

static void follow(flow *known, const es_program *program)
{
    known->program = program;
    for (uint32_t i = 0; i < program->length; i++) {
        known->dominator[i] = NOWHERE;
        known->joined[i] = false;
        known->offset[i] = UNKNOWN;
        known->mask[i] = UINT32_MAX;
    }
    for (uint32_t i = 0; i < program->length; i++) {
        const es_instruction *it = &program->instructions[i];
        bool jumps = is_jump(it);
        if (it->code == ES_BPF_RET_K || (i && known->dominator[i] == NOWHERE))
            continue; /* ends there, or is never reached */
        lead(known, i, i + 1 + (jumps ? it->jt : it->code == ES_BPF_JA ? it->k : 0));
        if (jumps && it->jf != it->jt)
            lead(known, i, i + 1 + it->jf);
    }
}

typedef struct {
    uint32_t offset, mask;
} loaded;

static loaded loaded_at(const flow *known, uint32_t at)
{
    return (loaded){known->offset[at], known->mask[at]};
}

static bool is_argument(loaded it)
{
    return it.offset >= offsetof(es_call, args) && it.offset < sizeof(es_call);
}

static unsigned argument_of(loaded it)
{
    return (unsigned)(it.offset - offsetof(es_call, args)) / 8;
}

static bool is_high(loaded it)
{
    return it.offset % 8 != 0;
}

/* Is the low half all that the kernel reads of the argument? */
static bool is_whole(const es_call *call, loaded it)
{
    int width = es_syscall_width(call->arch, call->nr, argument_of(it));
    return !is_high(it) && (width == ES_WIDTH_16 || width == ES_WIDTH_32);
}

/* What every path to an instruction has found out. */
typedef struct {
    es_call call; /* its number is negative where it is not known */
    unsigned arguments;
    uint32_t low, high; /* between which the number is */
} facts;

/* What was found out at one instruction, if it is the only one that leads to the next. */
static void learn(const flow *known, uint32_t at, uint32_t next, facts *found)
{
    const es_instruction *it = &known->program->instructions[at];
    loaded compared = loaded_at(known, at);
    bool jump = it->jt != it->jf && !known->joined[next];
    bool held = next == at + 1 + it->jt;

    if (!jump || (it->code != ES_BPF_JEQ_K && it->code != ES_BPF_JGE_K))
        return;
    if (compared.offset == offsetof(es_call, nr)) {
        if (held && (it->code == ES_BPF_JEQ_K || it->k > found->low))
            found->low = it->k;
        if (held && it->code == ES_BPF_JEQ_K)
            found->high = it->k;
        if (!held && it->code == ES_BPF_JGE_K && it->k - 1 < found->high)
            found->high = it->k - 1;
        if (!held && it->code == ES_BPF_JEQ_K) {
            found->low += it->k == found->low;
            found->high -= it->k == found->high;
        }
    }
    if (held && it->code == ES_BPF_JEQ_K && is_argument(compared) && !is_high(compared) &&
        compared.mask == UINT32_MAX && es_role(known->program, at) != ES_COMPARES_OWN_PID) {
        found->call.args[argument_of(compared)] = it->k;
        found->arguments |= 1u << argument_of(compared);
    }
}

static facts facts_at(const flow *known, uint32_t at)
{
    facts found = {.call = {.nr = -1, .arch = known->program->arch}, .high = UINT32_MAX};
    uint16_t path[ES_MAX_INSTRUCTIONS];
    uint32_t length = 0;

    for (int32_t i = (int32_t)at; i != NOWHERE; i = known->dominator[i])
        path[length++] = (uint16_t)i;
    while (length > 1) {
        length--;
        learn(known, path[length], path[length - 1], &found);
    }
    if (found.low == found.high && found.low <= ES_MAX_NR)
        found.call.nr = (int32_t)found.low;
    return found;
}

/* ---- Comments ---- */

static void comment_return(uint32_t action, es_text *text)
{
    const char *name = es_errno_name((int)(action & 0xffff));

    if (action == ES_ACTION_ALLOW)
        es_text_add(text, "allow");
    else if (action == ES_ACTION_KILL_PROCESS)
        es_text_add(text, "kill the process");
    else if (action >> 16 == ES_ACTION_ERRNO >> 16 && name)
        es_text_add(text, name);
    else if (action == (ES_ACTION_ERRNO | ES_ANSWER))
        es_text_add(text, "a filter of libextrasafe");
}

static void comment_jump(const es_call *call, unsigned known, const es_instruction *it,
                         loaded compared, es_text *text)
{
    bool masked = compared.mask != UINT32_MAX;
    es_comparison made = {.argument = (uint8_t)argument_of(compared),
                          .op = masked                      ? ES_MASKED_EQUAL
                                : it->code == ES_BPF_JGE_K ? ES_GREATER_EQUAL
                                                           : ES_EQUAL,
                          .mask = masked ? compared.mask : 0,
                          .datum = it->k};

    if (it->code == ES_BPF_JSET_K)
        es_write_masked(call, known, made.argument, compared.mask & it->k, text);
    else
        es_write_comparison(call, known, &made, text);
}

/* What an instruction means, where that is known. */
static void comment(const flow *known, uint32_t at, es_text *text)
{
    const es_instruction *it = &known->program->instructions[at];
    loaded compared = loaded_at(known, at);
    facts found = facts_at(known, at);
    const es_call *call = &found.call;
    char name[ES_NAME_SIZE];

    if (it->code == ES_BPF_RET_K && es_role(known->program, at) == ES_PLAIN)
        comment_return(it->k, text);
    else if (it->code == ES_BPF_JEQ_K && compared.offset == offsetof(es_call, nr) &&
             es_syscall_name(known->program->arch, (int32_t)it->k, name) == ES_OK)
        es_text_add(text, name);
    if (call->nr < 0 || !es_syscall_arguments(call->arch, call->nr))
        return;
    if (it->code == ES_BPF_LD_W_ABS) {
        compared = (loaded){it->k, UINT32_MAX};
        if (is_argument(compared))
            es_write_argument(call, argument_of(compared), text);
    } else if (is_jump(it) && is_argument(compared) && is_whole(call, compared) &&
               es_role(known->program, at) != ES_COMPARES_OWN_PID) {
        comment_jump(call, found.arguments, it, compared, text);
    }
}

/* ---- Lines ---- */

static void pad(es_text *text, size_t column)
{
    while (text->length < column)
        es_text_add(text, " ");
}

static void write_word(uint32_t offset, es_text *text)
{
    static const char *const header[] = {"nr", "arch", "ip.low", "ip.high"};

    if (offset < offsetof(es_call, args)) {
        es_text_add(text, header[offset / 4]);
        return;
    }
    es_text_add(text, "arg");
    es_text_add_number(text, argument_of((loaded){offset, 0}), 10);
    es_text_add(text, offset % 8 ? ".high" : ".low");
}

static void write_jump(const es_program *program, uint32_t at, es_text *text)
{
    const es_instruction *it = &program->instructions[at];

    es_text_add(text, it->code == ES_BPF_JEQ_K   ? "jeq  "
                      : it->code == ES_BPF_JGE_K ? "jge  "
                                                 : "jset ");
    if (es_role(program, at) == ES_COMPARES_OWN_PID)
        es_text_add(text, "own pid");
    else
        es_text_add_number(text, it->k, 16);
    es_text_add(text, ", ");
    es_text_add_number(text, at + 1 + it->jt, 10);
    es_text_add(text, ", ");
    es_text_add_number(text, at + 1 + it->jf, 10);
}

static void write_returned(uint32_t action, uint32_t role, es_text *text)
{
    if (role == ES_PLAIN) {
        es_text_add_number(text, action, 16);
    } else if (role == ES_RETURNS_LAYER) {
        es_text_add(text, "layer");
    } else {
        es_text_add(text, "digest.");
        es_text_add_number(text, role - ES_RETURNS_DIGEST, 10);
    }
}

static void write_instruction(const es_program *program, uint32_t at, es_text *text)
{
    const es_instruction *it = &program->instructions[at];

    switch (it->code) {
    case ES_BPF_RET_K:
        es_text_add(text, "ret  ");
        write_returned(it->k, es_role(program, at), text);
        break;
    case ES_BPF_LD_W_ABS:
        es_text_add(text, "ld   ");
        write_word(it->k, text);
        break;
    case ES_BPF_AND_K:
        es_text_add(text, "and  ");
        es_text_add_number(text, it->k, 16);
        break;
    case ES_BPF_JA:
        es_text_add(text, "ja   ");
        es_text_add_number(text, at + 1 + it->k, 10);
        break;
    default:
        write_jump(program, at, text);
    }
}

static void write_line(const flow *known, uint32_t at, es_text *text)
{
    size_t begin = text->length, width = at < 10 ? 1 : at < 100 ? 2 : at < 1000 ? 3 : 4;
    char memory[512];
    es_text said = es_text_in(memory, sizeof memory);

    pad(text, begin + 4 - width);
    es_text_add_number(text, at, 10);
    es_text_add(text, ": ");
    write_instruction(known->program, at, text);
    comment(known, at, &said);
    if (said.length) {
        es_text_add(text, " ");
        pad(text, begin + COMMENT_COLUMN);
        es_text_add(text, "; ");
        es_text_add(text, memory);
    }
    es_text_add(text, "\n");
}

size_t es_program_disassemble(const es_program *program, char *memory, size_t size)
{
    es_text text = es_text_in(memory, memory ? size : 0);
    flow known;

    if (!program)
        return 0;
    follow(&known, program);
    for (uint32_t i = 0; i < program->length; i++)
        write_line(&known, i, &text);
    return text.length;
}
