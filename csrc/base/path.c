/* Paths as they are written: joined, without "." and "..", and compared. */
#include <string.h>

#include "base/path.h"
#include "include/extrasafe.h"

/* The names that a path consists of, from the last one to the first: so a ".." is seen before the
 * name that it takes back. */
typedef struct {
    const char *start, *end;
    const char *before; /* the directory that comes before the path; NULL: none */
    size_t up;          /* names that are yet to be taken back; none is above the root */
} backwards;

static backwards from_end(const char *directory, es_place path)
{
    bool joined = directory && (path.length == 0 || *path.text != '/');

    return (backwards){path.text, path.text + path.length, joined ? directory : NULL, 0};
}

/* The name before the end, which moves there; of length 0 where there is none. */
static es_place take_name(backwards *at)
{
    const char *stop;

    while (at->end > at->start && at->end[-1] == '/')
        at->end--;
    stop = at->end;
    while (at->end > at->start && at->end[-1] != '/')
        at->end--;
    return (es_place){at->end, (size_t)(stop - at->end)};
}

static bool is(es_place name, const char *text)
{
    return name.length == strlen(text) && memcmp(name.text, text, name.length) == 0;
}

/* The next name that counts; false where there is none. */
static bool previous(backwards *at, es_place *name)
{
    for (;;) {
        *name = take_name(at);
        if (name->length == 0) {
            if (!at->before)
                return false;
            at->start = at->before;
            at->end = at->before + strlen(at->before);
            at->before = NULL;
        } else if (is(*name, "..")) {
            at->up++;
        } else if (!is(*name, ".")) {
            if (at->up == 0)
                return true;
            at->up--;
        }
    }
}

static size_t length_of(backwards at)
{
    size_t length = 0;
    es_place name;

    while (previous(&at, &name))
        length += 1 + name.length;
    return length;
}

es_place es_place_of(const char *path)
{
    return (es_place){path, path ? strlen(path) : 0};
}

size_t es_path_join(const char *directory, const char *path, char *memory, size_t size)
{
    size_t length, at, room;
    backwards names;
    es_place name;

    size = memory ? size : 0;
    if (size)
        *memory = 0;
    if (!path)
        return 0;
    names = from_end(directory, es_place_of(path));
    length = at = length_of(names);
    room = size ? size - 1 : 0;
    while (previous(&names, &name)) {
        at -= name.length;
        if (at < room)
            memcpy(memory + at, name.text, name.length < room - at ? name.length : room - at);
        at--;
        if (at < room)
            memory[at] = '/';
    }
    if (length == 0) {
        length = 1;
        if (room)
            *memory = '/';
    }
    if (size)
        memory[length < room ? length : room] = 0;
    return length;
}

es_place es_place_parent(es_place place)
{
    while (place.length && place.text[place.length - 1] != '/')
        place.length--;
    if (place.length > 1)
        place.length--;
    return place;
}

bool es_place_is_root(es_place place)
{
    return place.length == 1 && *place.text == '/';
}

bool es_same_place(es_place one, es_place other)
{
    return one.length == other.length && memcmp(one.text, other.text, one.length) == 0;
}

bool es_place_is_in(es_place place, es_place granted)
{
    backwards names = from_end(NULL, granted);
    size_t length = length_of(names);
    es_place name;

    if (length > place.length || (length && place.length > length && place.text[length] != '/'))
        return false;
    while (previous(&names, &name)) {
        length -= name.length;
        if (memcmp(place.text + length, name.text, name.length) != 0 ||
            place.text[--length] != '/')
            return false;
    }
    return true;
}

int es_path_covers(const char *granted, const char *path)
{
    return granted && path && es_place_is_in(es_place_of(path), es_place_of(granted));
}
