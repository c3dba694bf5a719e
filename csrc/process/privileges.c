/* Giving up what the process does not need.  Sources: unshare(2), capabilities(7), prctl(2). */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/kernel_abi.h"
#include "process/prctl.h"

static int step_unshare(void)
{
    long flags = ES_CLONE_FILES | ES_CLONE_FS | ES_CLONE_SYSVSEM;
    return syscall(SYS_unshare, flags) == 0 ? 0 : errno;
}

static int step_ambient(void)
{
    return es_prctl(ES_PR_CAP_AMBIENT, ES_PR_CAP_AMBIENT_CLEAR_ALL) == 0 ? 0 : errno;
}

static int step_no_new_privs(void)
{
    return es_prctl(ES_PR_SET_NO_NEW_PRIVS, 1) == 0 ? 0 : errno;
}

static const struct {
    uint32_t step;
    int (*take)(void);
    const char *name, *operation;
} steps[] = {
    {ES_STEP_UNSHARE, step_unshare, "unshare", "unshare(2)"},
    {ES_STEP_AMBIENT, step_ambient, "clear the ambient capabilities", "prctl(2)"},
    {ES_STEP_NO_NEW_PRIVS, step_no_new_privs, "set no_new_privs", "prctl(2)"},
};
enum { STEP_COUNT = sizeof steps / sizeof *steps };

/* "unshare, set no_new_privs", or "nothing". */
static void name_steps(uint32_t which, char text[100])
{
    size_t length = 0;

    strcpy(text, which ? "" : "nothing");
    for (unsigned i = 0; i < STEP_COUNT; i++) {
        if (!(which & steps[i].step))
            continue;
        if (length) {
            strcpy(text + length, ", ");
            length += 2;
        }
        strcpy(text + length, steps[i].name);
        length += strlen(steps[i].name);
    }
}

int es_restrict_privileges(uint32_t *done, es_error *error)
{
    uint32_t taken = 0, refused = 0;
    const char *operation = NULL;
    char taken_text[100], refused_text[100];
    int errnum = 0;

    for (unsigned i = 0; i < STEP_COUNT; i++) {
        int result = steps[i].take();
        if (result == 0) {
            taken |= steps[i].step;
            continue;
        }
        if (!refused) {
            errnum = result;
            operation = steps[i].operation;
        }
        refused |= steps[i].step;
    }
    if (done)
        *done = taken;
    if (!refused)
        return ES_OK;
    name_steps(taken, taken_text);
    name_steps(refused, refused_text);
    return es_fail(error, ES_ERR_REFUSED, errnum, operation,
                   "the process keeps privileges: could not %s; done: %s", refused_text,
                   taken_text);
}
