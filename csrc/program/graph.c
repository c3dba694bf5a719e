/*
 * Instructions as a graph, and the graph as a program.
 *
 * Nodes are hash-consed, so equal tails are one node.  Linearising goes from the end: children
 * first, so that all jumps lead forward.
 */
#include "base/error.h"
#include "policy/decide.h"
#include "program/graph.h"
#include "program/program.h"

enum { MAX_JUMP = 255, UNPLACED = -1, ENTERED = -2 };

/* ---- Nodes ---- */

static uint32_t hash_node(const es_node *node)
{
    uint64_t what = (uint64_t)node->code << 32 | node->k;
    uint64_t where = (uint64_t)(uint32_t)node->yes << 32 | (uint32_t)node->no;
    return (uint32_t)((what * 0x9e3779b97f4a7c15u + where * 0xc2b2ae3d27d4eb4fu) >> 32);
}

static bool same_node(const es_node *a, const es_node *b)
{
    return a->code == b->code && a->role == b->role && a->k == b->k && a->yes == b->yes &&
           a->no == b->no;
}

/* The place of an equal node in the table, or the free place where it belongs. */
static int32_t *find_place(const es_graph *graph, const es_node *node)
{
    uint32_t at = hash_node(node) & (graph->table_size - 1);

    while (graph->table[at] != ES_NONE && !same_node(&graph->nodes.items[graph->table[at]], node))
        at = (at + 1) & (graph->table_size - 1);
    return &graph->table[at];
}

/* Room for more nodes: the table is never more than half full. */
static bool make_room(es_graph *graph)
{
    uint32_t size = graph->table_size ? graph->table_size * 2 : 512;
    int32_t *table;

    if (!ES_ARRAY_RESERVE(graph->arena, &graph->nodes, size / 2))
        return false;
    table = es_arena_grow(graph->arena, graph->table, 0, size * sizeof *table);
    if (!table)
        return false;
    graph->table = table;
    graph->table_size = size;
    memset(table, -1, size * sizeof *table);
    for (uint32_t i = 0; i < graph->nodes.count; i++)
        *find_place(graph, &graph->nodes.items[i]) = (int32_t)i;
    return true;
}

/* A candidate is written behind the last node, and is one if no other equals it. */
static int32_t make_node(es_graph *graph, uint16_t code, uint8_t role, uint32_t k, int32_t yes,
                         int32_t no)
{
    es_node *node;
    int32_t *place;

    if (graph->failed)
        return 0;
    if (graph->nodes.count * 2 >= graph->table_size && !make_room(graph)) {
        graph->failed = true;
        return 0;
    }
    node = &graph->nodes.items[graph->nodes.count];
    node->code = code;
    node->role = role;
    node->k = k;
    node->yes = yes;
    node->no = no;
    node->place = UNPLACED;
    place = find_place(graph, node);
    if (*place == ES_NONE)
        *place = (int32_t)graph->nodes.count++;
    return *place;
}

int32_t es_graph_return(es_graph *graph, uint32_t action)
{
    return make_node(graph, ES_BPF_RET_K, ES_PLAIN, action, ES_NONE, ES_NONE);
}

int32_t es_graph_load(es_graph *graph, uint32_t offset, int32_t next)
{
    return make_node(graph, ES_BPF_LD_W_ABS, ES_PLAIN, offset, next, ES_NONE);
}

int32_t es_graph_and(es_graph *graph, uint32_t mask, int32_t next)
{
    return make_node(graph, ES_BPF_AND_K, ES_PLAIN, mask, next, ES_NONE);
}

int32_t es_graph_jump(es_graph *graph, uint16_t code, uint32_t k, int32_t yes, int32_t no)
{
    if (yes == no)
        return yes;
    return make_node(graph, code, ES_PLAIN, k, yes, no);
}

int32_t es_graph_own_pid(es_graph *graph, int32_t yes, int32_t no)
{
    if (yes == no)
        return yes;
    return make_node(graph, ES_BPF_JEQ_K, ES_COMPARES_OWN_PID, 0, yes, no);
}

int32_t es_graph_questions(es_graph *graph, int32_t yes, int32_t no)
{
    return make_node(graph, ES_BPF_JGE_K, ES_LEADS_TO_ANSWERS, ES_QUESTION, yes, no);
}

int32_t es_graph_answer(es_graph *graph, uint32_t question)
{
    static const uint8_t roles[ES_QUESTIONS] = {
        ES_PLAIN,
        ES_RETURNS_LAYER,
        ES_RETURNS_DIGEST,
        ES_RETURNS_DIGEST + 1,
        ES_RETURNS_DIGEST + 2,
        ES_RETURNS_DIGEST + 3,
    };
    return make_node(graph, ES_BPF_RET_K, roles[question], es_answer(question), ES_NONE, ES_NONE);
}

/* ---- Linearising ---- */

/* The program from its end: item 0 is the last instruction. */
typedef struct {
    es_arena *arena;
    ES_ARRAY(es_instruction) backwards;
    ES_ARRAY(es_special) special; /* which of them have a role; at is their place here */
    ES_ARRAY(int32_t) visiting;   /* the way from the root to the node being placed */
} line;

static inline bool append(line *out, uint16_t code, uint32_t k, uint32_t yes, uint32_t no)
{
    es_instruction instruction = {code, (uint8_t)yes, (uint8_t)no, k};

    if (!ES_ARRAY_ROOM(out->arena, &out->backwards))
        return false;
    out->backwards.items[out->backwards.count++] = instruction;
    return true;
}

/* The instruction that a node itself is. */
static inline bool append_node(line *out, const es_node *node, uint32_t yes, uint32_t no)
{
    if (node->role) {
        if (!ES_ARRAY_ROOM(out->arena, &out->special))
            return false;
        out->special.items[out->special.count++] =
            (es_special){out->backwards.count, node->role};
    }
    return append(out, node->code, node->k, yes, no);
}

/* How many instructions lie between the next one to be appended and the node. */
static uint32_t jump_to(const line *out, const es_node *node)
{
    return out->backwards.count - (uint32_t)node->place - 1;
}

/* A stand-in for a node that is too far away: a copy of a return, else a long jump. */
static bool append_trampoline(line *out, es_node *node)
{
    bool done = node->code == ES_BPF_RET_K ? append_node(out, node, 0, 0)
                                           : append(out, ES_BPF_JA, jump_to(out, node), 0, 0);
    node->place = (int32_t)out->backwards.count - 1;
    return done;
}

static bool place_jump(es_graph *graph, line *out, const es_node *node)
{
    es_node *yes = &graph->nodes.items[node->yes], *no = &graph->nodes.items[node->no];
    uint32_t to_yes = jump_to(out, yes), to_no = jump_to(out, no);

    while (to_yes > MAX_JUMP || to_no > MAX_JUMP) {
        if (!append_trampoline(out, to_yes > to_no ? yes : no))
            return false;
        to_yes = jump_to(out, yes);
        to_no = jump_to(out, no);
    }
    return append_node(out, node, to_yes, to_no);
}

/* All children of the node are placed. */
static bool place_node(es_graph *graph, line *out, es_node *node)
{
    bool done;

    if (node->code == ES_BPF_RET_K) {
        done = append_node(out, node, 0, 0);
    } else if (node->code == ES_BPF_LD_W_ABS || node->code == ES_BPF_AND_K) {
        const es_node *next = &graph->nodes.items[node->yes];
        done = jump_to(out, next) == 0 || append(out, ES_BPF_JA, jump_to(out, next), 0, 0);
        done = done && append_node(out, node, 0, 0);
    } else {
        done = place_jump(graph, out, node);
    }
    node->place = (int32_t)out->backwards.count - 1;
    return done;
}

static inline void visit(es_graph *graph, line *out, int32_t node)
{
    if (node != ES_NONE && graph->nodes.items[node].place == UNPLACED)
        out->visiting.items[out->visiting.count++] = node;
}

/* Depth first, without recursion: a chain of alternatives may be as long as memory allows. */
static bool place_all(es_graph *graph, line *out, int32_t root)
{
    /* Every node is entered once, and puts its two children on the way. */
    if (!ES_ARRAY_RESERVE(out->arena, &out->visiting, 2 * graph->nodes.count + 1))
        return false;
    visit(graph, out, root);
    while (out->visiting.count) {
        es_node *node = &graph->nodes.items[out->visiting.items[out->visiting.count - 1]];
        if (node->place == UNPLACED) {
            node->place = ENTERED;
            visit(graph, out, node->no);
            visit(graph, out, node->yes);
        } else {
            out->visiting.count--;
            /* A node can have been put on the way twice before it was entered. */
            if (node->place == ENTERED && !place_node(graph, out, node))
                return false;
        }
    }
    return true;
}

/* The right way round, in memory that the program takes over. */
static int turn_round(const line *out, uint32_t arch, es_program **program, es_error *error)
{
    uint32_t count = out->backwards.count;
    es_instruction *instructions = malloc(count * sizeof *instructions);
    es_special *special = malloc((out->special.count + 1) * sizeof *special);

    if (!instructions || !special) {
        free(instructions);
        free(special);
        return es_fail_memory(error);
    }
    for (uint32_t i = 0; i < count; i++)
        instructions[i] = out->backwards.items[count - 1 - i];
    for (uint32_t i = 0; i < out->special.count; i++)
        special[i] = (es_special){count - 1 - out->special.items[i].at, out->special.items[i].role};
    return es_program_make(arch, instructions, count, special, out->special.count, program, error);
}

int es_graph_program(es_graph *graph, int32_t root, uint32_t arch, es_program **program,
                     uint32_t *length, es_error *error)
{
    line out = {.arena = graph->arena};
    int status;

    if (graph->failed || !place_all(graph, &out, root))
        status = es_fail_memory(error);
    else if (out.backwards.count > ES_MAX_INSTRUCTIONS)
        status = ES_ERR_TOO_LONG;
    else
        status = turn_round(&out, arch, program, error);
    *length = out.backwards.count;
    return status;
}
