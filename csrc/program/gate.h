/* From where a call is made: what decides whether it traps. */
#ifndef ES_PROGRAM_GATE_H
#define ES_PROGRAM_GATE_H

#include <stdbool.h>
#include "program/graph.h"

bool es_gate_is_valid(const es_gate *gate);
/* The node that goes to inside where the instruction pointer is in one of the spans, else to
 * outside.  The accumulator is lost. */
int32_t es_gate_node(es_graph *graph, const es_gate *gate, int32_t inside, int32_t outside);

#endif
