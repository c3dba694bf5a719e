/*
 * What could be added to a policy so that it allows a call.
 *
 * Each permission is tried in advance: granted alone, to note the calls that it allows, and
 * together with the policy, to note whether they contradict each other and what landlock(7) limits
 * then.  Neither depends on which path or port it is told, but for the root, beneath which all is;
 * and on which descriptor only where rules leave nothing out but that one.
 *
 * Of those that allow a call, only the ones that are meant for it are an answer: see is_meant().
 * Where none is, all are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "policy/access.h"
#include "policy/cover.h"
#include "policy/decide.h"
#include "policy/lifted.h"
#include "policy/origin.h"
#include "policy/reach.h"
#include "table/rights.h"

/* Which argument a permission is tried with. */
enum { SOME = 0, ROOT_OR_NONE = 1, TRIALS = 2 };

/* One way in which a permission allows a call. */
typedef struct {
    int32_t number;
    uint32_t comparison_count;
    const es_comparison *comparisons; /* the table's */
} way;

/* What comes of granting it. */
typedef struct {
    ES_ARRAY(way) ways; /* in the order of the numbers of their calls */
    bool contradicts;
    uint32_t limited, everywhere, more; /* as in es_reach */
} trial;

typedef struct {
    uint32_t permission;
    uint64_t breadth[2]; /* es_permission_breadth() */
    uint8_t takes;       /* an ES_TAKES_* */
    bool narrows;        /* its path limits what its rule set grants without one */
    bool in_directories; /* it is told the directory that the path of a call is in */
    bool is_for_sockets; /* its rule set is about them alone */
    uint32_t rights;     /* of landlock(7), all that it grants */
    trial trials[TRIALS];
    ES_ARRAY(const char *) files;      /* what a permission of ES_TAKES_FILES finds */
    ES_ARRAY(int32_t) contradictories; /* descriptors with which it contradicts the policy */
} option;

struct es_candidates {
    const es_policy *policy;
    es_arena arena; /* of all that follows */
    ES_ARRAY(option) options;
    const option **order[2]; /* the narrowest first; [1]: for calls judged by their path */
};

/* ---- Trying permissions -------------------------------------------------------------------- */

/* What the rule set of a permission grants as soon as it is enabled; the permission where that is
 * nothing. */
static uint32_t itself(uint32_t permission)
{
    es_permission_info info;
    es_ruleset_info ruleset;
    int32_t found;

    es_permission_get(permission, &info, sizeof info);
    es_ruleset_get(info.ruleset, &ruleset, sizeof ruleset);
    found = es_permission_find(ruleset.name, "");
    return found < 0 ? permission : (uint32_t)found;
}

static es_argument argument_of(const option *it, unsigned which, int32_t descriptor)
{
    es_argument argument = {.size = sizeof argument, .kind = it->takes};

    switch (it->takes) {
    case ES_TAKES_DESCRIPTOR:
        argument.descriptor = descriptor;
        break;
    case ES_TAKES_PATH:
    case ES_TAKES_FILES:
        argument.path = which == SOME ? "/..." : "/";
        break;
    case ES_TAKES_PORT:
        argument.kind = which == SOME ? ES_TAKES_PORT : ES_TAKES_NOTHING;
        break;
    }
    return argument;
}

static unsigned trials_of(const option *it)
{
    return it->takes == ES_TAKES_NOTHING || it->takes == ES_TAKES_DESCRIPTOR ? 1 : TRIALS;
}

/* A policy with a permission more, and with what its rule set grants. */
static int with(const es_policy *policy, const option *it, const es_argument *argument,
                es_policy **more, es_error *error)
{
    uint32_t first = itself(it->permission);
    int status = es_policy_copy(policy, more, error);

    if (!status && first != it->permission)
        status = es_policy_permit(*more, first, NULL, error);
    if (!status)
        status = es_policy_permit(*more, it->permission, argument, error);
    return status;
}

static int note_ways(es_candidates *candidates, const es_policy *alone, trial *made,
                     es_error *error)
{
    if (!ES_ARRAY_RESERVE(&candidates->arena, &made->ways, alone->alternatives.count))
        return es_fail_memory(error);
    for (uint32_t i = 0; i < alone->calls.count; i++) {
        int32_t at = alone->calls.items[i].first;
        for (; at != ES_NONE; at = alone->alternatives.items[at].next) {
            const es_alternative *it = &alone->alternatives.items[at];
            made->ways.items[made->ways.count++] =
                (way){it->number, it->comparison_count, it->comparisons};
        }
    }
    return ES_OK;
}

static void note_rights(const es_policy *policy, const es_policy *more, trial *made)
{
    es_reach reach = es_reach_of(more);

    made->limited = reach.limited;
    made->everywhere = reach.everywhere;
    for (uint32_t i = policy->grants.count; i < more->grants.count; i++) {
        const es_grant *grant = &more->grants.items[i];
        if (!es_grant_is_everywhere(grant))
            made->more |= grant->rights;
    }
}

/* ES_OK, with whether it contradicts the policy; or ES_ERR_NO_MEMORY.  What cannot be granted here
 * at all is no candidate either. */
static int settle(int status, bool *contradicts, es_error *error)
{
    *contradicts = status != ES_OK;
    return status == ES_ERR_NO_MEMORY ? es_fail_memory(error) : ES_OK;
}

static int try_with_policy(const es_candidates *candidates, const option *it, unsigned which,
                           int32_t descriptor, trial *made, es_error *error)
{
    es_argument argument = argument_of(it, which, descriptor);
    es_policy *more = NULL;
    int status = with(candidates->policy, it, &argument, &more, NULL);

    if (!status)
        status = es_policy_check(more, NULL);
    if (!status)
        note_rights(candidates->policy, more, made);
    es_policy_free(more);
    return settle(status, &made->contradicts, error);
}

static int try_alone(es_candidates *candidates, const es_policy *nothing, option *it,
                     unsigned which, trial *made, es_error *error)
{
    es_argument argument = argument_of(it, which, 0);
    es_policy *alone = NULL;
    bool refused;
    int status = with(nothing, it, &argument, &alone, NULL);

    if (!status)
        status = note_ways(candidates, alone, made, NULL);
    for (uint32_t i = 0; !status && i < alone->grants.count; i++)
        it->rights |= alone->grants.items[i].rights;
    es_policy_free(alone);
    return settle(status, &refused, error);
}

/* ---- Descriptors --------------------------------------------------------------------------- */

/* Do the alternatives of a call, and argument <= most, allow all of it?  steps as in cover.h. */
static bool cover_with(const es_candidates *candidates, const es_policy_call *call,
                       es_condition *conditions, unsigned argument, uint64_t most, int32_t *steps)
{
    const es_comparison up_to = {.argument = (uint8_t)argument,
                                 .op = ES_LESS_OR_EQUAL,
                                 .source = ES_DATUM_CONSTANT,
                                 .datum = most};
    const es_alternative *alternatives = candidates->policy->alternatives.items;
    uint32_t count = 0;

    conditions[count++] = (es_condition){&up_to, 1, 0, false};
    for (int32_t at = call->first; at != ES_NONE; at = alternatives[at].next) {
        const es_alternative *it = &alternatives[at];
        if (!es_is_about_own_pid(it))
            conditions[count++] =
                (es_condition){it->comparisons, it->comparison_count, it->given, false};
    }
    return es_conditions_cover(call->widths, conditions, count, steps);
}

/* The only descriptor that the alternatives of a call leave out, if there is one: the smallest that
 * it takes to allow all. */
static int find_left_out(const es_candidates *candidates, const es_policy_call *call,
                         unsigned argument, int32_t *descriptor, es_error *error)
{
    int64_t low = 0, high = INT32_MAX;
    int32_t steps = ES_COVER_STEPS;
    uint32_t count = 1;
    es_condition *conditions;

    for (int32_t at = call->first; at != ES_NONE;
         at = candidates->policy->alternatives.items[at].next)
        count++;
    conditions = malloc(count * sizeof *conditions);
    if (!conditions)
        return es_fail_memory(error);
    *descriptor = ES_NONE;
    if (cover_with(candidates, call, conditions, argument, INT32_MAX, &steps)) {
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (cover_with(candidates, call, conditions, argument, (uint64_t)middle, &steps))
                high = middle;
            else
                low = middle + 1;
        }
        *descriptor = (int32_t)low;
    }
    free(conditions);
    return ES_OK;
}

static const es_comparison *given_of(const way *it)
{
    for (uint32_t i = 0; i < it->comparison_count; i++)
        if (it->comparisons[i].source == ES_DATUM_GIVEN)
            return &it->comparisons[i];
    return NULL;
}

static bool is_contradictory(const option *it, int32_t descriptor)
{
    for (uint32_t i = 0; i < it->contradictories.count; i++)
        if (it->contradictories.items[i] == descriptor)
            return true;
    return false;
}

/* Note the descriptors that contradict the policy where others do not: with them, its rules allow
 * all of a call. */
static int note_contradictories(es_candidates *candidates, option *it, es_error *error)
{
    const trial *made = &it->trials[SOME];
    int status = ES_OK;

    for (uint32_t i = 0; i < made->ways.count && !status; i++) {
        const es_comparison *given = given_of(&made->ways.items[i]);
        const es_policy_call *call =
            given ? es_policy_find(candidates->policy, made->ways.items[i].number) : NULL;
        int32_t descriptor;
        trial with_it = {0};
        if (!call || !call->has_rules || call->always != ES_NONE)
            continue;
        status = find_left_out(candidates, call, given->argument, &descriptor, error);
        if (status || descriptor == ES_NONE || is_contradictory(it, descriptor))
            continue;
        status = try_with_policy(candidates, it, SOME, descriptor, &with_it, error);
        if (status || !with_it.contradicts)
            continue;
        if (!ES_ARRAY_ROOM(&candidates->arena, &it->contradictories))
            return es_fail_memory(error);
        it->contradictories.items[it->contradictories.count++] = descriptor;
    }
    return status;
}

/* One that is like all that were not noted. */
static int32_t ordinary_descriptor(const option *it)
{
    int32_t descriptor = INT32_MAX;

    while (is_contradictory(it, descriptor))
        descriptor--;
    return descriptor;
}

/* ---- All of them --------------------------------------------------------------------------- */

static int try_permission(es_candidates *candidates, const es_policy *nothing, option *it,
                          es_error *error)
{
    int status = ES_OK;

    for (unsigned which = 0; which < trials_of(it) && !status; which++) {
        trial *made = &it->trials[which];
        /* The root allows the same calls as any other path. */
        if (which == ROOT_OR_NONE && it->takes != ES_TAKES_PORT)
            made->ways = it->trials[SOME].ways;
        else
            status = try_alone(candidates, nothing, it, which, made, error);
        if (!status && it->takes == ES_TAKES_DESCRIPTOR)
            status = note_contradictories(candidates, it, error);
        if (!status)
            status = try_with_policy(candidates, it, which, ordinary_descriptor(it), made, error);
    }
    it->in_directories = it->takes == ES_TAKES_PATH &&
                         (it->trials[SOME].more & ES_IN_DIRECTORIES);
    return status;
}

static bool is_for_sockets(const es_permission_info *info)
{
    es_ruleset_info ruleset;

    es_ruleset_get(info->ruleset, &ruleset, sizeof ruleset);
    return strcmp(ruleset.name, "Networking") == 0;
}

static int try_all(es_candidates *candidates, const es_policy *nothing, es_error *error)
{
    es_permission_info info;
    int status = ES_OK;

    if (!ES_ARRAY_RESERVE(&candidates->arena, &candidates->options, es_permission_count()))
        return es_fail_memory(error);
    for (uint32_t i = 0; !status && es_permission_get(i, &info, sizeof info) == ES_OK; i++) {
        option *it = &candidates->options.items[candidates->options.count];
        if (!info.is_public)
            continue;
        *it = (option){.permission = i,
                       .breadth = {es_permission_breadth(i, 0), es_permission_breadth(i, 1)},
                       .takes = info.takes,
                       .is_for_sockets = is_for_sockets(&info)};
        it->narrows = it->takes == ES_TAKES_PATH && itself(i) != i;
        candidates->options.count++;
        status = try_permission(candidates, nothing, it, error);
    }
    return status;
}

static int put_in_order(es_candidates *candidates, bool by_path, es_error *error)
{
    uint32_t count = candidates->options.count;
    const option **order = es_arena_take(&candidates->arena, count * sizeof *order);

    if (!order)
        return es_fail_memory(error);
    for (uint32_t i = 0; i < count; i++) {
        const option *it = &candidates->options.items[i];
        uint32_t at = i;
        for (; at > 0 && it->breadth[by_path] < order[at - 1]->breadth[by_path]; at--)
            order[at] = order[at - 1];
        order[at] = it;
    }
    candidates->order[by_path] = order;
    return ES_OK;
}

int es_candidates_new(const es_policy *policy, es_candidates **candidates, es_error *error)
{
    es_policy *nothing = NULL;
    es_candidates *fresh;
    int status;

    if (!policy || !candidates)
        return es_fail_argument(error, "no policy, or no place for the candidates");
    fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return es_fail_memory(error);
    fresh->policy = policy;
    status = es_policy_new(policy->arch, &nothing, error);
    if (!status)
        status = es_policy_set_landlock_abi(nothing, policy->landlock_abi, error);
    if (!status)
        status = try_all(fresh, nothing, error);
    for (int by_path = 0; by_path < 2 && !status; by_path++)
        status = put_in_order(fresh, by_path, error);
    es_policy_free(nothing);
    if (status)
        es_candidates_free(fresh);
    else
        *candidates = fresh;
    return status;
}

void es_candidates_free(es_candidates *candidates)
{
    if (!candidates)
        return;
    es_arena_free(&candidates->arena);
    free(candidates);
}

int es_candidates_add_file(es_candidates *candidates, uint32_t permission, const char *path,
                           es_error *error)
{
    option *it = NULL;
    size_t size;
    char *copy;

    for (uint32_t i = 0; candidates && i < candidates->options.count; i++)
        if (candidates->options.items[i].permission == permission)
            it = &candidates->options.items[i];
    if (!it || it->takes != ES_TAKES_FILES)
        return es_fail_argument(error, "no candidates, or no permission that finds files");
    if (!path || *path != '/')
        return es_fail_argument(error, "a path has to be absolute");
    size = es_path_join(NULL, path, NULL, 0) + 1;
    copy = es_arena_take(&candidates->arena, size);
    if (!copy || !ES_ARRAY_ROOM(&candidates->arena, &it->files))
        return es_fail_memory(error);
    es_path_join(NULL, path, copy, size);
    it->files.items[it->files.count++] = copy;
    return ES_OK;
}

/* ---- The answer ---------------------------------------------------------------------------- */

typedef struct {
    const es_candidates *candidates;
    const es_call *call;
    unsigned known;
    uint32_t own_pid;
    es_policy_call widths; /* of the call's arguments; nothing else of it is meant */
    es_deed deed;
    uint32_t told;    /* bit n: argument n is a path that is told */
    bool is_no_socket; /* argument 0 */
    bool undecided;
} question;

static uint32_t first_way(const trial *made, int32_t number)
{
    uint32_t low = 0, high = made->ways.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (made->ways.items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Does the filter let the call through by this permission? */
static int accepts(const question *asked, const trial *made, int32_t descriptor)
{
    int answer = ES_NO;

    for (uint32_t i = first_way(made, asked->call->nr);
         i < made->ways.count && made->ways.items[i].number == asked->call->nr; i++) {
        const way *it = &made->ways.items[i];
        es_alternative alternative = {.comparisons = it->comparisons,
                                      .comparison_count = it->comparison_count,
                                      .given = (uint32_t)descriptor};
        int found = es_alternative_accepts(&asked->widths, &alternative, asked->call, asked->known,
                                           asked->own_pid);
        if (found == ES_YES)
            return ES_YES;
        answer = found ? found : answer;
    }
    return answer;
}

/* What a permission is told. */
typedef struct {
    es_place path, other; /* text NULL: none, or one that is not known */
    int32_t port;         /* negative likewise */
} telling;

static const telling nothing_told = {.port = -1};

static telling told_path(es_place path)
{
    return (telling){.path = path, .port = -1};
}

/* And landlock(7), with what the permission is told? */
static bool passes(const question *asked, const trial *made, telling told)
{
    const es_reach reach = {asked->candidates->policy, made->limited, made->everywhere, made->more,
                            told.path, told.other, told.port};

    return !made->contradicts && !es_refuses(&reach, &asked->deed);
}

static bool allows(question *asked, const option *it, unsigned which, telling told)
{
    const trial *made = &it->trials[which];
    int answer = accepts(asked, made, 0);

    asked->undecided = asked->undecided || answer == ES_UNDECIDED;
    if (answer != ES_YES || (it->narrows && !asked->deed.is_judged))
        return false;
    return passes(asked, made, told);
}

static bool try_plain(question *asked, const option *it, es_candidate *found)
{
    found->kind = ES_CANDIDATE_PLAIN;
    return allows(asked, it, SOME, nothing_told);
}

static bool try_descriptor(question *asked, const option *it, es_candidate *found)
{
    const trial *made = &it->trials[SOME];
    uint32_t first = (uint32_t)asked->call->args[0];
    int answer;

    if (!(asked->known & 1) || first > INT32_MAX)
        return false;
    found->kind = ES_CANDIDATE_NUMBER;
    found->number = (int32_t)first;
    answer = accepts(asked, made, found->number);
    asked->undecided = asked->undecided || answer == ES_UNDECIDED;
    return answer == ES_YES && !is_contradictory(it, found->number) &&
           passes(asked, made, nothing_told);
}

static bool try_port(question *asked, const option *it, es_candidate *found)
{
    int32_t port = asked->deed.port;

    found->kind = port >= 0 ? ES_CANDIDATE_NUMBER : ES_CANDIDATE_ANY;
    found->number = port >= 0 ? port : 0;
    if (allows(asked, it, SOME, (telling){.port = port}))
        return true;
    found->kind = ES_CANDIDATE_PLAIN;
    found->number = 0;
    return allows(asked, it, ROOT_OR_NONE, nothing_told);
}

static bool allows_path(question *asked, const option *it, es_place path)
{
    return allows(asked, it, es_place_is_root(path) ? ROOT_OR_NONE : SOME, told_path(path));
}

/* What moves or links a file needs its rights in both directories.  Where one is the root, that
 * contains the other. */
static bool allows_both(question *asked, const option *it, es_candidate *found)
{
    const es_deed *deed = &asked->deed;
    es_place from = es_place_parent(deed->places[deed->from]);
    es_place to = es_place_parent(deed->places[deed->to]);

    found->kind = ES_CANDIDATE_PARENTS;
    found->argument = deed->from;
    found->number = (int32_t)deed->to;
    return deed->moves && it->in_directories && from.text && to.text && !es_place_is_root(from) &&
           !es_place_is_root(to) &&
           allows(asked, it, SOME, (telling){.path = from, .other = to, .port = -1});
}

static bool try_path(question *asked, const option *it, es_candidate *found)
{
    bool unknown = !asked->told;

    for (unsigned i = 0; i < 6; i++) {
        es_place path = asked->deed.places[i];
        unknown = unknown || ((asked->told >> i & 1) && !path.text);
        if (!path.text)
            continue;
        found->kind = it->in_directories ? ES_CANDIDATE_PARENT : ES_CANDIDATE_PATH;
        found->argument = i;
        if (allows_path(asked, it, it->in_directories ? es_place_parent(path) : path))
            return true;
    }
    if (allows_both(asked, it, found))
        return true;
    *found = (es_candidate){.permission = it->permission, .kind = ES_CANDIDATE_ANY};
    return unknown && allows(asked, it, SOME, nothing_told);
}

static bool is_told_in(const question *asked, es_place file)
{
    for (unsigned i = 0; i < 6; i++)
        if (asked->deed.places[i].text && es_place_is_in(asked->deed.places[i], file))
            return true;
    return false;
}

/* Is a path that is told beneath it, or none told? */
static bool is_wanted(const question *asked, es_place file)
{
    return !asked->told || is_told_in(asked, file);
}

/* One of the files is enough: the rest is told when the policy is made. */
static bool try_files(question *asked, const option *it, es_candidate *found)
{
    found->kind = ES_CANDIDATE_PLAIN;
    if (accepts(asked, &it->trials[SOME], 0) == ES_UNDECIDED)
        asked->undecided = true;
    for (uint32_t i = 0; i < it->files.count; i++) {
        es_place file = es_place_of(it->files.items[i]);
        if (is_wanted(asked, file) && allows_path(asked, it, file))
            return true;
    }
    return false;
}

static bool try_it(question *asked, const option *it, es_candidate *found)
{
    *found = (es_candidate){.permission = it->permission};
    switch (it->takes) {
    case ES_TAKES_DESCRIPTOR:
        return try_descriptor(asked, it, found);
    case ES_TAKES_PATH:
        return try_path(asked, it, found);
    case ES_TAKES_PORT:
        return try_port(asked, it, found);
    case ES_TAKES_FILES:
        return try_files(asked, it, found);
    default:
        return try_plain(asked, it, found);
    }
}

static uint32_t told_paths(const es_told *told)
{
    uint32_t bits = 0;

    for (unsigned i = 0; told && told->size >= sizeof *told && i < 6; i++)
        if (told->paths[i] || told->whole[i])
            bits |= 1u << i;
    return bits;
}

enum {
    READING = ES_RIGHT_READ_FILE | ES_RIGHT_READ_DIR | ES_RIGHT_EXECUTE,
    CHANGING = ES_ON_FILES & ~(READING | ES_RIGHT_IOCTL_DEV | ES_RIGHT_REFER),
};

/* The rights that a call uses on paths: reading where it opens one without any, and all where its
 * flags are not known. */
static uint32_t used_on_paths(const es_deed *deed)
{
    uint32_t used = 0;

    if (!deed->is_judged)
        return 0;
    if (deed->count < 0)
        return ES_ON_FILES;
    for (int i = 0; i < deed->count; i++)
        used |= deed->uses[i].rights;
    return used ? used : READING;
}

static bool has_told_files(const question *asked, const option *it)
{
    for (uint32_t i = 0; i < it->files.count; i++)
        if (is_told_in(asked, es_place_of(it->files.items[i])))
            return true;
    return false;
}

/* Is a permission that allows the call meant for it?  One for paths is where the call uses a right
 * that it grants, or is about a file that it finds; one that changes files, unless the call only
 * reads them; one for sockets, unless the descriptor is none. */
static bool is_meant(const question *asked, const option *it)
{
    uint32_t used = used_on_paths(&asked->deed);

    if (it->takes == ES_TAKES_PATH && !(used & it->rights))
        return false;
    if (it->takes == ES_TAKES_FILES && !(used & it->rights) && !has_told_files(asked, it))
        return false;
    if (used && !(used & CHANGING) && (it->rights & CHANGING))
        return false;
    return !(it->is_for_sockets && asked->is_no_socket);
}

static uint32_t answer(question *asked, es_candidate *found, uint32_t capacity)
{
    const es_candidates *candidates = asked->candidates;
    uint32_t count = 0;
    bool meant = false;

    for (uint32_t i = 0; i < candidates->options.count; i++) {
        const option *it = candidates->order[asked->deed.is_judged][i];
        es_candidate one;
        bool fits = is_meant(asked, it);
        if ((meant && !fits) || !try_it(asked, it, &one))
            continue;
        if (fits && !meant)
            count = 0;
        meant = fits;
        if (count < capacity)
            found[count] = one;
        count++;
    }
    return count;
}

uint32_t es_candidates_for(const es_candidates *candidates, const es_call *call, unsigned known,
                           const es_told *told, uint32_t own_pid, es_candidate *found,
                           uint32_t capacity, int *undecided)
{
    question asked = {candidates, call, known, own_pid, .told = told_paths(told)};
    bool is_told = told && told->size >= sizeof *told;
    uint32_t count = 0;

    if (candidates && call && call->arch == candidates->policy->arch &&
        !((known & 1) && es_is_question(candidates->policy, call))) {
        es_numbers_widths(&candidates->policy->numbers, call->nr, asked.widths.widths);
        asked.deed = es_deed_of(call, known, told);
        asked.is_no_socket = is_told && told->socket == ES_SOCKET_NO;
        count = answer(&asked, found, found ? capacity : 0);
    }
    if (undecided)
        *undecided = asked.undecided;
    return count;
}

/* ---- As code ------------------------------------------------------------------------------- */

/* In the quotes that Python would take. */
static void add_path(es_place path, es_text *text)
{
    bool single = path.length && memchr(path.text, '\'', path.length);
    bool both = single && memchr(path.text, '"', path.length);

    if (path.text)
        es_text_add_quoted(text, path.text, path.length, single && !both ? '"' : '\'');
    else
        es_text_add(text, "...");
}

static es_place whole_path(const es_told *told, uint32_t argument)
{
    bool has_path = told && told->size >= sizeof *told && argument < 6;
    return es_place_of(has_path ? told->whole[argument] : NULL);
}

static void add_argument(const es_candidate *candidate, const es_told *told, es_text *text)
{
    es_place path = whole_path(told, candidate->argument);
    es_place other = whole_path(told, (uint32_t)candidate->number);

    switch (candidate->kind) {
    case ES_CANDIDATE_NUMBER:
        es_text_add_number(text, (uint64_t)candidate->number, 10);
        break;
    case ES_CANDIDATE_PATH:
        add_path(path, text);
        break;
    case ES_CANDIDATE_PARENT:
        add_path(es_place_parent(path), text);
        break;
    case ES_CANDIDATE_PARENTS:
        add_path(es_place_parent(path), text);
        es_text_add(text, ", ");
        add_path(es_place_parent(other), text);
        break;
    case ES_CANDIDATE_ANY:
        es_text_add(text, "...");
        break;
    }
}

size_t es_candidate_code(const es_candidate *candidate, const es_told *told, char *memory,
                         size_t size)
{
    es_text text = es_text_in(memory, memory ? size : 0);
    es_permission_info info;
    es_ruleset_info ruleset;

    if (!candidate || es_permission_get(candidate->permission, &info, sizeof info) != ES_OK)
        return 0;
    es_ruleset_get(info.ruleset, &ruleset, sizeof ruleset);
    es_text_add(&text, ruleset.name);
    /* everything() has no object before it: it makes one. */
    es_text_add(&text, strcmp(info.name, "everything") == 0 ? "." : *info.name ? "()." : "");
    es_text_add(&text, info.name);
    es_text_add(&text, "(");
    add_argument(candidate, told, &text);
    es_text_add(&text, ")");
    return text.length;
}
