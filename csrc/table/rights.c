/* Rights of landlock(7): which calls use them, which ABI has them, and how they are called. */
#include "table/rights.h"

static const struct {
    uint16_t call;
    uint32_t rights;
} uses[] = {
#define USES(call, rights) {ES_SYS_##call, rights},
#include "table/calls_on_paths.def"
#undef USES
};

uint32_t es_rights_of_call(const es_numbers *numbers, int32_t number)
{
    for (uint32_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (numbers->number[uses[i].call] == number)
            return uses[i].rights;
    return 0;
}

/* What each ABI added, and the version of Linux that brought it. */
static const struct {
    uint32_t rights;
    const char *linux_version;
} abis[ES_LANDLOCK_ABI + 1] = {
    [1] = {ES_RIGHT_REFER - 1, "5.13"},
    [2] = {ES_RIGHT_REFER, "5.19"},
    [3] = {ES_RIGHT_TRUNCATE, "6.2"},
    [4] = {ES_RIGHT_CONNECT_TCP | ES_RIGHT_BIND_TCP, "6.7"},
    [5] = {ES_RIGHT_IOCTL_DEV, "6.10"},
    [6] = {0, "6.12"},
    [7] = {0, "6.15"},
};

uint32_t es_rights_of_abi(uint32_t abi)
{
    uint32_t rights = 0;

    for (uint32_t i = 1; i <= abi && i <= ES_LANDLOCK_ABI; i++)
        rights |= abis[i].rights;
    return rights;
}

uint32_t es_abi_of_rights(uint32_t rights)
{
    uint32_t abi = 1;

    while (abi < ES_LANDLOCK_ABI && (rights & ~es_rights_of_abi(abi)))
        abi++;
    return abi;
}

const char *es_linux_of_abi(uint32_t abi)
{
    return abi && abi <= ES_LANDLOCK_ABI ? abis[abi].linux_version : "";
}

const char *es_right_words(uint32_t rights)
{
    static const char *const words[32] = {
        "start programs",
        "write files",
        "read files",
        "list directories",
        "remove directories",
        "remove files",
        "make character devices",
        "make directories",
        "create files",
        "make sockets",
        "make pipes",
        "make block devices",
        "make symbolic links",
        "move files between directories",
        "truncate files",
        "control devices",
        [24] = "connect TCP sockets",
        [25] = "bind TCP sockets",
        [28] = "bypass the limits on paths",
        [29] = "bypass the limits on ports",
    };

    for (unsigned bit = 0; bit < 32; bit++)
        if (rights >> bit & 1)
            return words[bit] ? words[bit] : "";
    return "";
}
