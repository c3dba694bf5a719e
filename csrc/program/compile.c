/*
 * A policy becomes classic BPF.
 *
 * One primitive does most of it: ordered ranges of one 32-bit word, each with its target, become a
 * tree of comparisons.  It serves the numbers of system calls, and the high and low words of their
 * arguments alike.
 */
#include <inttypes.h>

#include "base/error.h"
#include "policy/decide.h"
#include "program/cases.h"
#include "program/gate.h"
#include "program/graph.h"
#include "program/program.h"
#include "table/rights.h"

/* Offsets in the kernel's struct seccomp_data, and in es_call; little-endian only. */
enum { OFFSET_NUMBER = 0, OFFSET_ARCH = 4, OFFSET_ARGUMENTS = 16, OFFSET_HIGH_WORD = 4 };
/* No word: after an AND the accumulator is not what was loaded. */
enum { SPENT = UINT16_MAX };
/* So many single values are tried one after the other at most. */
enum { LONGEST_CHAIN = 3 };
/* A set of so few values is a chain too, though a range might take fewer instructions. */
enum { FEW_VALUES = 3 };

/* From start up to the next range's start. */
typedef struct {
    uint32_t start;
    int32_t target;
} word_range;

typedef ES_ARRAY(word_range) range_list;

/* Ranges that one chain of == can tell apart: see cut(). */
typedef struct {
    uint32_t first, end; /* indexes of ranges; end is not included */
    int32_t background;
    uint32_t cost; /* instructions for all ranges up to end */
} segment;

typedef struct {
    es_arena arena; /* of all that follows */
    es_graph graph;
    es_cases cases;
    range_list numbers;   /* of the whole program */
    range_list high, low; /* of the argument in hand */
    ES_ARRAY(segment) segments;
    int32_t allow, eperm, enosys; /* the nodes that most calls end in */
    const es_gate *gate;          /* NULL: nothing traps */
    int32_t again;                /* what is allowed and made again from within the gate */
    int32_t absent;               /* calls of the baseline that are refused with ENOSYS */
} builder;

/* ---- The range tree ---- */

/* Where a range goes, seen from a tree over the word at this offset. */
static int32_t leaf(const builder *build, int32_t target, uint32_t offset)
{
    return offset == SPENT ? target : es_graph_loaded(&build->graph, target, offset);
}

static uint32_t chain_length(const word_range *ranges, uint32_t first, uint32_t end,
                             int32_t background)
{
    uint32_t length = 0;

    for (uint32_t i = first; i < end; i++)
        length += ranges[i].target != background;
    return length;
}

/* The cheapest segment that ends with the last range of this prefix, given the cheapest cut of all
 * shorter ones: cuts[i] is about the ranges before i.  behind is the first value behind the prefix,
 * which is 0 behind the largest of all. */
static segment last_segment(const word_range *ranges, uint32_t end, uint32_t behind,
                            const segment *cuts)
{
    segment best = {end, end, ES_NONE, UINT32_MAX};
    int32_t background = ranges[end - 1].target;
    uint32_t length = 0;
    bool settled = false;

    for (uint32_t i = end; i-- > 0;) {
        int32_t target = ranges[i].target;
        bool single = behind - ranges[i].start == 1;
        uint32_t cost;
        behind = ranges[i].start;
        if (single) {
            length += target != background;
        } else if (!settled) {
            settled = true;
            background = target;
            length = chain_length(ranges, i, end, background);
        } else if (target != background) {
            break;
        }
        if (length > LONGEST_CHAIN)
            break;
        cost = length + (i ? cuts[i].cost + 1 : 0);
        if (cost < best.cost) {
            best.first = i;
            best.background = background;
            best.cost = cost;
        }
    }
    return best;
}

/*
 * Cut the ranges into segments, so that the instructions are as few as can be: a chain for each
 * segment, and a comparison between any two segments.  A segment is a background, the one target
 * of all that is wider than a value, and some single values on it.
 */
static bool cut(builder *build, const range_list *list, uint32_t largest)
{
    segment *cuts;
    uint32_t count = 0;

    if (!ES_ARRAY_RESERVE(&build->arena, &build->segments, list->count + 1))
        return false;
    cuts = build->segments.items;
    for (uint32_t i = 1; i <= list->count; i++)
        cuts[i] = last_segment(list->items, i,
                               i < list->count ? list->items[i].start : largest + 1, cuts);
    /* Follow the best cuts from the end, and keep only those, in their order.  The k-th from the
     * end is kept k places before the end, which is never before its own place. */
    for (uint32_t end = list->count; end > 0; count++) {
        segment part = cuts[end];
        cuts[list->count - count] = part;
        end = part.first;
    }
    memmove(cuts, cuts + list->count + 1 - count, count * sizeof *cuts);
    build->segments.count = count;
    return true;
}

static int32_t chain(builder *build, const range_list *list, const segment *part, uint32_t offset)
{
    int32_t node = leaf(build, part->background, offset);

    for (uint32_t i = part->end; i-- > part->first;)
        if (list->items[i].target != part->background)
            node = es_graph_jump(&build->graph, ES_BPF_JEQ_K, list->items[i].start,
                                 leaf(build, list->items[i].target, offset), node);
    return node;
}

static int32_t segment_tree(builder *build, const range_list *list, const segment *parts,
                            uint32_t count, uint32_t offset)
{
    uint32_t middle = count / 2;
    int32_t below, above;

    if (count == 1)
        return chain(build, list, parts, offset);
    below = segment_tree(build, list, parts, middle, offset);
    above = segment_tree(build, list, parts + middle, count - middle, offset);
    return es_graph_jump(&build->graph, ES_BPF_JGE_K, list->items[parts[middle].first].start, above,
                         below);
}

/* The tree that sends every value of the word at this offset to the target of its range. */
static int32_t tree(builder *build, const range_list *list, uint32_t largest, uint32_t offset)
{
    if (build->graph.failed || !cut(build, list, largest)) { /* failed: the list may have a gap */
        build->graph.failed = true;
        return 0;
    }
    return segment_tree(build, list, build->segments.items, build->segments.count, offset);
}

/* Ranges are added in ascending order; what continues its neighbour's target is no range. */
static inline void add_range(builder *build, range_list *list, uint32_t start, int32_t target)
{
    if (list->count && list->items[list->count - 1].target == target)
        return;
    if (ES_ARRAY_ROOM(&build->arena, list))
        list->items[list->count++] = (word_range){start, target};
    else
        build->graph.failed = true;
}

/* Add low..high with one target; up to there, from what is covered so far, the other. */
static void add_island(builder *build, range_list *list, uint64_t *covered, uint32_t low,
                       uint32_t high, int32_t inside, int32_t outside)
{
    if (low > *covered)
        add_range(build, list, (uint32_t)*covered, outside);
    add_range(build, list, low, inside);
    *covered = (uint64_t)high + 1;
}

static void add_rest(builder *build, range_list *list, uint64_t covered, uint32_t largest,
                     int32_t outside)
{
    if (covered <= largest)
        add_range(build, list, (uint32_t)covered, outside);
}

/* ---- Sets of one argument ---- */

static uint32_t argument_offset(unsigned slot)
{
    return OFFSET_ARGUMENTS + 8 * ES_SLOT_ARGUMENT(slot);
}

/* How many values the intervals have, or more than FEW_VALUES. */
static uint32_t count_values(const es_interval *items, uint32_t count)
{
    uint64_t values = 0;

    for (uint32_t i = 0; i < count && values <= FEW_VALUES; i++)
        values += items[i].high - items[i].low + 1;
    return values <= FEW_VALUES ? (uint32_t)values : FEW_VALUES + 1;
}

/* One == after the other: the first value, standard output say, is the likely one. */
static int32_t few_values(builder *build, const es_interval *items, uint32_t count, uint32_t offset,
                          int32_t yes, int32_t no)
{
    int32_t node = leaf(build, no, offset);

    for (uint32_t i = count; i-- > 0;)
        for (uint64_t value = items[i].high + 1; value-- > items[i].low;)
            node = es_graph_jump(&build->graph, ES_BPF_JEQ_K, (uint32_t)value,
                                 leaf(build, yes, offset), node);
    return node;
}

static int32_t narrow_ranges(builder *build, const es_interval *items, uint32_t count,
                             uint32_t largest, uint32_t offset, int32_t yes, int32_t no)
{
    uint64_t covered = 0;

    build->low.count = 0;
    for (uint32_t i = 0; i < count; i++)
        add_island(build, &build->low, &covered, (uint32_t)items[i].low, (uint32_t)items[i].high,
                   yes, no);
    add_rest(build, &build->low, covered, largest, no);
    return tree(build, &build->low, largest, offset);
}

static int32_t narrow_set(builder *build, const es_interval *items, uint32_t count, unsigned slot,
                          bool half, int32_t yes, int32_t no)
{
    uint32_t offset = argument_offset(slot), held = half ? SPENT : offset;
    int32_t node;

    if (count_values(items, count) <= FEW_VALUES)
        node = few_values(build, items, count, held, yes, no);
    else
        node = narrow_ranges(build, items, count, half ? UINT16_MAX : UINT32_MAX, held, yes, no);
    if (half)
        node = es_graph_and(&build->graph, UINT16_MAX, node);
    return es_graph_load(&build->graph, offset, node);
}

/* The tree over the low word, for one value of the high word: all intervals from *i on that reach
 * into it.  *i moves on to the first that goes beyond. */
static int32_t low_words(builder *build, const es_interval *items, uint32_t count, uint32_t *i,
                         uint32_t high_word, uint32_t offset, int32_t yes, int32_t no)
{
    uint64_t covered = 0, first = (uint64_t)high_word << 32, last = first | UINT32_MAX;

    build->low.count = 0;
    while (*i < count && items[*i].low <= last) {
        uint64_t low = items[*i].low > first ? items[*i].low : first;
        uint64_t high = items[*i].high < last ? items[*i].high : last;
        add_island(build, &build->low, &covered, (uint32_t)low, (uint32_t)high, yes, no);
        if (items[*i].high > last)
            break;
        ++*i;
    }
    add_rest(build, &build->low, covered, UINT32_MAX, no);
    if (build->low.count == 1)
        return build->low.items[0].target;
    return es_graph_load(&build->graph, offset, tree(build, &build->low, UINT32_MAX, offset));
}

static int32_t wide_set(builder *build, const es_interval *items, uint32_t count, unsigned slot,
                        int32_t yes, int32_t no)
{
    uint32_t low_offset = argument_offset(slot), offset = low_offset + OFFSET_HIGH_WORD;
    uint64_t covered = 0;
    uint32_t i = 0;

    build->high.count = 0;
    while (i < count) {
        const es_interval *item = &items[i];
        uint64_t high_word = item->low >> 32 > covered ? item->low >> 32 : covered;
        uint32_t last = (uint32_t)(item->high >> 32), from = (uint32_t)high_word, upto = from;
        int32_t target = yes;
        /* Words between the first and the last are inside whatever the low word is. */
        if (item->low <= high_word << 32 && item->high >= (high_word << 32 | UINT32_MAX)) {
            upto = (uint32_t)item->high == UINT32_MAX ? last : last - 1;
            i += upto == last;
        } else {
            target = low_words(build, items, count, &i, from, low_offset, yes, no);
        }
        add_island(build, &build->high, &covered, from, upto, target, no);
    }
    add_rest(build, &build->high, covered, UINT32_MAX, no);
    return es_graph_load(&build->graph, offset, tree(build, &build->high, UINT32_MAX, offset));
}

/* ---- Predicates ---- */

static int32_t masked_word(builder *build, uint32_t offset, uint32_t mask, uint32_t wanted,
                           int32_t yes, int32_t no)
{
    es_graph *graph = &build->graph;

    if (mask == 0)
        return yes;
    if (wanted == 0)
        return es_graph_load(graph, offset,
                             es_graph_jump(graph, ES_BPF_JSET_K, mask, leaf(build, no, offset),
                                           leaf(build, yes, offset)));
    if (wanted == mask && (mask & (mask - 1)) == 0)
        return es_graph_load(graph, offset,
                             es_graph_jump(graph, ES_BPF_JSET_K, mask, leaf(build, yes, offset),
                                           leaf(build, no, offset)));
    no = es_graph_masked(graph, no, offset, mask);
    return es_graph_load(
        graph, offset,
        es_graph_and(graph, mask, es_graph_jump(graph, ES_BPF_JEQ_K, wanted, yes, no)));
}

static int32_t predicate(builder *build, const es_predicate *condition, int32_t yes, int32_t no)
{
    uint32_t offset = argument_offset(condition->slot);
    int32_t low;

    if (condition->kind == ES_OWN_PID)
        return es_graph_load(
            &build->graph, offset,
            es_graph_own_pid(&build->graph, leaf(build, yes, offset), leaf(build, no, offset)));
    low =
        masked_word(build, offset, (uint32_t)condition->mask, (uint32_t)condition->wanted, yes, no);
    if (!ES_SLOT_IS_WIDE(condition->slot))
        return low;
    return masked_word(build, offset + OFFSET_HIGH_WORD, (uint32_t)(condition->mask >> 32),
                       (uint32_t)(condition->wanted >> 32), low, no);
}

/* How many predicates, counted back from the end, say under one mask what a word is not. */
static uint32_t count_unwanted(const es_predicate *items, uint32_t first, uint32_t end)
{
    const es_predicate *last = &items[end - 1];
    uint32_t count = 0;

    if (last->kind == ES_NOT_MASKED)
        while (count < end - first && items[end - 1 - count].kind == ES_NOT_MASKED &&
               items[end - 1 - count].slot == last->slot &&
               items[end - 1 - count].mask == last->mask)
            count++;
    return count;
}

/* One AND, and a tree of the values that the word must not have then.  Rows ask this of arguments
 * of which the kernel reads no more than a word. */
static int32_t unwanted_values(builder *build, const es_predicate *items, uint32_t count,
                               int32_t yes, int32_t no)
{
    uint64_t covered = 0;
    int32_t node;

    build->low.count = 0;
    for (uint32_t i = 0; i < count; i++)
        add_island(build, &build->low, &covered, (uint32_t)items[i].wanted,
                   (uint32_t)items[i].wanted, no, yes);
    add_rest(build, &build->low, covered, UINT32_MAX, yes);
    node = tree(build, &build->low, UINT32_MAX, SPENT);
    return es_graph_load(&build->graph, argument_offset(items->slot),
                         es_graph_and(&build->graph, (uint32_t)items->mask, node));
}

/* ---- One call ---- */

static unsigned last_bit(unsigned bits)
{
    return 31u - (unsigned)__builtin_clz(bits);
}

/* The node of an action; allow is that of ES_ACTION_ALLOW for this call. */
static int32_t answer(builder *build, uint32_t action, int32_t allow)
{
    return action == ES_ACTION_ALLOW ? allow : es_graph_return(&build->graph, action);
}

static int32_t one_case(builder *build, const es_case *alternative, const es_policy_call *call,
                        int32_t allow, int32_t no)
{
    const es_predicate *predicates = build->cases.predicates.items;
    uint32_t first = alternative->predicate_first, end = first + alternative->predicate_count;
    int32_t node = answer(build, alternative->action, allow);
    unsigned slots = alternative->slots;

    for (uint32_t i = first; i < end; i++)
        slots |= 1u << predicates[i].slot;
    while (slots) {
        unsigned slot = last_bit(slots);
        const es_set *set = es_case_set(&build->cases, alternative, slot);
        const es_interval *items;
        slots ^= 1u << slot;
        while (end > first && predicates[end - 1].slot == slot) {
            uint32_t unwanted = count_unwanted(predicates, first, end);
            end -= unwanted ? unwanted : 1;
            node = unwanted ? unwanted_values(build, &predicates[end], unwanted, node, no)
                            : predicate(build, &predicates[end], node, no);
        }
        if (!set)
            continue;
        items = build->cases.intervals.items + set->first;
        if (ES_SLOT_IS_WIDE(slot))
            node = wide_set(build, items, set->count, slot, node, no);
        else
            node = narrow_set(build, items, set->count, slot,
                              call->widths[ES_SLOT_ARGUMENT(slot)] == ES_WIDTH_16, node, no);
    }
    return node;
}

/* Built backwards: each alternative from first on fails to the next one, the last to *node. */
static bool list_of_cases(builder *build, const es_policy *policy, const es_policy_call *call,
                          int32_t first, int32_t allow, int32_t *node)
{
    if (!es_cases_collect(&build->cases, policy, call, first))
        return false;
    if (build->cases.always)
        *node = answer(build, policy->alternatives.items[first].action, allow);
    else
        for (uint32_t i = build->cases.cases.count; i-- > 0;)
            *node = one_case(build, &build->cases.cases.items[i], call, allow, *node);
    return !build->graph.failed;
}

/* The answers to the questions, and behind them what the policy says of seccomp(2). */
static int32_t answers(builder *build, int32_t rest)
{
    es_graph *graph = &build->graph;
    uint32_t offset = OFFSET_ARGUMENTS, question = ES_QUESTIONS - 1;
    int32_t node = es_graph_answer(graph, question), no = leaf(build, rest, offset);

    while (question-- > 0)
        node = es_graph_jump(graph, ES_BPF_JEQ_K, ES_QUESTION + question,
                             es_graph_answer(graph, question), node);
    node = es_graph_jump(graph, ES_BPF_JGE_K, ES_QUESTION + ES_QUESTIONS, no, node);
    return es_graph_load(graph, offset, es_graph_questions(graph, node, no));
}

/* Is a call that is allowed made again by the handler of SIGSYS? */
static bool is_made_again(const es_gate *gate, const es_policy *policy, int32_t number)
{
    uint32_t limited = gate && gate->places ? es_policy_limited_rights(policy) : 0;

    if (!gate)
        return false;
    /* ioctl(2) is judged by what its descriptor was opened for. */
    if (number == policy->numbers.number[ES_SYS_ioctl])
        return false;
    return number == policy->numbers.number[ES_SYS_rt_sigprocmask] ||
           number == policy->numbers.number[ES_SYS_rt_sigaction] ||
           (es_rights_of_call(&policy->numbers, number) & limited & (ES_ON_FILES | ES_ON_PORTS));
}

static bool rows_of_call(builder *build, const es_policy *policy, const es_policy_call *call,
                         int32_t *target)
{
    bool exists = es_denied(call->number, call) == es_denied(0, NULL);
    int32_t absent = call->number > ES_BASELINE_NR ? build->enosys : build->absent;
    int32_t allow = is_made_again(build->gate, policy, call->number) ? build->again : build->allow;

    *target = allow;
    if (call->always != ES_NONE)
        return true;
    *target = exists ? build->eperm : absent;
    return list_of_cases(build, policy, call, call->first_answer, allow, target) &&
           list_of_cases(build, policy, call, call->first, allow, target);
}

/* The node that traps from inside the gate, and tells so much. */
static int32_t trapped(builder *build, uint32_t told, int32_t outside)
{
    int32_t trap = es_graph_return(&build->graph, ES_ACTION_TRAP | told);
    return es_gate_node(&build->graph, build->gate, trap, outside);
}

/* What is written to the descriptor that nobody has is for the handler. */
static int32_t trapped_write(builder *build, int32_t rest)
{
    es_graph *graph = &build->graph;
    int32_t no = leaf(build, rest, OFFSET_ARGUMENTS);
    int32_t trap = trapped(build, ES_TRAP_AGAIN, rest);

    return es_graph_load(graph, OFFSET_ARGUMENTS,
                         es_graph_jump(graph, ES_BPF_JEQ_K, ES_TRAP_DESCRIPTOR, trap, no));
}

static bool one_call(builder *build, const es_policy *policy, const es_policy_call *call,
                     int32_t *target)
{
    if (!rows_of_call(build, policy, call, target))
        return false;
    if (call->number == policy->numbers.number[ES_SYS_seccomp])
        *target = answers(build, *target);
    if (build->gate && call->number == policy->numbers.number[ES_SYS_write])
        *target = trapped_write(build, *target);
    return !build->graph.failed;
}

/* ---- The whole program ---- */

/* Calls that programs make most, the most frequent first.  Those that have a condition here stand
 * before the tree; unconditional ones the kernel answers from its cache, without the filter. */
static const uint16_t often_called[] = {ES_SYS_write,    ES_SYS_read,   ES_SYS_sendto,
                                        ES_SYS_recvfrom, ES_SYS_openat, ES_SYS_fcntl,
                                        ES_SYS_ioctl,    ES_SYS_mmap,   ES_SYS_writev,
                                        ES_SYS_lseek,    ES_SYS_madvise};
enum { OFTEN_CALLED = sizeof often_called / sizeof *often_called, HOT_CALLS = 4 };

typedef struct {
    struct {
        uint32_t number;
        int32_t target;
    } calls[HOT_CALLS];
    uint32_t count;
} hot_chain;

/* Chosen ones have ES_NONE for their target afterwards: whatever comes next. */
static hot_chain choose_hot(const es_policy *policy, int32_t *targets, int32_t allow)
{
    hot_chain hot = {.count = 0};

    for (uint32_t i = 0; i < OFTEN_CALLED && hot.count < HOT_CALLS; i++) {
        int32_t number = policy->numbers.number[often_called[i]];
        const es_policy_call *call = es_policy_find(policy, number);
        uint32_t index = call ? (uint32_t)(call - policy->calls.items) : 0;
        if (call && call->first != ES_NONE && targets[index] != allow) {
            hot.calls[hot.count].number = (uint32_t)number;
            hot.calls[hot.count++].target = targets[index];
            targets[index] = ES_NONE;
        }
    }
    return hot;
}

/* From one number up to, but not including, a larger one: none of them is in the policy. */
static void add_refusals(builder *build, uint32_t from, uint32_t to)
{
    enum { FIRST_COMMON = ES_BASELINE_NR + 1 };

    if (from < FIRST_COMMON)
        add_range(build, &build->numbers, from, build->eperm);
    if (to > FIRST_COMMON)
        add_range(build, &build->numbers, from < FIRST_COMMON ? FIRST_COMMON : from, build->enosys);
}

/* Hot calls need no range: the tree may say of them what it says of their neighbour. */
static void add_numbers(builder *build, const es_policy *policy, const int32_t *targets)
{
    uint32_t next = 0, begin, end;

    for (uint32_t i = 0; i < policy->calls.count; i++) {
        uint32_t number = (uint32_t)policy->calls.items[i].number;
        if (next < number)
            add_refusals(build, next, number);
        if (targets[i] != ES_NONE)
            add_range(build, &build->numbers, number, targets[i]);
        next = number + 1;
    }
    es_foreign_numbers(policy->arch, &begin, &end);
    if (next < begin)
        add_refusals(build, next, begin);
    if (begin < end)
        add_range(build, &build->numbers, begin,
                  es_graph_return(&build->graph, ES_ACTION_KILL_PROCESS));
    add_range(build, &build->numbers, end, build->enosys);
}

static int32_t whole_program(builder *build, const es_policy *policy, int32_t *targets)
{
    hot_chain hot = choose_hot(policy, targets, build->allow);
    es_graph *graph = &build->graph;
    int32_t node;

    add_numbers(build, policy, targets);
    node = tree(build, &build->numbers, UINT32_MAX, OFFSET_NUMBER);
    for (uint32_t i = hot.count; i-- > 0;)
        node = es_graph_jump(graph, ES_BPF_JEQ_K, hot.calls[i].number, hot.calls[i].target, node);
    node = es_graph_load(graph, OFFSET_NUMBER, node);
    node = es_graph_jump(graph, ES_BPF_JEQ_K, policy->arch, node,
                         es_graph_return(graph, ES_ACTION_KILL_PROCESS));
    return es_graph_load(graph, OFFSET_ARCH, node);
}

static int fail_too_long(const es_policy *policy, uint32_t length, es_error *error)
{
    uint32_t rules;
    const char *largest = es_policy_largest(policy, &rules);

    return es_fail(error, ES_ERR_TOO_LONG, 0, NULL,
                   "the filter has %" PRIu32 " instructions, and the kernel takes %d at most; "
                   "%s has the most rules (%" PRIu32 "): grant fewer, or ranges instead of values",
                   length, ES_MAX_INSTRUCTIONS, largest, rules);
}

/* The nodes that most calls end in. */
static void make_ends(builder *build)
{
    es_graph *graph = &build->graph;
    const es_gate *gate = build->gate;

    build->allow = build->again = es_graph_return(graph, ES_ACTION_ALLOW);
    build->eperm = es_graph_return(graph, es_denied(0, NULL));
    build->enosys = build->absent = es_graph_return(graph, es_denied(-1, NULL));
    if (gate) {
        build->eperm = trapped(build, es_denied(0, NULL) & 0xffff, build->eperm);
        build->absent = trapped(build, es_denied(-1, NULL) & 0xffff, build->enosys);
        build->again = trapped(build, ES_TRAP_AGAIN, build->allow);
    }
}

static int compile(const es_policy *policy, const es_gate *gate, es_program **program,
                   es_error *error)
{
    builder build = {.gate = gate};
    int32_t *targets = NULL;
    uint32_t length, i = 0;
    int status;

    if (!program)
        return es_fail_argument(error, "no place for the program");
    status = es_policy_check(policy, error);
    if (status)
        return status;
    build.graph.arena = build.cases.arena = &build.arena;
    make_ends(&build);
    targets = es_arena_take(&build.arena, (policy->calls.count + 1) * sizeof *targets);
    while (targets && i < policy->calls.count &&
           one_call(&build, policy, &policy->calls.items[i], &targets[i]))
        i++;
    if (!targets || i < policy->calls.count)
        status = es_fail_memory(error);
    else
        status = es_graph_program(&build.graph, whole_program(&build, policy, targets),
                                  policy->arch, program, &length, error);
    if (status == ES_ERR_TOO_LONG)
        fail_too_long(policy, length, error);
    es_arena_free(&build.arena);
    return status;
}

int es_compile(const es_policy *policy, es_program **program, es_error *error)
{
    return compile(policy, NULL, program, error);
}

int es_compile_gated(const es_policy *policy, const es_gate *gate, es_program **program,
                     es_error *error)
{
    if (!es_gate_is_valid(gate))
        return es_fail_argument(error, "the gate has no size, or spans that cannot be");
    return compile(policy, gate, program, error);
}
