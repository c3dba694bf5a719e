/* Names, numbers and argument widths of system calls. */
#include "support.h"
#include "table/syscalls.h"

#include <ctype.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static const struct {
    const char *name;
    int number;
    const char *arguments;
} listed[] = {
#define SYSCALL(name, number, arguments) {#name, number, arguments},
#include "table/syscalls.def"
};

static void test_native_numbers_are_those_of_the_headers(void **state)
{
    static const struct {
        const char *name;
        long number;
    } known[] = {{"read", SYS_read},       {"openat", SYS_openat}, {"write", SYS_write},
                 {"prlimit64", SYS_prlimit64}, {"seccomp", SYS_seccomp},
                 {"clone3", SYS_clone3},   {"faccessat2", SYS_faccessat2}};

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++)
        assert_int_equal(es_syscall_number(0, known[i].name), known[i].number);
}

static void test_numbers_of_the_three_architectures(void **state)
{
    (void)state;
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, "openat"), 257);
    assert_int_equal(es_syscall_number(ES_ARCH_AARCH64, "openat"), 56);
    assert_int_equal(es_syscall_number(ES_ARCH_RISCV64, "openat"), 56);
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, "read"), 0);
    assert_int_equal(es_syscall_number(ES_ARCH_AARCH64, "read"), 63);
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, "arch_prctl"), 158);
    for (unsigned i = 0; i < ARCHITECTURES; i++)
        assert_int_equal(es_syscall_number(architectures[i], "clone3"), 435);
}

static void test_names_of_other_architectures_and_of_none(void **state)
{
    (void)state;
    assert_true(es_syscall_number(ES_ARCH_AARCH64, "open") < -1);
    assert_true(es_syscall_number(ES_ARCH_RISCV64, "arch_prctl") < -1);
    assert_true(es_syscall_number(ES_ARCH_X86_64, "socketcall") < -1);
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, "opnat"), -1);
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, "Read"), -1);
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, ""), -1);
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, NULL), -1);
}

static void test_every_number_with_a_name_has_that_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        unsigned found = 0;
        for (int32_t number = 0; number < 600; number++) {
            char name[ES_NAME_SIZE];
            memset(name, 'x', sizeof name);
            if (es_syscall_name(architectures[i], number, name) != ES_OK)
                continue;
            found++;
            assert_non_null(memchr(name, 0, sizeof name));
            assert_int_equal(es_syscall_number(architectures[i], name), number);
        }
        assert_in_range(found, 300, 599);
    }
}

static void test_numbers_without_a_name(void **state)
{
    static const int32_t nameless[] = {UNLISTED, ES_MAX_NR, ES_MAX_NR + 1, INT32_MAX, -1,
                                       -101,     INT32_MIN};
    char name[ES_NAME_SIZE] = "untouched";

    (void)state;
    for (size_t i = 0; i < COUNT(nameless); i++)
        assert_int_equal(es_syscall_name(ES_ARCH_X86_64, nameless[i], name), ES_ERR_UNKNOWN);
    assert_string_equal(name, "untouched");
}

static void assert_nearest(const char *mistyped, const char *expected)
{
    const char *nearest = es_syscall_nearest(mistyped);

    if (!nearest || strcmp(nearest, expected) != 0)
        fail_msg("%s: %s, not %s", mistyped, nearest ? nearest : "nothing", expected);
}

static void test_nearest_name(void **state)
{
    static const struct {
        const char *mistyped, *nearest;
    } known[] = {{"opnat", "openat"},
                 {"wirte", "write"},
                 {"Read", "read"},
                 {"dpu", "dup"},
                 {"clock_getime", "clock_gettime"},
                 {"fdatasnc", "fdatasync"},
                 {"memfd_creat", "memfd_create"},
                 {"write", "write"},
                 {"unlink_at", "unlinkat"},
                 {"epollwait", "epoll_wait"},
                 {"io-uring-enter", "io_uring_enter"},
                 {"open_file", "open"},
                 {"sys_openat", "openat"},
                 {"__NR_getrandom", "getrandom"},
                 {"sleep", "nanosleep"},
                 {"gettid_of", "gettid"},
                 {"sched_setaff", "sched_setaffinity"}};
    static const char *const near_nothing[] = {"entirely_different", "clock_naxxxxeep", "qq", "",
                                               "_", "abracadabra_simsalabim", "xyz"};
    char endless[5000];

    (void)state;
    if (es_arch_native() != ES_ARCH_X86_64)
        skip(); /* the names are those of the calls that it has */
    for (size_t i = 0; i < COUNT(known); i++)
        assert_nearest(known[i].mistyped, known[i].nearest);
    for (size_t i = 0; i < COUNT(near_nothing); i++)
        assert_null(es_syscall_nearest(near_nothing[i]));
    memset(endless, 'e', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    assert_null(es_syscall_nearest(endless));
    assert_null(es_syscall_nearest(NULL));
}

static bool is_nearest(const char *mistyped, const char *name)
{
    const char *nearest = es_syscall_nearest(mistyped);

    return nearest && strcmp(nearest, name) == 0;
}

/* Take out one letter of each name, or swap two: few are as near to another name. */
static void test_mistyped_names(void **state)
{
    unsigned total = 0, right = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(listed); i++) {
        const char *name = listed[i].name;
        size_t length = strlen(name);
        if (es_syscall_number(0, name) < 0)
            continue;
        assert_nearest(name, name);
        for (size_t at = 0; at + 1 < length && length > 7; at++) {
            char mistyped[ES_NAME_SIZE];
            strcpy(mistyped, name);
            mistyped[at] = name[at + 1];
            mistyped[at + 1] = name[at];
            right += is_nearest(mistyped, name);
            memmove(mistyped + at, name + at + 1, length - at);
            right += is_nearest(mistyped, name);
            total += 2;
        }
    }
    assert_true(total > 1000 && right > total - total / 20);
}

/* ---- The list of syscalls.def ---- */

static int width_of(char letter)
{
    switch (letter) {
    case '2':
        return ES_WIDTH_16;
    case '4':
        return ES_WIDTH_32;
    case '8':
        return ES_WIDTH_64;
    case 'p':
        return ES_WIDTH_POINTER;
    case '?':
        return ES_WIDTH_VARIES;
    case '-':
        return ES_WIDTH_NONE;
    default:
        fail_msg("'%c' is no width", letter);
        return -1;
    }
}

static const char *skip_name(const char *text)
{
    assert_true(islower(*text));
    while (islower(*text) || isdigit(*text) || *text == '_')
        text++;
    return text;
}

/* "name:letter name:letter:words", or nothing, to the end or to a |. Returns how many, with the
 * widths. */
static unsigned parse(const char **text, int widths[6])
{
    const char *at = *text;
    unsigned count = 0;

    while (*at && *at != '|') {
        assert_true(count < 6);
        at = skip_name(at);
        assert_int_equal(*at, ':');
        widths[count++] = width_of(at[1]);
        at += 2;
        if (*at == ':')
            at = skip_name(at + 1);
        if (*at == ' ')
            skip_name(++at); /* something follows */
        else
            assert_true(*at == 0 || *at == '|');
    }
    *text = at;
    return count;
}

static void check_widths(uint32_t arch, const char *call, unsigned count, const int widths[6])
{
    int32_t number = es_syscall_number(arch, call);

    for (unsigned argument = 0; number >= 0 && argument < 6; argument++)
        assert_int_equal(es_syscall_width(arch, number, argument),
                         argument < count ? widths[argument] : ES_WIDTH_NONE);
}

static void test_widths_of_every_listed_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(listed); i++) {
        const char *text = listed[i].arguments;
        int widths[6];
        unsigned count = parse(&text, widths);
        check_widths(ES_ARCH_X86_64, listed[i].name, count, widths);
        if (*text++ == '|')
            count = parse(&text, widths);
        check_widths(ES_ARCH_AARCH64, listed[i].name, count, widths);
        check_widths(ES_ARCH_RISCV64, listed[i].name, count, widths);
    }
}

/* By hand, from the SYSCALL_DEFINE lines of the kernel and the code behind them. */
static void test_widths_that_differ_from_the_declaration(void **state)
{
    static const struct {
        const char *name;
        unsigned argument;
        int width;
    } known[] = {{"writev", 0, ES_WIDTH_32},     {"pwritev2", 0, ES_WIDTH_32},
                 {"mmap", 4, ES_WIDTH_32},       {"mmap", 3, ES_WIDTH_32},
                 {"clone", 0, ES_WIDTH_32},      {"openat", 3, ES_WIDTH_16},
                 {"fchmod", 1, ES_WIDTH_16},     {"mprotect", 2, ES_WIDTH_64},
                 {"unshare", 0, ES_WIDTH_64},    {"mremap", 3, ES_WIDTH_64},
                 {"kill", 0, ES_WIDTH_32},       {"ioctl", 1, ES_WIDTH_32},
                 {"write", 1, ES_WIDTH_POINTER}, {"write", 3, ES_WIDTH_NONE},
                 {"preadv", 4, ES_WIDTH_NONE},   {"ioprio_set", 2, ES_WIDTH_16},
                 {"mbind", 2, ES_WIDTH_32},      {"fcntl", 2, ES_WIDTH_VARIES}};

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++)
        for (size_t j = 0; j < COUNT(known); j++)
            assert_int_equal(es_syscall_width(architectures[i],
                                              number_of(architectures[i], known[j].name),
                                              known[j].argument),
                             known[j].width);
}

/* clone(2) has its last two arguments in another order on x86_64. */
static void test_widths_of_clone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        int32_t number = number_of(architectures[i], "clone");
        unsigned tls = architectures[i] == ES_ARCH_X86_64 ? 4 : 3;
        assert_int_equal(es_syscall_width(architectures[i], number, tls), ES_WIDTH_64);
        assert_int_equal(es_syscall_width(architectures[i], number, 7 - tls), ES_WIDTH_POINTER);
    }
}

static void test_widths_of_what_is_not_listed(void **state)
{
    (void)state;
    assert_int_equal(es_syscall_width(0, UNLISTED, 0), ES_WIDTH_UNKNOWN);
    assert_int_equal(es_syscall_width(0, -1, 0), ES_WIDTH_UNKNOWN);
    assert_int_equal(es_syscall_width(0, 1, 6), ES_WIDTH_UNKNOWN);
    assert_int_equal(es_syscall_width(0, 1, UINT32_MAX), ES_WIDTH_UNKNOWN);
    /* Where there is no open(2), none of its widths are found under its pseudo number. */
    assert_int_equal(
        es_syscall_width(ES_ARCH_AARCH64, es_syscall_number(ES_ARCH_AARCH64, "open"), 1),
        ES_WIDTH_UNKNOWN);
}

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < COUNT(listed); i++)
        if (strcmp(listed[i].name, name) == 0)
            return true;
    return false;
}

static void test_every_call_with_a_name_is_listed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        for (int32_t number = 0; number < ES_NUMBER_LIMIT; number++) {
            char name[ES_NAME_SIZE];
            if (es_syscall_name(architectures[i], number, name) == ES_OK && !is_listed(name))
                fail_msg("%s is not in syscalls.def", name);
        }
    }
}

/* They stand in the list, since older libseccomps do not know them. */
static void test_numbers_of_one_architecture(void **state)
{
    char name[ES_NAME_SIZE];

    (void)state;
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, "uretprobe"), 335);
    assert_int_equal(es_syscall_number(ES_ARCH_AARCH64, "uretprobe"), ES_ELSEWHERE);
    assert_int_equal(es_syscall_number(ES_ARCH_RISCV64, "riscv_hwprobe"), 258);
    assert_int_equal(es_syscall_number(ES_ARCH_X86_64, "riscv_hwprobe"), ES_ELSEWHERE);
    assert_int_equal(es_syscall_name(ES_ARCH_X86_64, 336, name), ES_OK);
    assert_string_equal(name, "uprobe");
    assert_int_equal(es_syscall_name(ES_ARCH_X86_64, 258, name), ES_OK);
    assert_string_equal(name, "mkdirat");
    assert_int_equal(es_syscall_width(ES_ARCH_RISCV64, 258, 1), ES_WIDTH_64);
}

static void test_no_call_is_listed_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(listed); i++) {
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(listed[i].name, listed[j].name);
            if (listed[i].number != ES_ASK)
                assert_int_not_equal(listed[i].number, listed[j].number);
        }
    }
}

/* Libseccomp is asked where numbers differ; where it is not, it says the same if it knows. */
static void test_numbers_agree_with_libseccomp(void **state)
{
    unsigned compared = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(listed); i++) {
        for (unsigned j = 0; j < ARCHITECTURES; j++) {
            int theirs = seccomp_syscall_resolve_name_arch(architectures[j], listed[i].name);
            int32_t ours = es_syscall_number(architectures[j], listed[i].name);
            if (listed[i].number == ES_ASK) {
                assert_int_not_equal(theirs, __NR_SCMP_ERROR);
                assert_int_equal(ours, theirs);
                assert_true(theirs <= ES_BASELINE_NR);
                continue;
            }
            if (listed[i].number <= ES_NUMBER) {
                assert_int_equal(ours, listed[i].number);
                assert_true(ours > ES_BASELINE_NR);
            }
            /* Some releases of libseccomp 2.5 think that riscv64 has no memfd_secret(2). */
            if (architectures[j] == SCMP_ARCH_RISCV64 && theirs < 0 &&
                !strcmp(listed[i].name, "memfd_secret"))
                continue;
            if (theirs != __NR_SCMP_ERROR) {
                assert_true(theirs == ours || (theirs < 0 && ours == ES_ELSEWHERE));
                compared++;
            }
        }
    }
    assert_true(compared > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_native_numbers_are_those_of_the_headers),
        cmocka_unit_test(test_numbers_of_the_three_architectures),
        cmocka_unit_test(test_names_of_other_architectures_and_of_none),
        cmocka_unit_test(test_every_number_with_a_name_has_that_name),
        cmocka_unit_test(test_numbers_without_a_name),
        cmocka_unit_test(test_nearest_name),
        cmocka_unit_test(test_mistyped_names),
        cmocka_unit_test(test_widths_of_every_listed_call),
        cmocka_unit_test(test_widths_that_differ_from_the_declaration),
        cmocka_unit_test(test_widths_of_clone),
        cmocka_unit_test(test_widths_of_what_is_not_listed),
        cmocka_unit_test(test_every_call_with_a_name_is_listed),
        cmocka_unit_test(test_numbers_of_one_architecture),
        cmocka_unit_test(test_no_call_is_listed_twice),
        cmocka_unit_test(test_numbers_agree_with_libseccomp),
    };
    return cmocka_run_group_tests_name("syscalls", tests, NULL, NULL);
}
