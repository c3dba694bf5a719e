/* Names, numbers and argument widths of system calls. */
#include "support.h"

#include <ctype.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum { ES_ASK = -1 };

static const struct {
    const char *name;
    int number;
    const char *widths;
} listed[] = {
#define SYSCALL(name, number, widths) {#name, number, widths},
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

static void test_nearest_name(void **state)
{
    static const struct {
        const char *mistyped, *nearest;
    } known[] = {{"opnat", "openat"},       {"wirte", "write"},   {"Read", "read"},
                 {"clock_getime", "clock_gettime"}, {"fdatasnc", "fdatasync"},
                 {"memfd_creat", "memfd_create"},   {"write", "write"}};
    char endless[5000];

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        const char *nearest = es_syscall_nearest(known[i].mistyped);
        assert_non_null(nearest);
        assert_string_equal(nearest, known[i].nearest);
    }
    memset(endless, 'e', sizeof endless - 1);
    endless[sizeof endless - 1] = 0;
    assert_null(es_syscall_nearest("entirely_different"));
    assert_null(es_syscall_nearest("clock_naxxxxeep")); /* four letters from clock_nanosleep */
    assert_null(es_syscall_nearest("qq"));
    assert_null(es_syscall_nearest(""));
    assert_null(es_syscall_nearest(endless));
    assert_null(es_syscall_nearest(NULL));
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
        return ES_WIDTH_UNKNOWN;
    default:
        fail_msg("'%c' is no width", letter);
        return -1;
    }
}

/* "name:letter name:letter", or nothing. Returns how many, with the widths. */
static unsigned parse(const char *text, int widths[6])
{
    unsigned count = 0;

    while (*text) {
        assert_true(count < 6);
        assert_true(islower(*text));
        while (islower(*text) || isdigit(*text) || *text == '_')
            text++;
        assert_int_equal(*text, ':');
        widths[count++] = width_of(text[1]);
        text += 2;
        if (*text) {
            assert_int_equal(*text, ' ');
            text++;
            assert_int_not_equal(*text, 0);
        }
    }
    return count;
}

static void test_widths_of_every_listed_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(listed); i++) {
        int widths[6];
        unsigned count = parse(listed[i].widths, widths);
        for (unsigned j = 0; j < ARCHITECTURES; j++) {
            int32_t number = es_syscall_number(architectures[j], listed[i].name);
            for (unsigned argument = 0; number >= 0 && argument < 6; argument++)
                assert_int_equal(es_syscall_width(architectures[j], number, argument),
                                 argument < count ? widths[argument] : ES_WIDTH_UNKNOWN);
        }
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
                 {"write", 1, ES_WIDTH_POINTER}, {"write", 3, ES_WIDTH_UNKNOWN}};

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++)
        for (size_t j = 0; j < COUNT(known); j++)
            assert_int_equal(es_syscall_width(architectures[i],
                                              number_of(architectures[i], known[j].name),
                                              known[j].argument),
                             known[j].width);
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

/* Libseccomp is asked where numbers differ; from 424 up they do not, and stand in the list. */
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
            assert_int_equal(ours, listed[i].number);
            assert_true(ours > ES_BASELINE_NR);
            if (theirs != __NR_SCMP_ERROR) {
                assert_int_equal(ours, theirs);
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
        cmocka_unit_test(test_widths_of_every_listed_call),
        cmocka_unit_test(test_widths_that_differ_from_the_declaration),
        cmocka_unit_test(test_widths_of_what_is_not_listed),
        cmocka_unit_test(test_no_call_is_listed_twice),
        cmocka_unit_test(test_numbers_agree_with_libseccomp),
    };
    return cmocka_run_group_tests_name("syscalls", tests, NULL, NULL);
}
