/* Paths and ports: what calls do with them, and when landlock(7) refuses that.  tests/paths asks
 * the kernel the same. */
#include "allocation.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { ALL_KNOWN = 0x3f };

/* ---- Paths --------------------------------------------------------------------------------- */

static void test_paths_are_joined(void **state)
{
    static const struct {
        const char *directory, *path, *whole;
    } joined[] = {
        {"/srv", "a", "/srv/a"},
        {"/srv", "/a", "/a"},
        {"/srv/", "./a//b/", "/srv/a/b"},
        {"/srv/x", "../a/b/../../c", "/srv/c"},
        {"/srv", "../../../a", "/a"},
        {"/a/../b", "..", "/"},
        {"/srv", "", "/srv"},
        {"/", "..", "/"},
        {NULL, "a/b", "/a/b"},
        {NULL, "//a", "/a"},
        {NULL, "/..a/...", "/..a/..."},
        {NULL, "", "/"},
        {"/a/b/c", "../../d/./../e", "/a/e"},
    };
    char memory[64];

    (void)state;
    for (size_t i = 0; i < COUNT(joined); i++) {
        size_t length = strlen(joined[i].whole);
        assert_int_equal(es_path_join(joined[i].directory, joined[i].path, NULL, 0), length);
        for (size_t size = 1; size <= length + 2; size++) {
            size_t fits = size > length ? length : size - 1;
            memset(memory, 'x', sizeof memory);
            assert_int_equal(es_path_join(joined[i].directory, joined[i].path, memory, size),
                             length);
            assert_memory_equal(memory, joined[i].whole, fits);
            assert_int_equal(memory[fits], 0);
            assert_int_equal(memory[size], 'x');
        }
    }
    assert_int_equal(es_path_join("/", NULL, memory, sizeof memory), 0);
    assert_string_equal(memory, "");
}

static void test_paths_are_compared(void **state)
{
    static const struct {
        const char *granted, *path;
        int covers;
    } pairs[] = {
        {"/srv", "/srv", 1},       {"/srv", "/srv/a", 1},     {"/srv/", "/srv", 1},
        {"/srv", "/srvx", 0},      {"/srv", "/", 0},          {"/srv/a", "/srv", 0},
        {"/", "/", 1},             {"/", "/a", 1},            {"/a/..", "/b", 1},
        {"//a/./b", "/a/b/c", 1},  {"/a/../b", "/b", 1},      {"/a/../b", "/a", 0},
        {"/ab", "/a/b", 0},        {"/a/b", "/ab/b", 0},      {"/b/a", "/c/a", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_int_equal(es_path_covers(pairs[i].granted, pairs[i].path), pairs[i].covers);
    assert_int_equal(es_path_covers(NULL, "/"), 0);
    assert_int_equal(es_path_covers("/", NULL), 0);
}

/* ---- Calls --------------------------------------------------------------------------------- */

static bool has_call(const char *name)
{
    return es_syscall_number(0, name) >= 0;
}

static const struct {
    const char *name;
    uint64_t arguments[3];
    es_use uses[ES_USES];
    int count;
} used[] = {
    {"openat", {0, 0, O_RDONLY}, {{ES_RIGHT_READ_FILE, 1, 0}}, 1},
    {"openat", {0, 0, O_RDONLY | O_DIRECTORY}, {{ES_RIGHT_READ_DIR, 1, 0}}, 1},
    {"openat", {0, 0, O_WRONLY | O_TRUNC}, {{ES_RIGHT_WRITE_FILE | ES_RIGHT_TRUNCATE, 1, 0}}, 1},
    {"openat", {0, 0, O_RDWR | O_TMPFILE}, {{ES_RIGHT_WRITE_FILE | ES_RIGHT_READ_FILE, 1, 0}}, 1},
    {"openat", {0, 0, O_WRONLY | O_CREAT}, {{ES_RIGHT_WRITE_FILE, 1, 0}}, 1},
    {"openat",
     {0, 0, O_WRONLY | O_CREAT | O_EXCL},
     {{ES_RIGHT_WRITE_FILE, 1, 0}, {ES_RIGHT_MAKE_REG, 1, 1}},
     2},
    {"openat", {0, 0, O_PATH | O_RDWR}, {{0, 1, 0}}, 1},
    {"open", {0, O_WRONLY}, {{ES_RIGHT_WRITE_FILE, 0, 0}}, 1},
    {"creat", {0}, {{ES_RIGHT_WRITE_FILE | ES_RIGHT_TRUNCATE, 0, 0}}, 1},
    {"truncate", {0}, {{ES_RIGHT_TRUNCATE, 0, 0}}, 1},
    {"execve", {0}, {{ES_RIGHT_EXECUTE, 0, 0}}, 1},
    {"execveat", {0}, {{ES_RIGHT_EXECUTE, 1, 0}}, 1},
    {"mkdir", {0}, {{ES_RIGHT_MAKE_DIR, 0, 1}}, 1},
    {"mkdirat", {0}, {{ES_RIGHT_MAKE_DIR, 1, 1}}, 1},
    {"rmdir", {0}, {{ES_RIGHT_REMOVE_DIR, 0, 1}}, 1},
    {"unlink", {0}, {{ES_RIGHT_REMOVE_FILE, 0, 1}}, 1},
    {"unlinkat", {0, 0, 0}, {{ES_RIGHT_REMOVE_FILE, 1, 1}}, 1},
    {"unlinkat", {0, 0, AT_REMOVEDIR}, {{ES_RIGHT_REMOVE_DIR, 1, 1}}, 1},
    {"symlink", {0}, {{ES_RIGHT_MAKE_SYM, 1, 1}}, 1},
    {"symlinkat", {0}, {{ES_RIGHT_MAKE_SYM, 2, 1}}, 1},
    {"mknod", {0, S_IFIFO | 0600}, {{ES_RIGHT_MAKE_FIFO, 0, 1}}, 1},
    {"mknodat", {0, 0, S_IFSOCK}, {{ES_RIGHT_MAKE_SOCK, 1, 1}}, 1},
    {"mknodat", {0, 0, S_IFCHR}, {{ES_RIGHT_MAKE_CHAR, 1, 1}}, 1},
    {"mknodat", {0, 0, S_IFBLK}, {{ES_RIGHT_MAKE_BLOCK, 1, 1}}, 1},
    {"mknodat", {0, 0, S_IFREG}, {{ES_RIGHT_MAKE_REG, 1, 1}}, 1},
    {"mknodat", {0, 0, 0600}, {{ES_RIGHT_MAKE_REG, 1, 1}}, 1},
    {"mknodat", {0, 0, S_IFDIR}, {{0, 1, 1}}, 1},
    {"link", {0}, {{ES_RIGHT_MAKE_REG, 1, 1}}, 1},
    {"linkat", {0}, {{ES_RIGHT_MAKE_REG, 3, 1}}, 1},
    {"rename", {0}, {{ES_RIGHT_REMOVE_FILE, 0, 1}, {ES_RIGHT_MAKE_REG, 1, 1}}, 2},
    {"renameat2", {0}, {{ES_RIGHT_REMOVE_FILE, 1, 1}, {ES_RIGHT_MAKE_REG, 3, 1}}, 2},
    {"connect", {0}, {{ES_RIGHT_CONNECT_TCP, 1, 0}}, 1},
    {"bind", {0}, {{ES_RIGHT_BIND_TCP, 1, 0}}, 1},
    {"write", {0}, {{0}}, 0},
    {"stat", {0}, {{0}}, 0},
};

static void test_what_calls_use(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(used); i++) {
        const uint64_t *told = used[i].arguments;
        es_use uses[ES_USES];
        es_call call;
        if (!has_call(used[i].name))
            continue;
        call = call_of(0, number_of(0, used[i].name), told[0], told[1], told[2]);
        assert_int_equal(es_call_uses(&call, ALL_KNOWN, uses), used[i].count);
        assert_memory_equal(uses, used[i].uses, (size_t)used[i].count * sizeof *uses);
        call.arch = 0;
        assert_int_equal(es_call_uses(&call, ALL_KNOWN, uses), used[i].count);
    }
}

static void test_flags_that_are_not_known(void **state)
{
    es_call call = call_of(0, number_of(0, "openat"), 0, 0, 0);
    es_use uses[ES_USES];

    (void)state;
    assert_int_equal(es_call_uses(&call, ALL_KNOWN & ~4u, uses), -3);
    call.nr = number_of(0, "mkdirat");
    assert_int_equal(es_call_uses(&call, 0, uses), 1);
    assert_int_equal(es_call_uses(NULL, 0, uses), 0);
    assert_int_equal(es_call_uses(&call, 0, NULL), 0);
}

/* What a call is granted by a rule, it may use: the list of calls is the table's. */
static void test_uses_are_rights_of_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(used); i++) {
        es_policy *policy = new_policy(0);
        if (has_call(used[i].name)) {
            allow(policy, number_of(0, used[i].name), NULL, 0);
            for (int j = 0; j < used[i].count; j++)
                assert_int_equal(used[i].uses[j].rights & ~es_policy_rights_everywhere(policy), 0);
        }
        es_policy_free(policy);
    }
}

/* O_DIRECTORY has another bit there. */
static void test_flags_differ_by_architecture(void **state)
{
    static const uint64_t bits[ARCHITECTURES] = {0200000, 040000, 0200000};
    es_use uses[ES_USES];

    (void)state;
    for (size_t i = 0; i < ARCHITECTURES; i++) {
        es_call call = call_of(architectures[i], number_of(architectures[i], "openat"), 0, 0, 0);
        for (size_t j = 0; j < ARCHITECTURES; j++) {
            call.args[2] = bits[j];
            assert_int_equal(es_call_uses(&call, ALL_KNOWN, uses), 1);
            assert_int_equal(uses[0].rights,
                             bits[i] == bits[j] ? ES_RIGHT_READ_DIR : ES_RIGHT_READ_FILE);
        }
    }
}

/* ---- Refusals ------------------------------------------------------------------------------ */

static es_told told_of(unsigned argument, const char *path)
{
    es_told told = {.size = sizeof told, .port = -1};

    told.paths[argument] = told.whole[argument] = path;
    return told;
}

static int refuses(const es_policy *policy, const char *name, unsigned argument, const char *path,
                   uint64_t flags)
{
    es_told told = told_of(argument, path);
    es_call call = call_of(0, number_of(0, name), 0, 0, flags);

    return es_policy_refuses(policy, &call, ALL_KNOWN, &told);
}

static void test_paths_are_refused(void **state)
{
    es_policy *policy = new_policy(0);
    es_call call = call_of(0, number_of(0, "openat"), 0, 0, 0);
    es_told told = told_of(1, "/etc/hosts");

    (void)state;
    assert_int_equal(refuses(policy, "openat", 1, "/etc/hosts", 0), 0);
    permit_path(policy, "SystemIO", "allow_read_path", "/srv");
    assert_int_equal(refuses(policy, "openat", 1, "/srv/a", 0), 0);
    assert_int_equal(refuses(policy, "openat", 1, "/srv/a", O_WRONLY), EACCES);
    assert_int_equal(refuses(policy, "openat", 1, "/srvx", 0), EACCES);
    assert_int_equal(refuses(policy, "openat", 1, "/etc/hosts", O_PATH), 0);
    assert_int_equal(refuses(policy, "openat", 1, NULL, 0), 0);
    assert_int_equal(refuses(policy, "mkdirat", 1, "/srv/a", 0), EACCES);
    /* What every policy with paths grants. */
    assert_int_equal(refuses(policy, "openat", 1, "/dev/null", O_RDWR | O_TRUNC), 0);
    assert_int_equal(refuses(policy, "openat", 1, "/proc/self/task", O_DIRECTORY), 0);
    assert_int_equal(refuses(policy, "openat", 1, "/proc/self/task/1", O_WRONLY), EACCES);
    assert_int_equal(refuses(policy, "openat", 1, "/proc/self", O_DIRECTORY), EACCES);
    /* What is not known. */
    assert_int_equal(es_policy_refuses(policy, &call, ALL_KNOWN, &told), EACCES);
    assert_int_equal(es_policy_refuses(policy, &call, 0, &told), 0);
    assert_int_equal(es_policy_refuses(policy, &call, ALL_KNOWN, NULL), 0);
    told.size--;
    assert_int_equal(es_policy_refuses(policy, &call, ALL_KNOWN, &told), 0);
    assert_int_equal(es_policy_refuses(NULL, &call, ALL_KNOWN, &told), 0);
    assert_int_equal(es_policy_refuses(policy, NULL, ALL_KNOWN, &told), 0);
    es_policy_free(policy);
}

static void test_the_folder_counts_where_something_is_made(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    permit_path(policy, "SystemIO", "allow_create_dir", "/srv");
    assert_int_equal(refuses(policy, "mkdirat", 1, "/srv/a", 0), 0);
    assert_int_equal(refuses(policy, "mkdirat", 1, "/srv/a/b", 0), 0);
    assert_int_equal(refuses(policy, "mkdirat", 1, "/srv", 0), EACCES);
    assert_int_equal(refuses(policy, "mkdirat", 1, "/", 0), EACCES);
    assert_int_equal(refuses(policy, "unlinkat", 1, "/srv/a", AT_REMOVEDIR), EACCES);
    es_policy_free(policy);
}

static void test_programs_that_are_named_replace_all(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    permit(policy, "ForkAndExec", "");
    permit_path(policy, "SystemIO", "allow_list_dir", "/srv");
    assert_int_equal(refuses(policy, "execve", 0, "/bin/true", 0), 0);
    permit_path(policy, "ForkAndExec", "allow_execute_path", "/bin/true");
    assert_int_equal(refuses(policy, "execve", 0, "/bin/true", 0), 0);
    assert_int_equal(refuses(policy, "execve", 0, "/bin/false", 0), EACCES);
    es_policy_free(policy);
}

static int moves(const es_policy *policy, const char *from, const char *to)
{
    es_told told = told_of(1, from);
    es_call call = call_of(0, number_of(0, "renameat2"), 0, 0, 0);

    told.paths[3] = told.whole[3] = to;
    return es_policy_refuses(policy, &call, ALL_KNOWN, &told);
}

static void test_moving_wins_no_right(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    assert_int_equal(moves(policy, "/tmp/x", "/srv/x"), 0);
    permit_path(policy, "SystemIO", "allow_scratch_dir", "/tmp");
    permit_path(policy, "SystemIO", "allow_scratch_dir", "/srv/a");
    permit_path(policy, "SystemIO", "allow_remove_file", "/tmp/d");
    permit_path(policy, "SystemIO", "allow_create_in_dir", "/var");
    permit_path(policy, "SystemIO", "allow_remove_file", "/var");
    permit_path(policy, "ForkAndExec", "allow_execute_path", "/srv/a");
    assert_int_equal(moves(policy, "/tmp/x", "/tmp/y"), 0);
    assert_int_equal(moves(policy, "/tmp/x", "/tmp/sub/y"), 0);
    assert_int_equal(moves(policy, "/srv/a/x", "/tmp/x"), 0);
    assert_int_equal(moves(policy, "/tmp/x", "/srv/a/x"), EXDEV); /* it could be started there */
    assert_int_equal(moves(policy, "/tmp/x", "/etc/x"), EACCES);
    assert_int_equal(moves(policy, "/var/x", "/var/y"), 0);
    assert_int_equal(moves(policy, "/var/x", "/var/sub/y"), EXDEV); /* nothing grants that */
    assert_int_equal(moves(policy, "/tmp/x", NULL), 0);
    es_policy_free(policy);
}

static int connects(const es_policy *policy, int32_t port)
{
    es_told told = {.size = sizeof told, .port = port};
    es_call call = call_of(0, number_of(0, "connect"), 3, 0, 0);

    return es_policy_refuses(policy, &call, ALL_KNOWN, &told);
}

static void test_ports_are_refused(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    assert_int_equal(connects(policy, 80), 0);
    permit_port(policy, "Networking", "allow_start_tcp_clients", 443);
    assert_int_equal(connects(policy, 443), 0);
    assert_int_equal(connects(policy, 80), EACCES);
    assert_int_equal(connects(policy, -1), 0);
    es_policy_free(policy);
}

/* What the ABI cannot limit is not refused. */
static void test_older_kernels_refuse_less(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    assert_int_equal(es_policy_set_landlock_abi(policy, 3, NULL), ES_OK);
    permit_port(policy, "Networking", "allow_start_tcp_clients", 443);
    permit_path(policy, "SystemIO", "allow_read_path", "/srv");
    assert_int_equal(connects(policy, 80), 0);
    assert_int_equal(refuses(policy, "openat", 1, "/etc", 0), EACCES);
    es_policy_free(policy);
}

static void test_nothing_is_allocated(void **state)
{
    es_policy *policy = new_policy(0);
    char memory[64];

    (void)state;
    permit_path(policy, "SystemIO", "allow_read_path", "/srv/../a");
    allocation_watch();
    assert_int_equal(refuses(policy, "openat", 1, "/etc/hosts", 0), EACCES);
    assert_int_equal(moves(policy, "/tmp/a", "/srv/b"), EACCES);
    es_path_join("/a", "b/../c", memory, sizeof memory);
    assert_int_equal(allocation_count(), 0);
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_are_joined),
        cmocka_unit_test(test_paths_are_compared),
        cmocka_unit_test(test_what_calls_use),
        cmocka_unit_test(test_flags_that_are_not_known),
        cmocka_unit_test(test_uses_are_rights_of_the_table),
        cmocka_unit_test(test_flags_differ_by_architecture),
        cmocka_unit_test(test_paths_are_refused),
        cmocka_unit_test(test_the_folder_counts_where_something_is_made),
        cmocka_unit_test(test_programs_that_are_named_replace_all),
        cmocka_unit_test(test_moving_wins_no_right),
        cmocka_unit_test(test_ports_are_refused),
        cmocka_unit_test(test_older_kernels_refuse_less),
        cmocka_unit_test(test_nothing_is_allocated),
    };
    return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
