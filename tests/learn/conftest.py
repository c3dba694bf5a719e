"""Libraries in C for programs that are watched, and what the recipes need."""

import pytest
from kernel.box import compile_c
from recipes.conftest import made, temporary  # noqa: F401  for the recipes

# Handlers during which every signal is blocked.
IN_C = """
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int calls;

static void handle(int number)
{
    calls += getsid(0) >= 0;
    (void)number;
}

static int take(void)
{
    int found = calls;

    calls = 0;
    return found;
}

static void install(int flags)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags};

    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
}

void before(void)
{
    install(0);
}

int handled(void)
{
    raise(SIGUSR1);
    return take();
}

int waited(void)
{
    struct timespec soon = {0, 100000000};
    sigset_t all, one;

    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    sigprocmask(SIG_BLOCK, &one, NULL);
    raise(SIGUSR1);
    sigfillset(&all);
    sigdelset(&all, SIGUSR1);
    ppoll(NULL, 0, &soon, &all);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    return take();
}

int on_other_stack(void)
{
    static char *memory;
    stack_t stack = {.ss_size = 1 << 16};

    if (!memory) {
        memory = stack.ss_sp = malloc(stack.ss_size);
        sigaltstack(&stack, NULL);
    }
    sigaltstack(NULL, &stack);
    if (stack.ss_sp != memory)
        return -1;
    install(SA_ONSTACK);
    raise(SIGUSR1);
    return take();
}

int blocks_all(void)
{
    struct sigaction action;

    sigaction(SIGUSR1, NULL, &action);
    return sigismember(&action.sa_mask, SIGUSR2);
}
"""


@pytest.fixture(scope="session")
def in_c(tmp_path_factory):
    """The path of a library with handlers that block every signal."""
    path = tmp_path_factory.mktemp("in-c") / "in_c.so"
    compile_c(IN_C, path, "-shared", "-fPIC", "-D_GNU_SOURCE")
    return str(path)
