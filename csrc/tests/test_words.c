/* Arguments in words: each word stands for one value, and what is written can be read again. */
#include <stddef.h>
#include <stdint.h>

/* The list comes before headers that make macros of its words. */
enum { X86 = 1, ARM = 2, RISCV = 4, EVERYWHERE = X86 | ARM | RISCV };
enum { KIND_WORDS, KIND_CHOICE, KIND_WORD, KIND_MASK, KIND_USE, KIND_WHEN };

typedef struct {
    unsigned kind;
    const char *name, *other;
    uint32_t value, mask;
    unsigned arches;
} entry;

static const entry entries[] = {
#define ENTRY(kind, name, other, arches, value, mask, base)                                        \
    {KIND_##kind, #name, #other, (uint32_t)(value), mask, arches},
#include "table/words.def"
};

#include "allocation.h"
#include "support.h"
#include "table/syscalls.h"
#include "table/words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

static const char *const calls[] = {
#define SYSCALL(name, number, arguments) #name,
#include "table/syscalls.def"
};

static int words_called(const char *name)
{
    return es_words(name, strlen(name));
}

static bool begins(const entry *it)
{
    return it->kind == KIND_WORDS || it->kind == KIND_CHOICE;
}

/* ---- The lists ---- */

static void test_vocabularies_have_one_name_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(entries); i++) {
        if (begins(&entries[i]))
            assert_int_equal(words_called(entries[i].name), i);
    }
    assert_int_equal(words_called("nothing"), ES_NO_WORDS);
    assert_int_equal(words_called("op"), ES_NO_WORDS);
    assert_int_equal(words_called(""), ES_NO_WORDS);
}

static void test_vocabularies_are_named_that_exist(void **state)
{
    es_listed_argument argument;

    (void)state;
    for (size_t i = 0; i < COUNT(entries); i++)
        if (entries[i].kind == KIND_USE || entries[i].kind == KIND_WHEN)
            assert_int_not_equal(words_called(entries[i].kind == KIND_USE ? entries[i].name
                                                                          : entries[i].other),
                                 ES_NO_WORDS);
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        for (size_t j = 0; j < COUNT(calls); j++) {
            int32_t number = es_syscall_number(architectures[i], calls[j]);
            const char *list = number < 0 ? "" : es_syscall_arguments(architectures[i], number);
            for (unsigned k = 0; es_listed_argument_of(list, k, &argument); k++)
                if (argument.words_length && strncmp(argument.words, "path", 4) != 0 &&
                    es_words(argument.words, argument.words_length) == ES_NO_WORDS)
                    fail_msg("argument %u of %s: no such words", k, calls[j]);
        }
    }
}

/* The argument that chooses is one of the same call, and knows the words that choose. */
static void check_choice(const char *call, const char *list, int words)
{
    es_listed_argument other = {.words = "", .words_length = 0};
    const char *by = es_words_chosen_by(words);
    unsigned k = 0;

    while (es_listed_argument_of(list, k, &other) &&
           (strncmp(by, other.name, other.name_length) != 0 || by[other.name_length]))
        k++;
    if (es_words(other.words, other.words_length) == ES_NO_WORDS)
        fail_msg("%s has no words for %s", call, by);
    for (size_t i = (size_t)words + 1; i < COUNT(entries) && !begins(&entries[i]); i++) {
        uint64_t value;
        const char *at;
        int chooser = es_words(other.words, other.words_length);
        if (es_words_read(chooser, ES_ARCH_X86_64, entries[i].name, UINT32_MAX, &value, &at))
            fail_msg("%s: %s is no word for %s", call, entries[i].name, by);
        assert_int_equal(es_words_chosen(words, ES_ARCH_X86_64, chooser, value),
                         words_called(entries[i].other));
    }
}

static void test_choices_are_made_by_words_of_the_same_call(void **state)
{
    es_listed_argument argument;

    (void)state;
    for (size_t j = 0; j < COUNT(calls); j++) {
        int32_t number = es_syscall_number(ES_ARCH_X86_64, calls[j]);
        const char *list = number < 0 ? "" : es_syscall_arguments(ES_ARCH_X86_64, number);
        for (unsigned k = 0; es_listed_argument_of(list, k, &argument); k++) {
            int words = es_words(argument.words, argument.words_length);
            if (es_words_chosen_by(words))
                check_choice(calls[j], list, words);
        }
    }
}

static void test_every_argument_has_a_name(void **state)
{
    char name[ES_NAME_SIZE];

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        for (size_t j = 0; j < COUNT(calls); j++) {
            int32_t number = es_syscall_number(architectures[i], calls[j]);
            for (unsigned k = 0; number >= 0 && k < 6; k++)
                if (es_syscall_width(architectures[i], number, k) != ES_WIDTH_NONE &&
                    es_syscall_argument(architectures[i], number, k, name))
                    fail_msg("argument %u of %s has no name", k, calls[j]);
        }
    }
    assert_int_equal(es_syscall_argument(0, number_of(0, "openat"), 2, name), ES_OK);
    assert_string_equal(name, "flags");
    assert_int_equal(es_syscall_argument(0, number_of(0, "openat"), 4, name), ES_ERR_UNKNOWN);
    assert_int_equal(es_syscall_argument(0, number_of(0, "getpid"), 0, name), ES_ERR_UNKNOWN);
    assert_int_equal(es_syscall_argument(0, UNLISTED, 0, name), ES_ERR_UNKNOWN);
    assert_int_equal(es_syscall_argument(0, -1, 0, name), ES_ERR_UNKNOWN);
    assert_int_equal(es_syscall_argument(0, 1, 0, NULL), ES_ERR_ARGUMENT);
    assert_string_equal(name, "flags");
}

static void test_paths(void **state)
{
    (void)state;
    assert_true(es_syscall_takes_path(0, number_of(0, "openat"), 1));
    assert_false(es_syscall_takes_path(0, number_of(0, "openat"), 0));
    assert_false(es_syscall_takes_path(0, number_of(0, "write"), 1));
    assert_false(es_syscall_takes_path(0, number_of(0, "openat"), 6));
    assert_false(es_syscall_takes_path(0, UNLISTED, 0));
}

/* ---- Every word ---- */

static bool has_part(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (;; text++) {
        size_t part = strcspn(text, "|");
        if (part == length && strncmp(text, word, length) == 0)
            return true;
        text += part;
        if (!*text)
            return false;
    }
}

static void check_word(int words, uint32_t arch, const entry *it, bool alone)
{
    char text[200];
    es_text made = es_text_in(text, sizeof text);
    uint64_t value = 0;
    const char *at;

    es_words_write(words, arch, it->value, UINT32_MAX, UINT32_MAX, &made);
    if (alone && !has_part(text, it->name))
        fail_msg("%s is written as %s", it->name, text);
    assert_int_equal(es_words_read(words, arch, text, UINT32_MAX, &value, &at), ES_WORDS_OK);
    assert_int_equal(value, it->value);
    assert_int_equal(es_words_read(words, arch, it->name, UINT32_MAX, &value, &at), ES_WORDS_OK);
    if (alone && value != it->value)
        fail_msg("%s is read as %#" PRIx64, it->name, value);
}

/* So no two words of a vocabulary stand for the same, and none has two meanings; but requests. */
static void test_every_word_is_written_and_read(void **state)
{
    int words = ES_NO_WORDS;
    bool alone = true;
    unsigned checked = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(entries); i++) {
        if (begins(&entries[i])) {
            words = (int)i;
            alone = strcmp(entries[i].name, "ioctl") != 0;
        }
        for (unsigned j = 0; j < ARCHITECTURES && entries[i].kind == KIND_WORD; j++) {
            unsigned bit = architectures[j] == ES_ARCH_X86_64    ? X86
                           : architectures[j] == ES_ARCH_AARCH64 ? ARM
                                                                 : RISCV;
            if (!(entries[i].arches & bit))
                continue;
            check_word(words, architectures[j], &entries[i], alone);
            checked++;
        }
    }
    assert_true(checked > 3 * 5000);
}

static void test_any_value_can_be_read_again(void **state)
{
    static const uint64_t largest[] = {UINT16_MAX, UINT32_MAX, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(entries); i++) {
        for (unsigned j = 0; begins(&entries[i]) && j < 60; j++) {
            uint32_t arch = architectures[j % ARCHITECTURES];
            uint64_t most = largest[j / ARCHITECTURES % COUNT(largest)], value, read = 0;
            char text[800];
            es_text made = es_text_in(text, sizeof text);
            const char *at;
            assert_int_equal(getrandom(&value, sizeof value, 0), sizeof value);
            value >>= j % 64;
            es_words_write((int)i, arch, value, most, most, &made);
            assert_true(made.length < sizeof text);
            if (es_words_read((int)i, arch, text, most, &read, &at) || read != (value & most))
                fail_msg("%s: %#" PRIx64 " is written as %s", entries[i].name, value & most,
                         text);
        }
    }
}

/* ---- Calls ---- */

static void assert_call(es_call call, unsigned known, const char *expected)
{
    char text[200];
    size_t length = es_word_call(&call, known, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

enum { ALL = 0x3f };
#define CALL(name, ...) (es_call){number_of(ES_ARCH_X86_64, name), ES_ARCH_X86_64, 0, {__VA_ARGS__}}

static void test_calls(void **state)
{
    (void)state;
    assert_call(CALL("openat", (uint64_t)-100, 4096, 0101, 0644), ALL,
                "openat(AT_FDCWD, 0x1000, O_WRONLY|O_CREAT, 0644)");
    assert_call(CALL("openat", 0xffffff9c, 0, 0), 5, "openat(AT_FDCWD, ?, O_RDONLY)");
    assert_call(CALL("openat", 0xffffff9c, 0, 0101, 0600), 15,
                "openat(AT_FDCWD, NULL, O_WRONLY|O_CREAT, 0600)");
    assert_call(CALL("openat", 0, 0, 020200002), 4, "openat(?, ?, O_RDWR|O_TMPFILE, ?)");
    assert_call(CALL("openat", 0, 0, 0), 8, "openat(?, ?, ?, 0)");
    assert_call(CALL("openat", 7, 0, 03 | 0x40000000), 6, "openat(?, NULL, 0x40000003)");
    assert_call(CALL("mmap", 0, 4096, 0, 0x22, 0xffffffff, 0), ALL,
                "mmap(0, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)");
    assert_call(CALL("clone", 17), 1, "clone(SIGCHLD, ?, ?, ?, ?)");
    assert_call(CALL("clone", 0x100 | 17), 1, "clone(CLONE_VM|SIGCHLD, ?, ?, ?, ?)");
    assert_call(CALL("futex", 0, 128 | 1), 2,
                "futex(?, FUTEX_PRIVATE_FLAG|FUTEX_WAKE, ?, ?, ?, ?)");
    assert_call(CALL("socket", 1, 02000001, 0), ALL,
                "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0)");
    assert_call(CALL("socket", 2, 2, 17), ALL, "socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP)");
    assert_call(CALL("socket", 16, 3, 9), ALL, "socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)");
    assert_call(CALL("setsockopt", 3, 6, 1, 0, 4), ALL,
                "setsockopt(3, SOL_TCP, TCP_NODELAY, NULL, 4)");
    assert_call(CALL("setsockopt", 3, 1, 2, 0, 4), 6,
                "setsockopt(?, SOL_SOCKET, SO_REUSEADDR, ?, ?)");
    assert_call(CALL("setsockopt", 3, 1, 2, 0, 4), 4, "setsockopt(?, ?, 2, ?, ?)");
    assert_call(CALL("epoll_create1", 0), ALL, "epoll_create1(0)");
    assert_call(CALL("epoll_create1", 02000000), ALL, "epoll_create1(O_CLOEXEC)");
    assert_call(CALL("pipe2", 1, 02004000), 2, "pipe2(?, O_NONBLOCK|O_CLOEXEC)");
    assert_call(CALL("dup3", 1, 2, 0), ALL, "dup3(1, 2, 0)");
    assert_call(CALL("fcntl", 1, 4, 04000), ALL, "fcntl(1, F_SETFL, O_RDONLY|O_NONBLOCK)");
    assert_call(CALL("fcntl", 1, 10, 15), ALL, "fcntl(1, F_SETSIG, SIGTERM)");
    assert_call(CALL("fcntl", 1, 0, 15), ALL, "fcntl(1, F_DUPFD, 15)");
    assert_call(CALL("ioctl", 1, 0x5413, 0x7ffe00000000), ALL,
                "ioctl(1, TIOCGWINSZ, 0x7ffe00000000)");
    assert_call(CALL("ioctl", 1, 0x541b), 2, "ioctl(?, FIONREAD, ?)"); /* not TIOCINQ */
    assert_call(CALL("ioctl", 1, 0x540b, 2), ALL, "ioctl(1, TCFLSH, TCIOFLUSH)");
    assert_call(CALL("prctl", 1, 9), 3, "prctl(PR_SET_PDEATHSIG, SIGKILL, ?, ?, ?)");
    assert_call(CALL("kill", 0xffffffff, 0), ALL, "kill(-1, 0)");
    assert_call(CALL("preadv", 1, 0, 1, 0, 0), ALL, "preadv(1, NULL, 1, 0, ?)");
    assert_call(CALL("keyctl", 11, 0xfffffffc), 3,
                "keyctl(KEYCTL_READ, KEY_SPEC_USER_KEYRING, ?, ?, ?)");
    assert_call(CALL("unshare", 0x100000000 | 0x20000), 1, "unshare(CLONE_NEWNS|0x100000000)");
    assert_call(CALL("getpid"), ALL, "getpid()");
    assert_call((es_call){UNLISTED, ES_ARCH_X86_64, 0, {10}}, 3,
                "syscall_1000(0xa, 0, ?, ?, ?, ?)");
    assert_call((es_call){INT32_MIN, ES_ARCH_X86_64, 0, {0}}, 0,
                "syscall_-2147483648(?, ?, ?, ?, ?, ?)");
}

static void test_words_differ_by_architecture(void **state)
{
    char text[64];

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        bool arm = architectures[i] == ES_ARCH_AARCH64;
        es_call call = {number_of(architectures[i], "openat"), architectures[i], 0, {0}};
        uint64_t value;
        assert_int_equal(es_word_parse(&call, 0, 2, "O_DIRECTORY", &value, NULL), ES_OK);
        assert_int_equal(value, arm ? 040000 : 0200000);
        call.args[2] = 0200000;
        es_word_value(&call, ALL, 2, text, sizeof text);
        assert_string_equal(text, arm ? "O_RDONLY|O_DIRECT" : "O_RDONLY|O_DIRECTORY");
    }
    /* The last two arguments of clone change places. */
    assert_int_equal(
        es_syscall_argument(ES_ARCH_X86_64, number_of(ES_ARCH_X86_64, "clone"), 3, text), ES_OK);
    assert_string_equal(text, "child_tid");
    assert_int_equal(
        es_syscall_argument(ES_ARCH_AARCH64, number_of(ES_ARCH_AARCH64, "clone"), 3, text), ES_OK);
    assert_string_equal(text, "tls");
}

/* The machine's own headers, whatever they are. */
static void test_words_of_this_machine(void **state)
{
    es_call call = {number_of(0, "openat"), 0, 0, {0}};
    uint64_t value;

    (void)state;
    assert_int_equal(es_word_parse(&call, 0, 2, "O_DIRECTORY|O_NOFOLLOW|O_DIRECT|O_CLOEXEC|O_SYNC",
                                   &value, NULL),
                     ES_OK);
    assert_int_equal(value, O_DIRECTORY | O_NOFOLLOW | O_DIRECT | O_CLOEXEC | O_SYNC);
    assert_int_equal(es_word_parse(&call, 0, 2, "O_TMPFILE|O_RDWR", &value, NULL), ES_OK);
    assert_int_equal(value, O_TMPFILE | O_RDWR);
    call.nr = number_of(0, "mmap");
    assert_int_equal(es_word_parse(&call, 0, 3, "MAP_PRIVATE|MAP_ANONYMOUS", &value, NULL), ES_OK);
    assert_int_equal(value, MAP_PRIVATE | MAP_ANONYMOUS);
}

static void test_text_without_room(void **state)
{
    const char *expected = "openat(?, ?, O_WRONLY|O_CREAT, ?)";
    es_call call = CALL("openat", 0, 0, 0101);
    char text[64];

    (void)state;
    for (size_t size = 0; size < sizeof text; size++) {
        memset(text, 'x', sizeof text);
        assert_int_equal(es_word_call(&call, 4, text, size), strlen(expected));
        if (size) {
            assert_int_equal(strlen(text), size <= strlen(expected) ? size - 1 : strlen(expected));
            assert_memory_equal(text, expected, strlen(text));
        }
        assert_int_equal(text[size > strlen(expected) ? strlen(expected) + 1 : size], 'x');
    }
    assert_int_equal(es_word_call(&call, 4, NULL, 100), strlen(expected));
    assert_int_equal(es_word_call(NULL, 4, text, 1), 0);
    assert_int_equal(es_word_value(NULL, 4, 0, text, 1), 0);
    assert_int_equal(es_word_value(&call, 4, 6, text, 1), 0);
    assert_string_equal(text, "");
}

/* So that a signal handler can say what was denied. */
static void test_nothing_is_allocated(void **state)
{
    static const int32_t unlisted[] = {UNLISTED, ES_NUMBER_LIMIT, 473, -1};
    char text[800], name[ES_NAME_SIZE];

    (void)state;
    allocation_watch();
    es_policy_free(new_policy(0));
    assert_true(allocation_count() > 0); /* they are counted */
    allocation_watch();
    for (size_t i = 0; i < COUNT(calls) + COUNT(unlisted); i++) {
        es_call call = {.nr = i < COUNT(calls) ? es_syscall_number(0, calls[i])
                                               : unlisted[i - COUNT(calls)],
                        .args = {1, 2, 3, UINT64_MAX, 5, 6}};
        es_word_call(&call, ALL, text, sizeof text);
        for (unsigned j = 0; j < 6; j++) {
            es_word_value(&call, ALL, j, text, sizeof text);
            es_syscall_argument(0, call.nr, j, name);
            es_syscall_takes_path(0, call.nr, j);
        }
    }
    es_errno_name(ENOSYS);
    assert_int_equal(allocation_count(), 0);
}

/* ---- Conditions ---- */

static void assert_condition(const char *call, const es_comparison *comparisons, uint32_t count,
                             const char *expected)
{
    char text[200];
    size_t length = es_word_condition(ES_ARCH_X86_64, number_of(ES_ARCH_X86_64, call), comparisons,
                                      count, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static const char *told_as(const char *path)
{
    static char text[256];
    es_call call = call_of(0, number_of(0, "openat"), (uint64_t)-100, 1, 0);
    es_told told = {.size = sizeof told, .port = -1, .paths = {NULL, path}};

    assert_true(es_word_call_told(&call, 7, &told, text, sizeof text) < sizeof text);
    return text;
}

static void test_paths_are_quoted(void **state)
{
    static const struct {
        const char *path, *quoted;
    } written[] = {
        {"", "\"\""},
        {"/a b", "\"/a b\""},
        {"/it's", "\"/it's\""},
        {"/\"\\", "\"/\\\"\\\\\""},
        {"\t\n\r\x01\x7f", "\"\\t\\n\\r\\x01\\x7f\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8d", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8d\""},
        {"\xc2\x85\xc2\xa0\xe2\x80\xae\xf3\xa0\x80\x81", "\"\\x85\\xa0\\u202e\\U000e0001\""},
        /* No UTF-8: alone, cut off, too long, a surrogate, too large. */
        {"\x80""a", "\"\\udc80a\""},
        {"\xe2\x82", "\"\\udce2\\udc82\""},
        {"\xe2\x82""a", "\"\\udce2\\udc82a\""},
        {"\xc0\xaf", "\"\\udcc0\\udcaf\""},
        {"\xed\xa0\x80", "\"\\udced\\udca0\\udc80\""},
        {"\xf4\x90\x80\x80", "\"\\udcf4\\udc90\\udc80\\udc80\""},
        {"\xff", "\"\\udcff\""},
    };
    char expected[128];

    (void)state;
    for (size_t i = 0; i < COUNT(written); i++) {
        snprintf(expected, sizeof expected, "openat(AT_FDCWD, %s, O_RDONLY)", written[i].quoted);
        assert_string_equal(told_as(written[i].path), expected);
    }
    assert_string_equal(told_as(NULL), "openat(AT_FDCWD, 0x1, O_RDONLY)");
}

static void test_conditions(void **state)
{
    static const es_comparison given = {0, ES_EQUAL, ES_DATUM_GIVEN, 0, 0, 0};
    static const es_comparison own = {0, ES_EQUAL, ES_DATUM_OWN_PID, 0, 0, 0};
    static const es_comparison unequal = {1, ES_MASKED_NOT_EQUAL, 0, 0, 0x7f, 0};
    const es_comparison option[] = {comparison(1, ES_EQUAL, 6), comparison(2, ES_EQUAL, 1)};
    const es_comparison none[] = {{.argument = 6}, {.op = 8}};

    (void)state;
#define ONE(call, made, expected) assert_condition(call, &(es_comparison[]){made}[0], 1, expected)
    ONE("write", comparison(0, ES_EQUAL, 1), "fd == 1");
    ONE("write", comparison(1, ES_NOT_EQUAL, 0), "buf != NULL");
    ONE("write", comparison(0, ES_GREATER_EQUAL, 3), "fd >= 3");
    ONE("openat", negative_comparison(0, ES_EQUAL, -100), "dirfd == AT_FDCWD");
    ONE("openat", masked_comparison(2, 3, 0), "(flags & O_ACCMODE) == O_RDONLY");
    ONE("openat", masked_comparison(2, 0301, 0), "(flags & (O_CREAT|O_EXCL|0x1)) == 0");
    ONE("openat", masked_comparison(2, ~02000003u, 0), "(flags & ~(O_ACCMODE|O_CLOEXEC)) == 0");
    ONE("mknod", masked_comparison(1, 0777, 0), "(mode & 0777) == 0");
    ONE("mmap", masked_comparison(3, 0x2f, 0x22),
        "(flags & (MAP_TYPE|MAP_ANONYMOUS)) == MAP_PRIVATE|MAP_ANONYMOUS");
    ONE("futex", unequal, "(op & 0x7f) != 0");
    ONE("futex", masked_comparison(1, ~0x180u, 1),
        "(op & ~(FUTEX_PRIVATE_FLAG|FUTEX_CLOCK_REALTIME)) == FUTEX_WAKE");
    ONE("lseek", masked_comparison(1, UINT64_MAX, 5), "(offset & 0xffffffffffffffff) == 5");
    ONE("close", given, "fd == the given descriptor");
    ONE("kill", own, "pid == the process itself");
    ONE("getpid", comparison(2, ES_LESS, 5), "argument 2 < 5");
    assert_condition("setsockopt", option, 2, "level == SOL_TCP and optname == TCP_NODELAY");
    assert_condition("setsockopt", option + 1, 1, "optname == 1");
    assert_condition("write", NULL, 0, "");
    assert_condition("write", &none[0], 1, "");
    assert_condition("write", &none[1], 1, "");
}

/* ---- Reading ---- */

static void assert_read(const char *call, unsigned argument, const char *text, uint64_t expected)
{
    es_call made = CALL(call, 0);
    uint64_t value = ~expected;
    es_error error = {.message = ""};

    if (es_word_parse(&made, 0, argument, text, &value, &error) || value != expected)
        fail_msg("%s is %#" PRIx64 ": %s", text, value, error.message);
}

static void assert_not_read(const char *call, unsigned argument, const char *text, int status,
                            const char *part)
{
    es_call made = CALL(call, 0);
    uint64_t value = 77;
    es_error error = ES_ERROR_INIT;

    assert_int_equal(es_word_parse(&made, 0, argument, text, &value, &error), status);
    assert_error(&error, status, part);
    assert_int_equal(value, 77);
}

static void test_reading(void **state)
{
    (void)state;
    assert_read("openat", 2, "O_WRONLY|O_CREAT", 0101);
    assert_read("openat", 2, "O_CREAT|0x40000000", 0x40000040);
    assert_read("openat", 2, "O_SYNC|O_DSYNC", 04010000);
    assert_read("openat", 0, "AT_FDCWD", 0xffffff9c);
    assert_read("openat", 0, "-100", 0xffffff9c);
    assert_read("openat", 0, "0xffffff9c", 0xffffff9c);
    assert_read("openat", 1, "NULL", 0);
    assert_read("openat", 3, "0644", 0644);
    assert_read("mknod", 1, "S_IFIFO|0600", 010600);
    assert_read("lseek", 1, "-1", UINT64_MAX);
    assert_read("lseek", 1, "-9223372036854775808", 1ull << 63);
    assert_read("lseek", 1, "18446744073709551615", UINT64_MAX);
    assert_read("fcntl", 2, "-1", UINT64_MAX);
    assert_read("kill", 1, "SIGTERM", 15);
    assert_read("ioctl", 1, "TIOCINQ", 0x541b);
    assert_read("mmap", 2, "0", 0);
}

static void test_what_is_not_read(void **state)
{
    static const char *const malformed[] = {"",  "|",  "O_CREAT|", "|O_CREAT", "O_CREAT||O_EXCL",
                                            "0x", "09", "1a",       "--1",      "-",
                                            "4294967296", "-2147483649", "0x100000000",
                                            "O_CREAT|-1", "040000000000"};
    es_call call = CALL("openat", 0);
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(malformed); i++)
        assert_not_read("openat", 2, malformed[i], ES_ERR_COMPARISON, "is no number");
    assert_not_read("openat", 2, "O_NONSENSE", ES_ERR_UNKNOWN, "flags has no word 'O_NONSENSE'");
    assert_not_read("openat", 2, "O_CREAT|O_", ES_ERR_UNKNOWN, "no word 'O_'");
    assert_not_read("openat", 2, "O_CREAT | O_EXCL", ES_ERR_UNKNOWN, "no word 'O_CREAT '");
    assert_not_read("openat", 2, "o_creat", ES_ERR_UNKNOWN, "no word");
    assert_not_read("openat", 2, "O_ACCMODE", ES_ERR_UNKNOWN, "no word");
    assert_not_read("openat", 2, "SIGTERM", ES_ERR_UNKNOWN, "no word");
    assert_not_read("write", 0, "stdout", ES_ERR_UNKNOWN, "fd has no word");
    assert_not_read("openat", 2, "O_WRONLY|O_RDWR", ES_ERR_COMPARISON,
                    "'O_RDWR' says something else");
    assert_not_read("openat", 2, "O_RDONLY|2", ES_ERR_COMPARISON, "'2' says something else");
    assert_not_read("socket", 0, "AF_INET|AF_INET6", ES_ERR_COMPARISON, "something else");
    assert_not_read("mmap", 2, "PROT_NONE|PROT_READ", ES_ERR_COMPARISON, "something else");
    assert_not_read("openat", 3, "0x10000", ES_ERR_COMPARISON, "no number that mode can have");
    assert_not_read("openat", 4, "1", ES_ERR_ARGUMENT, "no such argument");
    assert_int_equal(es_word_parse(&call, 0, 2, NULL, &value, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_word_parse(&call, 0, 2, "0", NULL, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_word_parse(NULL, 0, 2, "0", &value, NULL), ES_ERR_ARGUMENT);
}

static void assert_mask(const char *call, unsigned argument, const char *text, uint64_t expected)
{
    es_call made = CALL(call, 0);
    uint64_t value = ~expected;
    es_error error = ES_ERROR_INIT;

    if (es_word_parse_mask(&made, 0, argument, text, &value, &error) || value != expected)
        fail_msg("%s is %#" PRIx64 ": %s", text, value, error.message);
}

static void test_reading_masks(void **state)
{
    es_call call = CALL("openat", 0);
    es_error error = ES_ERROR_INIT;
    uint64_t value = 77;

    (void)state;
    assert_mask("openat", 2, "O_ACCMODE", 3);
    assert_mask("openat", 2, "O_ACCMODE|O_CREAT|0x40000000", 0x40000043);
    assert_mask("openat", 2, "O_WRONLY|O_RDWR", 3);
    assert_mask("openat", 2, "3", 3);
    assert_mask("mknod", 1, "S_IFMT", 0170000);
    assert_mask("mknod", 1, "S_IFMT|07000", 0177000);
    assert_mask("mmap", 3, "MAP_TYPE", 15);
    assert_mask("futex", 1, "FUTEX_CMD_MASK", 0xfffff87f);
    assert_mask("clone", 0, "CSIGNAL|SIGTERM", 0xff);
    assert_mask("read", 1, "NULL", 0);
    assert_int_equal(es_word_parse_mask(&call, 0, 2, "O_NONSENSE", &value, &error), ES_ERR_UNKNOWN);
    assert_error(&error, ES_ERR_UNKNOWN, "flags has no word 'O_NONSENSE'");
    assert_int_equal(es_word_parse_mask(&call, 0, 2, "O_ACCMODE|", &value, &error),
                     ES_ERR_COMPARISON);
    assert_int_equal(es_word_parse_mask(&call, 0, 3, "O_ACCMODE", &value, NULL), ES_ERR_UNKNOWN);
    assert_int_equal(es_word_parse_mask(&call, 0, 4, "1", &value, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(es_word_parse_mask(NULL, 0, 2, "1", &value, NULL), ES_ERR_ARGUMENT);
    assert_int_equal(value, 77);
}

static void test_names_of_errors(void **state)
{
    static const struct {
        int errnum;
        const char *name;
    } known[] = {{EPERM, "EPERM"}, {EAGAIN, "EAGAIN"}, {ENOSYS, "ENOSYS"}, {ENOTTY, "ENOTTY"},
                 {EHWPOISON, "EHWPOISON"}};

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        assert_string_equal(es_errno_name(known[i].errnum), known[i].name);
    assert_null(es_errno_name(0));
    assert_null(es_errno_name(-1));
    assert_null(es_errno_name(4095));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vocabularies_have_one_name_each),
        cmocka_unit_test(test_vocabularies_are_named_that_exist),
        cmocka_unit_test(test_choices_are_made_by_words_of_the_same_call),
        cmocka_unit_test(test_every_argument_has_a_name),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_every_word_is_written_and_read),
        cmocka_unit_test(test_any_value_can_be_read_again),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_words_differ_by_architecture),
        cmocka_unit_test(test_words_of_this_machine),
        cmocka_unit_test(test_text_without_room),
        cmocka_unit_test(test_nothing_is_allocated),
        cmocka_unit_test(test_paths_are_quoted),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_what_is_not_read),
        cmocka_unit_test(test_reading_masks),
        cmocka_unit_test(test_names_of_errors),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
