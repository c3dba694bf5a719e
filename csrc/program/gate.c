/* From where a call is made: the instruction pointer is compared with spans of addresses. */
#include <stddef.h>

#include "program/gate.h"

enum {
    OFFSET_LOW = offsetof(es_call, instruction_pointer), /* little-endian only */
    OFFSET_HIGH = OFFSET_LOW + 4
};

bool es_gate_is_valid(const es_gate *gate)
{
    if (!gate || gate->size < sizeof *gate || gate->count > ES_GATE_SPANS)
        return false;
    for (uint32_t i = 0; i < gate->count; i++)
        if (gate->first[i] >= gate->after[i] || gate->first[i] >> 32 != (gate->after[i] - 1) >> 32)
            return false;
    return true;
}

int32_t es_gate_node(es_graph *graph, const es_gate *gate, int32_t inside, int32_t outside)
{
    int32_t node = outside;

    for (uint32_t i = gate->count; i-- > 0;) {
        uint32_t last = (uint32_t)(gate->after[i] - 1);
        int32_t low = inside;
        if (last != UINT32_MAX)
            low = es_graph_jump(graph, ES_BPF_JGE_K, last + 1, node, low);
        low = es_graph_jump(graph, ES_BPF_JGE_K, (uint32_t)gate->first[i], low, node);
        low = es_graph_load(graph, OFFSET_LOW, low);
        node = es_graph_jump(graph, ES_BPF_JEQ_K, (uint32_t)(gate->first[i] >> 32), low, node);
        node = es_graph_load(graph, OFFSET_HIGH, node);
    }
    return node;
}
