/*
 * The system call that somebody may have meant by a name that there is not.
 *
 * Upper case and underscores are not looked at: unlink_at is unlinkat.  A call of this machine is
 * near when it takes few changes of letters, one for every four; or else when one name contains the
 * other: open_file means open, sleep means nanosleep.
 */
#include <string.h>

#include "table/syscalls.h"

/* Shorter names are contained in others by chance. */
enum { SHORTEST_PART = 4 };

typedef struct {
    char text[ES_NAME_SIZE];
    unsigned length;
} letters;

/* False where the name is too long to be near anything. */
static bool take_letters(const char *name, letters *taken)
{
    taken->length = 0;
    for (; *name; name++) {
        if (*name == '_' || *name == '-')
            continue;
        if (taken->length == sizeof taken->text - 1)
            return false;
        taken->text[taken->length++] =
            (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
    }
    taken->text[taken->length] = 0;
    return true;
}

static unsigned least_of(unsigned first, unsigned second, unsigned third)
{
    unsigned least = first < second ? first : second;

    return least < third ? least : third;
}

/* How many letters have to be added, removed, replaced, or swapped with their neighbour. */
static unsigned distance(const letters *from, const letters *to)
{
    unsigned rows[3][ES_NAME_SIZE], *before = rows[0], *last = rows[1], *row = rows[2];

    for (unsigned j = 0; j <= to->length; j++)
        last[j] = j;
    for (unsigned i = 1; i <= from->length; i++) {
        unsigned *oldest = before;
        row[0] = i;
        for (unsigned j = 1; j <= to->length; j++) {
            bool same = from->text[i - 1] == to->text[j - 1];
            row[j] = least_of(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && from->text[i - 1] == to->text[j - 2] &&
                from->text[i - 2] == to->text[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        before = last;
        last = row;
        row = oldest;
    }
    return last[to->length];
}

typedef struct {
    const char *near, *within, *around; /* mistyped; contained in the name; containing it */
    unsigned changes, within_length, around_length;
} candidates;

static void consider(candidates *best, const letters *given, const char *name)
{
    unsigned changes, allowed = given->length / 4 ? given->length / 4 : 1;
    letters known;

    if (!take_letters(name, &known))
        return;
    changes = distance(given, &known);
    if (changes <= allowed && (!best->near || changes < best->changes)) {
        best->near = name;
        best->changes = changes;
    }
    if (known.length >= SHORTEST_PART && known.length > best->within_length &&
        strstr(given->text, known.text)) {
        best->within = name;
        best->within_length = known.length;
    }
    if (given->length >= SHORTEST_PART && strstr(known.text, given->text) &&
        (!best->around || known.length < best->around_length)) {
        best->around = name;
        best->around_length = known.length;
    }
}

const char *es_syscall_nearest(const char *name)
{
    candidates best = {NULL, NULL, NULL, 0, 0, 0};
    es_numbers numbers;
    letters given;

    if (!name || !take_letters(name, &given) || given.length < 3)
        return NULL;
    es_numbers_fill(es_arch_native(), &numbers);
    for (unsigned i = 0; i < ES_SYSCALL_COUNT; i++)
        if (numbers.number[i] >= 0)
            consider(&best, &given, es_listed_name(i));
    return best.near ? best.near : best.within ? best.within : best.around;
}
