/* Keep what a program needs anyway, and writing to standard output. */
#include <errno.h>
#include <extrasafe.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int permit(es_policy *policy, const char *ruleset, const char *name, es_error *error)
{
    uint32_t permission = (uint32_t)es_permission_find(ruleset, name);

    return es_policy_permit(policy, permission, NULL, error);
}

int main(void)
{
    es_error error = ES_ERROR_INIT;
    es_policy *policy = NULL;
    es_filter *filter = NULL;
    es_options options;
    int status = es_policy_new(0, &policy, &error);

    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.threads = ES_ALL_THREADS;
    if (!status)
        status = permit(policy, "BasicCapabilities", "", &error);
    if (!status)
        status = permit(policy, "SystemIO", "allow_stdout", &error);
    if (!status)
        status = es_prepare(policy, &options, &filter, &error);
    if (!status)
        status = es_commit(filter, &error);
    es_filter_free(filter);
    es_policy_free(policy);
    if (status) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }

    if (open("/etc/passwd", O_RDONLY) < 0)
        printf("open: %s\n", strerror(errno));
    return 0;
}
