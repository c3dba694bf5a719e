/*
 * A policy becomes classic BPF.
 *
 * One primitive does most of it: ordered ranges of one 32-bit word, each with its target, become a
 * tree of comparisons.  It serves the numbers of system calls, and the high and low words of their
 * arguments alike.
 */
#include <inttypes.h>

#include "cases.h"
#include "graph.h"

/* Offsets in the kernel's struct seccomp_data, and in es_call; little-endian only. */
enum { OFFSET_NUMBER = 0, OFFSET_ARCH = 4, OFFSET_ARGUMENTS = 16, OFFSET_HIGH_WORD = 4 };
/* No word: after an AND the accumulator is not what was loaded. */
enum { SPENT = UINT16_MAX };
/* So many single values are tried one after the other before a range is split. */
enum { LONGEST_CHAIN = 4 };

/* From start up to the next range's start. */
typedef struct {
    uint32_t start;
    int32_t target;
} word_range;

typedef ES_ARRAY(word_range) range_list;

typedef struct {
    es_graph graph;
    es_cases cases;
    range_list numbers;   /* of the whole program */
    range_list high, low; /* of the argument in hand */
    int32_t allow;
} builder;

/* ---- The range tree ---- */

/* Where a range goes, seen from a tree over the word at this offset. */
static int32_t leaf(const builder *made, int32_t target, uint32_t offset)
{
    return offset == SPENT ? target : es_graph_loaded(&made->graph, target, offset);
}

static bool is_single(const word_range *ranges, uint32_t count, uint32_t i, uint32_t largest)
{
    return (i + 1 < count ? ranges[i + 1].start - 1 : largest) == ranges[i].start;
}

/* Can these ranges be a short chain of == on a background?  Returns the length of the chain, or
 * more than LONGEST_CHAIN.  *background is the target of all that is wider than one value. */
static uint32_t chain_length(const word_range *ranges, uint32_t count, uint32_t largest,
                             int32_t *background)
{
    uint32_t length = 0;

    *background = ES_NONE;
    for (uint32_t i = 0; i < count; i++) {
        if (is_single(ranges, count, i, largest))
            continue;
        if (*background != ES_NONE && *background != ranges[i].target)
            return LONGEST_CHAIN + 1;
        *background = ranges[i].target;
    }
    if (*background == ES_NONE)
        *background = ranges[count - 1].target;
    for (uint32_t i = 0; i < count && length <= LONGEST_CHAIN; i++)
        length += ranges[i].target != *background;
    return length;
}

static int32_t chain(builder *made, const word_range *ranges, uint32_t count, int32_t background,
                     uint32_t offset)
{
    int32_t node = leaf(made, background, offset);

    for (uint32_t i = count; i-- > 0;)
        if (ranges[i].target != background)
            node = es_graph_jump(&made->graph, ES_BPF_JEQ_K, ranges[i].start,
                                 leaf(made, ranges[i].target, offset), node);
    return node;
}

/* Neighbours have different targets.  largest is the last value of the last range. */
static int32_t range_tree(builder *made, const word_range *ranges, uint32_t count,
                          uint32_t largest, uint32_t offset)
{
    int32_t background, below, above;
    uint32_t middle = count / 2;

    if (count == 1)
        return leaf(made, ranges[0].target, offset);
    if (chain_length(ranges, count, largest, &background) <= LONGEST_CHAIN)
        return chain(made, ranges, count, background, offset);
    below = range_tree(made, ranges, middle, ranges[middle].start - 1, offset);
    above = range_tree(made, ranges + middle, count - middle, largest, offset);
    return es_graph_jump(&made->graph, ES_BPF_JGE_K, ranges[middle].start, above, below);
}

static int32_t tree(builder *made, const range_list *list, uint32_t largest, uint32_t offset)
{
    if (made->graph.failed) /* then the list may have a gap */
        return 0;
    return range_tree(made, list->items, list->count, largest, offset);
}

/* Ranges are added in ascending order; what continues its neighbour's target is no range. */
static void add_range(builder *made, range_list *list, uint32_t start, int32_t target)
{
    if (list->count && list->items[list->count - 1].target == target)
        return;
    if (ES_ARRAY_ROOM(list))
        list->items[list->count++] = (word_range){start, target};
    else
        made->graph.failed = true;
}

/* Add low..high with one target; up to there, from what is covered so far, the other. */
static void add_island(builder *made, range_list *list, uint64_t *covered, uint32_t low,
                       uint32_t high, int32_t inside, int32_t outside)
{
    if (low > *covered)
        add_range(made, list, (uint32_t)*covered, outside);
    add_range(made, list, low, inside);
    *covered = (uint64_t)high + 1;
}

static void add_rest(builder *made, range_list *list, uint64_t covered, uint32_t largest,
                     int32_t outside)
{
    if (covered <= largest)
        add_range(made, list, (uint32_t)covered, outside);
}

/* ---- Sets of one argument ---- */

static uint32_t argument_offset(unsigned slot)
{
    return OFFSET_ARGUMENTS + 8 * ES_SLOT_ARGUMENT(slot);
}

static int32_t narrow_set(builder *made, const es_interval *items, uint32_t count, unsigned slot,
                          bool half, int32_t yes, int32_t no)
{
    uint32_t largest = half ? UINT16_MAX : UINT32_MAX, offset = argument_offset(slot);
    uint64_t covered = 0;
    int32_t node;

    made->low.count = 0;
    for (uint32_t i = 0; i < count; i++)
        add_island(made, &made->low, &covered, (uint32_t)items[i].low, (uint32_t)items[i].high, yes,
                   no);
    add_rest(made, &made->low, covered, largest, no);
    node = tree(made, &made->low, largest, half ? SPENT : offset);
    if (half)
        node = es_graph_and(&made->graph, UINT16_MAX, node);
    return es_graph_load(&made->graph, offset, node);
}

/* The tree over the low word, for one value of the high word: all intervals from *i on that reach
 * into it.  *i moves on to the first that goes beyond. */
static int32_t low_words(builder *made, const es_interval *items, uint32_t count, uint32_t *i,
                         uint32_t high_word, uint32_t offset, int32_t yes, int32_t no)
{
    uint64_t covered = 0, first = (uint64_t)high_word << 32, last = first | UINT32_MAX;

    made->low.count = 0;
    while (*i < count && items[*i].low <= last) {
        uint64_t low = items[*i].low > first ? items[*i].low : first;
        uint64_t high = items[*i].high < last ? items[*i].high : last;
        add_island(made, &made->low, &covered, (uint32_t)low, (uint32_t)high, yes, no);
        if (items[*i].high > last)
            break;
        ++*i;
    }
    add_rest(made, &made->low, covered, UINT32_MAX, no);
    if (made->low.count == 1)
        return made->low.items[0].target;
    return es_graph_load(&made->graph, offset, tree(made, &made->low, UINT32_MAX, offset));
}

static int32_t wide_set(builder *made, const es_interval *items, uint32_t count, unsigned slot,
                        int32_t yes, int32_t no)
{
    uint32_t low_offset = argument_offset(slot), offset = low_offset + OFFSET_HIGH_WORD;
    uint64_t covered = 0;
    uint32_t i = 0;

    made->high.count = 0;
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
            target = low_words(made, items, count, &i, from, low_offset, yes, no);
        }
        add_island(made, &made->high, &covered, from, upto, target, no);
    }
    add_rest(made, &made->high, covered, UINT32_MAX, no);
    return es_graph_load(&made->graph, offset, tree(made, &made->high, UINT32_MAX, offset));
}

/* ---- Predicates ---- */

static int32_t masked_word(builder *made, uint32_t offset, uint32_t mask, uint32_t wanted,
                           int32_t yes, int32_t no)
{
    es_graph *graph = &made->graph;

    if (mask == 0)
        return yes;
    if (wanted == 0)
        return es_graph_load(graph, offset,
                             es_graph_jump(graph, ES_BPF_JSET_K, mask, leaf(made, no, offset),
                                           leaf(made, yes, offset)));
    if (wanted == mask && (mask & (mask - 1)) == 0)
        return es_graph_load(graph, offset,
                             es_graph_jump(graph, ES_BPF_JSET_K, mask, leaf(made, yes, offset),
                                           leaf(made, no, offset)));
    return es_graph_load(
        graph, offset,
        es_graph_and(graph, mask, es_graph_jump(graph, ES_BPF_JEQ_K, wanted, yes, no)));
}

static int32_t predicate(builder *made, const es_predicate *test, int32_t yes, int32_t no)
{
    uint32_t offset = argument_offset(test->slot);
    int32_t low;

    if (test->own_pid)
        return es_graph_load(&made->graph, offset,
                             es_graph_own_pid(&made->graph, leaf(made, yes, offset),
                                              leaf(made, no, offset)));
    low = masked_word(made, offset, (uint32_t)test->mask, (uint32_t)test->wanted, yes, no);
    if (!ES_SLOT_IS_WIDE(test->slot))
        return low;
    return masked_word(made, offset + OFFSET_HIGH_WORD, (uint32_t)(test->mask >> 32),
                       (uint32_t)(test->wanted >> 32), low, no);
}

/* ---- One call ---- */

static int32_t one_case(builder *made, const es_case *alternative, const es_policy_call *call,
                        int32_t no)
{
    const es_predicate *predicates = made->cases.predicates.items + alternative->predicate_first;
    uint32_t left = alternative->predicate_count;
    int32_t node = es_graph_return(&made->graph, alternative->action);

    for (unsigned slot = ES_SLOTS; slot-- > 0;) {
        const es_set *set = &alternative->sets[slot];
        const es_interval *items = made->cases.intervals.items + set->first;
        while (left && predicates[left - 1].slot == slot)
            node = predicate(made, &predicates[--left], node, no);
        if (set->count && ES_SLOT_IS_WIDE(slot))
            node = wide_set(made, items, set->count, slot, node, no);
        else if (set->count)
            node = narrow_set(made, items, set->count, slot,
                              call->widths[ES_SLOT_ARGUMENT(slot)] == ES_WIDTH_16, node, no);
    }
    return node;
}

/* Built backwards: each alternative fails to the next one, the last to the refusal. */
static bool one_call(builder *made, const es_policy *policy, const es_policy_call *call,
                     int32_t *target)
{
    int32_t node = es_graph_return(&made->graph, es_refusal(call->number, call));

    if (!es_cases_collect(&made->cases, policy, call))
        return false;
    if (made->cases.always)
        node = made->allow;
    else
        for (uint32_t i = made->cases.cases.count; i-- > 0;)
            node = one_case(made, &made->cases.cases.items[i], call, node);
    *target = node;
    return !made->graph.failed;
}

/* ---- The whole program ---- */

/* Calls that programs make most, the most frequent first.  Those that have a condition here stand
 * before the tree; unconditional ones the kernel answers from its cache, without the filter. */
static const uint16_t often_called[] = {ES_SYS_write,    ES_SYS_read,   ES_SYS_sendto,
                                        ES_SYS_recvfrom, ES_SYS_openat, ES_SYS_fcntl,
                                        ES_SYS_ioctl,    ES_SYS_mmap,   ES_SYS_writev,
                                        ES_SYS_lseek,    ES_SYS_madvise};
enum { OFTEN_CALLED = sizeof often_called / sizeof *often_called, HOT_CALLS = 4 };

/* Indexes into the calls of the policy. */
typedef struct {
    uint32_t calls[HOT_CALLS], count;
} hot_chain;

static hot_chain choose_hot(const es_policy *policy, const int32_t *targets, int32_t allow)
{
    hot_chain hot = {.count = 0};

    for (uint32_t i = 0; i < OFTEN_CALLED && hot.count < HOT_CALLS; i++) {
        int32_t number = policy->numbers.number[often_called[i]];
        for (uint32_t j = 0; j < policy->calls.count; j++) {
            const es_policy_call *call = &policy->calls.items[j];
            if (call->number == number && call->first != ES_NONE && targets[j] != allow)
                hot.calls[hot.count++] = j;
        }
    }
    return hot;
}

static bool is_hot(const hot_chain *hot, uint32_t call)
{
    for (uint32_t i = 0; i < hot->count; i++)
        if (hot->calls[i] == call)
            return true;
    return false;
}

/* From one number up to, but not including, another: none of them is in the policy. */
static void add_refusals(builder *made, uint32_t from, uint32_t to)
{
    enum { FIRST_COMMON = ES_BASELINE_NR + 1 };
    int32_t eperm = es_graph_return(&made->graph, es_refusal(0, NULL));
    int32_t enosys = es_graph_return(&made->graph, es_refusal(FIRST_COMMON, NULL));

    if (from < to && from < FIRST_COMMON)
        add_range(made, &made->numbers, from, eperm);
    if (from < to && to > FIRST_COMMON)
        add_range(made, &made->numbers, from < FIRST_COMMON ? FIRST_COMMON : from, enosys);
}

/* Hot calls need no range: the tree may say of them what it says of their neighbour. */
static void add_numbers(builder *made, const es_policy *policy, const int32_t *targets,
                        const hot_chain *hot)
{
    uint32_t next = 0, begin, end;

    for (uint32_t i = 0; i < policy->calls.count; i++) {
        uint32_t number = (uint32_t)policy->calls.items[i].number;
        add_refusals(made, next, number);
        if (!is_hot(hot, i))
            add_range(made, &made->numbers, number, targets[i]);
        next = number + 1;
    }
    es_foreign_numbers(policy->arch, &begin, &end);
    add_refusals(made, next, begin);
    if (begin < end)
        add_range(made, &made->numbers, begin,
                  es_graph_return(&made->graph, ES_ACTION_KILL_PROCESS));
    add_range(made, &made->numbers, end, es_graph_return(&made->graph, es_refusal(-1, NULL)));
}

static int32_t whole_program(builder *made, const es_policy *policy, const int32_t *targets)
{
    hot_chain hot = choose_hot(policy, targets, made->allow);
    es_graph *graph = &made->graph;
    int32_t node;

    add_numbers(made, policy, targets, &hot);
    node = tree(made, &made->numbers, UINT32_MAX, OFFSET_NUMBER);
    for (uint32_t i = hot.count; i-- > 0;)
        node = es_graph_jump(graph, ES_BPF_JEQ_K,
                             (uint32_t)policy->calls.items[hot.calls[i]].number,
                             targets[hot.calls[i]], node);
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
                   "%s has most rules (%" PRIu32 "): grant fewer, or ranges in place of values",
                   length, ES_MAX_INSTRUCTIONS, largest, rules);
}

int es_compile(const es_policy *policy, es_program **program, es_error *error)
{
    builder made = {.allow = 0};
    int32_t *targets = NULL;
    uint32_t length, i = 0;
    int status;

    if (!program)
        return es_fail_argument(error, "no place for the program");
    status = es_policy_check(policy, error);
    if (status)
        return status;
    made.allow = es_graph_return(&made.graph, ES_ACTION_ALLOW);
    targets = malloc((policy->calls.count + 1) * sizeof *targets);
    while (targets && i < policy->calls.count &&
           one_call(&made, policy, &policy->calls.items[i], &targets[i]))
        i++;
    if (!targets || i < policy->calls.count)
        status = es_fail_memory(error);
    else
        status = es_graph_program(&made.graph, whole_program(&made, policy, targets),
                                  policy->arch, program, &length, error);
    if (status == ES_ERR_TOO_LONG)
        fail_too_long(policy, length, error);
    free(targets);
    es_cases_free(&made.cases);
    es_graph_free(&made.graph);
    free(made.numbers.items);
    free(made.high.items);
    free(made.low.items);
    return status;
}
