/*
 * Finding the io_urings of this process: what is asked of them goes past a filter.
 *
 * Sources: io_uring(7), io_uring_setup(2), proc_pid_fd(5), proc_pid_maps(5).
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define RING "anon_inode:[io_uring]"

/* Does the text of an entry of a folder show a ring? */
typedef bool entry_test(DIR *folder, const char *name);

static bool is_ring(DIR *folder, const char *name)
{
    char target[sizeof RING];

    return readlinkat(dirfd(folder), name, target, sizeof target) == sizeof RING - 1 &&
           memcmp(target, RING, sizeof RING - 1) == 0;
}

/* The kernel's own thread of a ring; a ring whose descriptor is closed may show by it alone. */
static bool is_thread_of_ring(DIR *folder, const char *name)
{
    char path[64], begin[] = "iou-sqp-";
    FILE *file;
    bool found;

    (void)folder;
    snprintf(path, sizeof path, "/proc/self/task/%.20s/comm", name);
    file = fopen(path, "re");
    if (!file)
        return false;
    found = fread(begin, 1, sizeof begin - 1, file) == sizeof begin - 1 &&
            memcmp(begin, "iou-sqp-", sizeof begin - 1) == 0;
    fclose(file);
    return found;
}

/* What cannot be read shows nothing: /proc may be missing, or an earlier filter may refuse it. */
static bool folder_shows(const char *path, entry_test *shows)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool found = false;

    while (folder && !found && (entry = readdir(folder)))
        found = entry->d_name[0] != '.' && shows(folder, entry->d_name);
    if (folder)
        closedir(folder);
    return found;
}

static bool maps_show(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    while (maps && !found && getline(&line, &size, maps) > 0)
        found = strstr(line, RING) != NULL;
    if (maps)
        fclose(maps);
    free(line);
    return found;
}

int es_check_rings(es_error *error)
{
    if (folder_shows("/proc/self/fd", is_ring) || maps_show() ||
        folder_shows("/proc/self/task", is_thread_of_ring))
        return es_fail_fixed(error, ES_ERR_RING, 0, NULL,
                             "an io_uring is open, and its requests bypass the filter: close it, "
                             "make event loops that use one after the filter is loaded, or use "
                             "asyncio's own loop");
    return ES_OK;
}
