/*
 * What is known about the calling thread without opening anything: the filter itself is asked.
 *
 * Sources: seccomp(2), prctl(2).
 */
#include <errno.h>

#include "base/give.h"
#include "base/kernel_abi.h"
#include "process/prctl.h"
#include "process/seccomp.h"
#include "process/status.h"

enum { NO_ANSWER = -1 };

static int ask(unsigned question)
{
    long result = es_seccomp(ES_QUESTION + question, 0, NULL);

    if (result == -1)
        return errno;
    return result == 0 ? 0 : NO_ANSWER;
}

static uint64_t ask_digest(void)
{
    uint64_t digest = 0;

    for (unsigned question = ES_QUESTION_DIGEST; question < ES_QUESTIONS; question++)
        digest = digest << 12 | (uint64_t)(ask(question) & 0xfff);
    return digest;
}

uint32_t es_layer(void)
{
    int layer = ask(0) == ES_ANSWER ? ask(ES_QUESTION_LAYER) : 0;
    return layer > 0 ? (uint32_t)layer : 0;
}

int es_ask(es_answers *answers, size_t size)
{
    es_answers found = {0};
    int interrupted = errno;

    found.mode = (int32_t)es_prctl(ES_PR_GET_SECCOMP, 0);
    found.no_new_privs = (int32_t)es_prctl(ES_PR_GET_NO_NEW_PRIVS, 0);
    /* Another thread may load a filter between two questions. */
    do {
        found.layer = es_layer();
        found.digest = found.layer ? ask_digest() : 0;
    } while (es_layer() != found.layer);
    errno = interrupted;
    return es_give(answers, size, &found, sizeof found);
}
