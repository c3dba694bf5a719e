/* A filter while it is being built: a graph of instructions in which equal parts are one. */
#ifndef ES_GRAPH_H
#define ES_GRAPH_H

#include "base/array.h"
#include "base/kernel_abi.h"
#include "include/extrasafe.h"

typedef struct {
    uint16_t code;
    uint8_t role; /* of the instruction: see program.h */
    uint32_t k;
    int32_t yes, no; /* loads and AND have only yes, returns have neither */
    int32_t place;   /* where linearising has put it */
} es_node;

/* All zero at first but the arena. */
typedef struct {
    es_arena *arena;
    ES_ARRAY(es_node) nodes;
    int32_t *table; /* open addressing; equal nodes are found here */
    uint32_t table_size;
    bool failed; /* no memory: every further node is 0 */
} es_graph;

/* Each returns the index of the node; what has the same effect has the same index. */
int32_t es_graph_return(es_graph *graph, uint32_t action);
int32_t es_graph_load(es_graph *graph, uint32_t offset, int32_t next);
int32_t es_graph_and(es_graph *graph, uint32_t mask, int32_t next);
int32_t es_graph_jump(es_graph *graph, uint16_t code, uint32_t k, int32_t yes, int32_t no);
int32_t es_graph_own_pid(es_graph *graph, int32_t yes, int32_t no);
int32_t es_graph_questions(es_graph *graph, int32_t yes, int32_t no);
/* The answer to question 0 to ES_QUESTIONS - 1. */
int32_t es_graph_answer(es_graph *graph, uint32_t question);

/* Where a jump to node may go while the accumulator holds the word at this offset. */
static inline int32_t es_graph_loaded(const es_graph *graph, int32_t node, uint32_t offset)
{
    const es_node *target;

    if (graph->failed)
        return 0;
    target = &graph->nodes.items[node];
    return target->code == ES_BPF_LD_W_ABS && target->k == offset ? target->yes : node;
}

/* The same while it holds the word at this offset with only the bits of the mask. */
static inline int32_t es_graph_masked(const es_graph *graph, int32_t node, uint32_t offset,
                                      uint32_t mask)
{
    int32_t loaded = es_graph_loaded(graph, node, offset);
    const es_node *target;

    if (graph->failed)
        return 0;
    target = &graph->nodes.items[loaded];
    return loaded != node && target->code == ES_BPF_AND_K && target->k == mask ? target->yes : node;
}

/* Put the instructions in a row and make a verified program of them, whatever its length up to
 * ES_MAX_INSTRUCTIONS.  *length is written in any case. */
int es_graph_program(es_graph *graph, int32_t root, uint32_t arch, es_program **program,
                     uint32_t *length, es_error *error);

#endif
