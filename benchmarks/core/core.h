/* What the files of this program share. */
#ifndef CORE_H
#define CORE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- policy.c: what is to be allowed, as the program was told ---- */

enum { MAX_COMPARISONS = 6 };

typedef enum { LESS, LESS_OR_EQUAL, EQUAL, NOT_EQUAL, GREATER_EQUAL, GREATER, MASKED } operator;

typedef struct {
    unsigned argument;
    operator op;
    uint64_t mask, datum; /* mask: MASKED only */
} comparison;

typedef struct {
    int number;
    unsigned comparison_count;
    comparison comparisons[MAX_COMPARISONS];
} rule;

typedef struct {
    char name[64];
    size_t rule_count;
    rule *rules;
} policy;

void read_policies(const char *path);
const policy *find_policy(const char *name);

/* ---- way.c: the ways to a filter ---- */

enum { MAX_LENGTH = BPF_MAXINSNS };

typedef struct {
    unsigned length;
    struct sock_filter instructions[MAX_LENGTH];
} program;

/* What a way makes of a policy before it compiles it. */
typedef void description;

/* Functions that can fail return NULL if all is well, else a sentence. */
typedef const char *failure;

typedef struct {
    const char *name;
    failure (*describe)(const policy *given, description **made);
    failure (*compile)(description *of, program *result); /* result NULL: throw it away */
    failure (*load)(description *of, bool all_threads);   /* compile, and load for good */
    void (*discard)(description *of);
} way;

const way *find_way(const char *name);

extern const way by_extrasafe, by_libseccomp, by_libseccomp_tree, by_nobody, by_one_return,
    by_one_argument;

/* ---- child.c: what cannot be undone happens in a child ---- */

typedef failure (*job)(const void *what, double *nanoseconds);

/* Run the job in a forked child and take its result, or its failure, from there. */
failure in_child(job run, const void *what, double *result);

/* Nanoseconds.  What takes long enough to be interrupted is measured by the time that this thread
 * had a processor; its clock is a system call, which not every filter allows. */
double wall_time(void);
double processor_time(void);

/* ---- The figures, each in a file of its name ---- */

failure measure_executed(const way *by, const policy *of, int number, const uint64_t arguments[6],
                         unsigned *executed, unsigned *action);
failure measure_length(const way *by, const policy *of, double *instructions);
failure measure_compile(const way *by, const policy *of, double *nanoseconds);
failure measure_enforce(const way *by, const policy *of, double *nanoseconds);
failure measure_call(const way *by, const policy *of, const char *call, double *nanoseconds);
failure measure_threads(const way *by, const policy *of, unsigned threads, double *nanoseconds);

#endif
