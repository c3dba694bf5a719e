/* Counts the lines of standard input, in a second thread. Linked statically, against musl. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void *count(void *lines)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) != -1)
        ++*(long *)lines;
    free(line);
    return NULL;
}

int main(void)
{
    long lines = 0;
    pthread_t counter;

    if (pthread_create(&counter, NULL, count, &lines) != 0 || pthread_join(counter, NULL) != 0)
        return EXIT_FAILURE;
    if (ferror(stdin) || printf("%ld lines\n", lines) < 0 || fflush(stdout) != 0)
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
