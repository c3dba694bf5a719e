/* Import arbitrary instructions; what the verifier lets through must run, print and export. */
#include <stdlib.h>

#include "extrasafe.h"
#include "input.h"

static void use(const es_program *program, input *in)
{
    uint32_t length = es_program_length(program);
    es_instruction *copy = malloc(length * sizeof *copy);
    size_t size = es_program_disassemble(program, NULL, 0) + 1;
    char *text = malloc(size);
    es_program *again = NULL;
    es_call call;
    es_run run;

    if (!copy || !text || es_program_disassemble(program, text, size) != size - 1 ||
        strlen(text) != size - 1)
        abort();
    (void)es_program_disassemble(program, text, size / 2);
    if (es_program_export(program, copy, length) != length ||
        es_program_import(0, copy, length, &again, NULL) != ES_OK)
        abort();
    for (int i = 0; i < 8; i++) {
        es_run other;
        call = (es_call){(int32_t)take(in, 4), (uint32_t)take(in, 4), take(in, 8), {0}};
        for (int j = 0; j < 6; j++)
            call.args[j] = take(in, 8);
        if (es_program_decide(program, &call, 0, &run, sizeof run) != ES_OK ||
            run.executed > length ||
            es_program_decide(again, &call, 1, &other, sizeof other) != ES_OK ||
            other.action != run.action)
            abort();
    }
    es_program_free(again);
    free(copy);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input in = {bytes, size};
    uint32_t count = (uint32_t)take(&in, 2);
    es_instruction *instructions;
    es_program *program = NULL;

    if (count > in.left / sizeof *instructions)
        count = (uint32_t)(in.left / sizeof *instructions);
    instructions = malloc((count + 1) * sizeof *instructions);
    if (!instructions)
        abort();
    for (uint32_t i = 0; i < count; i++)
        instructions[i] = (es_instruction){(uint16_t)take(&in, 2), (uint8_t)take(&in, 1),
                                           (uint8_t)take(&in, 1), (uint32_t)take(&in, 4)};
    if (es_program_import(0, instructions, count, &program, NULL) == ES_OK)
        use(program, &in);
    es_program_free(program);
    free(instructions);
    return 0;
}
