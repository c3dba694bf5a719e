/* Lints the table of rule sets, through the functions that walk it. */
#include "support.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static es_ruleset_info ruleset_at(uint32_t index)
{
    es_ruleset_info info = {NULL, NULL};

    assert_int_equal(es_ruleset_get(index, &info, sizeof info), ES_OK);
    return info;
}

static es_permission_info permission_at(uint32_t index)
{
    es_permission_info info = {.name = NULL};

    assert_int_equal(es_permission_get(index, &info, sizeof info), ES_OK);
    return info;
}

static es_row_info row_at(uint32_t index)
{
    es_row_info info = {.reason = NULL};

    assert_int_equal(es_row_get(index, &info, sizeof info), ES_OK);
    return info;
}

static bool grants(const es_row_info *row)
{
    return row->kind == ES_ROW_RULE || row->kind == ES_ROW_PROMISE;
}

static bool has_rights(const es_row_info *row)
{
    return row->kind == ES_ROW_RIGHTS || row->kind == ES_ROW_PROMISED_RIGHTS ||
           row->kind == ES_ROW_YIELDING_RIGHTS;
}

static bool of_no_permission(const es_row_info *row)
{
    return row->kind == ES_ROW_ENOSYS || row->kind == ES_ROW_ERRNO;
}

/* ---- Words ---- */

static void assert_text(const char *text)
{
    size_t length;

    assert_non_null(text);
    length = strlen(text);
    assert_in_range(length, 3, 200);
    assert_int_not_equal(text[0], ' ');
    assert_int_not_equal(text[length - 1], ' ');
}

static void test_names_and_summaries(void **state)
{
    (void)state;
    assert_true(es_ruleset_count() > 0);
    for (uint32_t i = 0; i < es_ruleset_count(); i++) {
        assert_text(ruleset_at(i).name);
        assert_text(ruleset_at(i).summary);
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(ruleset_at(i).name, ruleset_at(j).name);
    }
    for (uint32_t i = 0; i < es_permission_count(); i++) {
        es_permission_info info = permission_at(i);
        assert_true(info.ruleset < es_ruleset_count());
        assert_text(info.summary);
        if (*info.name)
            assert_text(info.name);
        else
            assert_true(info.is_public && info.takes == ES_TAKES_NOTHING);
        assert_in_range(info.takes, ES_TAKES_NOTHING, ES_TAKES_FILES);
        for (uint32_t j = 0; j < i; j++)
            if (permission_at(j).ruleset == info.ruleset)
                assert_string_not_equal(permission_at(j).name, info.name);
    }
}

static void test_every_row_has_a_reason(void **state)
{
    (void)state;
    assert_true(es_row_count() > 0);
    for (uint32_t i = 0; i < es_row_count(); i++)
        assert_text(row_at(i).reason);
}

/* ---- Order ---- */

static void test_rows_stand_behind_their_permission(void **state)
{
    uint32_t permission = 0, ruleset = 0;
    bool behind = false;

    (void)state;
    for (uint32_t i = 0; i < es_permission_count(); i++) {
        assert_true(permission_at(i).ruleset >= ruleset);
        ruleset = permission_at(i).ruleset;
    }
    for (uint32_t i = 0; i < es_row_count(); i++) {
        es_row_info row = row_at(i);
        behind = behind || of_no_permission(&row);
        if (of_no_permission(&row))
            continue;
        assert_false(behind);
        assert_true(row.permission < es_permission_count());
        assert_true(row.permission >= permission);
        permission = row.permission;
    }
}

static void test_every_permission_has_a_row(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < es_permission_count(); i++) {
        bool found = false, included = false;
        for (uint32_t j = 0; j < es_row_count(); j++) {
            es_row_info row = row_at(j);
            found = found || (row.kind != ES_ROW_ENOSYS && row.permission == i);
            included = included || (row.kind == ES_ROW_INCLUDE && row.included == i);
        }
        if (!found)
            fail_msg("%s grants nothing", permission_at(i).name);
        if (!included && !permission_at(i).is_public)
            fail_msg("%s is for nobody", permission_at(i).name);
    }
}

static void test_permissions_are_found_by_their_names(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < es_permission_count(); i++) {
        es_permission_info info = permission_at(i);
        int32_t found = es_permission_find(ruleset_at(info.ruleset).name, info.name);
        assert_int_equal(found, info.is_public ? (int32_t)i : -1);
    }
}

/* ---- Includes ---- */

/* Marks what a permission grants, itself and all it includes. A cycle would be deeper than there
 * are permissions. */
static void mark(uint32_t permission, bool *marked, uint32_t depth)
{
    assert_true(depth <= es_permission_count());
    marked[permission] = true;
    for (uint32_t i = 0; i < es_row_count(); i++) {
        es_row_info row = row_at(i);
        if (row.kind == ES_ROW_INCLUDE && row.permission == permission)
            mark(row.included, marked, depth + 1);
    }
}

static void test_includes_resolve(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < es_row_count(); i++) {
        es_row_info row = row_at(i);
        bool marked[256] = {false};
        if (row.kind != ES_ROW_INCLUDE)
            continue;
        assert_string_equal(row.syscall, "");
        assert_true(row.included < es_permission_count());
        assert_int_equal(permission_at(row.included).ruleset,
                         permission_at(row.permission).ruleset);
        /* What takes a descriptor, a path or a port cannot be granted in the name of what takes
         * none. */
        if (permission_at(row.included).takes != ES_TAKES_NOTHING)
            assert_int_equal(permission_at(row.included).takes,
                             permission_at(row.permission).takes);
        assert_true(es_permission_count() <= COUNT(marked));
        mark(row.permission, marked, 0);
    }
}

static void test_everything_has_no_promise(void **state)
{
    uint32_t everything = permission_of("SystemIO", "everything"), rows = 0;
    bool marked[256] = {false};

    (void)state;
    mark(everything, marked, 0);
    for (uint32_t i = 0; i < es_row_count(); i++) {
        es_row_info row = row_at(i);
        if (row.kind == ES_ROW_ENOSYS || !marked[row.permission])
            continue;
        assert_int_not_equal(row.kind, ES_ROW_PROMISE);
        assert_int_not_equal(row.kind, ES_ROW_PROMISED_RIGHTS);
        rows++;
    }
    assert_true(rows > 1);
    /* The general permissions, and none of the narrow ones. */
    assert_true(marked[permission_of("SystemIO", "allow_open")]);
    assert_true(marked[permission_of("SystemIO", "allow_read")]);
    assert_true(marked[permission_of("SystemIO", "allow_write")]);
    assert_true(marked[permission_of("SystemIO", "allow_close")]);
    assert_true(marked[permission_of("SystemIO", "allow_metadata")]);
    assert_true(marked[permission_of("SystemIO", "allow_ioctl")]);
}

/* ---- Calls and comparisons ---- */

static void test_every_row_names_a_call(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < es_row_count(); i++) {
        es_row_info row = row_at(i);
        bool exists = false;
        if (row.kind == ES_ROW_INCLUDE || has_rights(&row)) {
            assert_string_equal(row.syscall, "");
            continue;
        }
        for (unsigned j = 0; j < ARCHITECTURES; j++) {
            int32_t number = es_syscall_number(architectures[j], row.syscall);
            if (number == -1)
                fail_msg("%s is no system call", row.syscall);
            exists = exists || number >= 0;
        }
        if (!exists)
            fail_msg("no architecture has %s", row.syscall);
    }
}

/* Rights are of the kernel; on files where there are paths, and on ports where there are ports. */
static void check_rights(const es_row_info *row)
{
    const uint32_t on_ports = ES_RIGHT_CONNECT_TCP | ES_RIGHT_BIND_TCP;
    uint8_t takes = permission_at(row->permission).takes;

    if (!has_rights(row))
        return;
    assert_int_equal(row->rights & ~es_rights_of_abi(ES_LANDLOCK_ABI), 0);
    if (takes == ES_TAKES_PORT)
        assert_int_equal(row->rights & ~on_ports, 0);
    if (takes == ES_TAKES_PATH || takes == ES_TAKES_FILES)
        assert_int_equal(row->rights & on_ports, 0);
    /* What looks its paths up itself promises nothing. */
    if (takes == ES_TAKES_FILES)
        assert_int_equal(row->kind, ES_ROW_RIGHTS);
}

static void test_rows_have_the_parts_of_their_kind(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < es_row_count(); i++) {
        es_row_info row = row_at(i);
        bool takes =
            !of_no_permission(&row) && permission_at(row.permission).takes == ES_TAKES_DESCRIPTOR;
        assert_true(row.kind <= ES_ROW_YIELDING_RIGHTS);
        assert_true(row.when <= ES_WHEN_NOT_AARCH64);
        /* Only what a permission allows may depend on something. */
        assert_true(row.when == ES_WHEN_ALWAYS || row.kind == ES_ROW_RULE);
        assert_int_equal(row.rights != 0, has_rights(&row));
        check_rights(&row);
        assert_true(row.comparison_count == 0 || row.comparisons != NULL);
        if (row.kind == ES_ROW_PROMISE || row.kind == ES_ROW_ERRNO)
            assert_true(row.comparison_count > 0);
        else if (!grants(&row))
            assert_int_equal(row.comparison_count, 0);
        assert_int_equal(row.errnum > 0, row.kind == ES_ROW_ERRNO);
        for (unsigned j = 0; j < row.comparison_count; j++)
            if (row.comparisons[j].source == ES_DATUM_GIVEN)
                assert_true(takes);
        /* A permission for one descriptor is about that descriptor in every row. */
        if (takes && grants(&row))
            assert_true(row.comparison_count > 0 && row.comparisons[0].source == ES_DATUM_GIVEN);
    }
}

static void check_test(const es_row_info *row, const es_comparison *made, uint32_t arch,
                       int32_t number)
{
    int width = es_syscall_width(arch, number, made->argument);
    es_comparison judged = *made;
    es_error error = ES_ERROR_INIT;

    /* The table's own operator: can be made where its opposite can, of a word. */
    if (made->op == ES_MASKED_NOT_EQUAL) {
        assert_int_equal(width, ES_WIDTH_32);
        judged.op = ES_MASKED_EQUAL;
    }
    /* Where an int is one of several things that the argument may be, its bits can be looked at,
     * and nothing is nothing at any width. */
    if (width == ES_WIDTH_UNKNOWN && !(made->op == ES_MASKED_EQUAL && made->mask <= INT32_MAX) &&
        !(made->op == ES_EQUAL && made->datum == 0))
        fail_msg("the width of argument %u of %s is unknown", made->argument, row->syscall);
    if (made->source == ES_DATUM_CONSTANT) {
        if (es_comparison_check(arch, number, &judged, &error))
            fail_msg("%s: %s", row->syscall, error.message);
        return;
    }
    /* Descriptors and process ids are ints, and compared as such. */
    assert_int_equal(width, ES_WIDTH_32);
    assert_int_equal(made->op, ES_EQUAL);
    assert_in_set(made->source,
                  ((LargestIntegralType[]){ES_DATUM_GIVEN, ES_DATUM_OWN_PID}), 2);
}

static void test_every_comparison_can_be_made(void **state)
{
    unsigned checked = 0;

    (void)state;
    for (uint32_t i = 0; i < es_row_count(); i++) {
        es_row_info row = row_at(i);
        for (unsigned j = 0; j < ARCHITECTURES && grants(&row); j++) {
            int32_t number = es_syscall_number(architectures[j], row.syscall);
            for (unsigned k = 0; k < row.comparison_count && number >= 0; k++, checked++)
                check_test(&row, &row.comparisons[k], architectures[j], number);
        }
    }
    assert_true(checked > 100);
}

static bool same_tests(const es_row_info *a, const es_row_info *b)
{
    if (a->comparison_count != b->comparison_count)
        return false;
    for (unsigned i = 0; i < a->comparison_count; i++) {
        const es_comparison *left = &a->comparisons[i], *right = &b->comparisons[i];
        if (left->argument != right->argument || left->op != right->op ||
            left->source != right->source || left->negative != right->negative ||
            left->mask != right->mask || left->datum != right->datum)
            return false;
    }
    return true;
}

static void test_no_row_is_written_twice(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < es_row_count(); i++) {
        es_row_info row = row_at(i);
        for (uint32_t j = 0; j < i; j++) {
            es_row_info other = row_at(j);
            if (row.permission == other.permission &&
                (row.kind == ES_ROW_ENOSYS) == (other.kind == ES_ROW_ENOSYS) &&
                strcmp(row.syscall, other.syscall) == 0 && row.included == other.included &&
                row.rights == other.rights && row.when == other.when && same_tests(&row, &other))
                fail_msg("rows %u and %u grant %s alike", j, i, row.syscall);
            /* Beside a row without a condition, one with a condition says nothing. */
            if (grants(&row) && grants(&other) && row.permission == other.permission &&
                strcmp(row.syscall, other.syscall) == 0)
                assert_true(row.comparison_count > 0 && other.comparison_count > 0);
        }
    }
}

static void check_alone(uint32_t arch, uint32_t permission, bool told)
{
    es_policy *policy = new_policy(arch);
    es_argument given = something(permission, 5, told);
    es_error error = ES_ERROR_INIT;

    assert_int_equal(es_policy_permit(policy, permission, &given, NULL), ES_OK);
    permit(policy, "BasicCapabilities", "");
    if (es_policy_check(policy, &error))
        fail_msg("%s", error.message);
    es_policy_free(policy);
}

static void test_no_permission_contradicts_itself(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++)
        for (uint32_t j = 0; j < es_permission_count(); j++)
            for (int told = 0; told < 2 && permission_at(j).is_public; told++)
                check_alone(architectures[i], j, told);
}

/* ---- What nothing grants ---- */

/* Does any row accept this call, whatever the given descriptor? */
static bool accepted(uint32_t arch, const char *name, uint64_t first, uint64_t second,
                     uint64_t third)
{
    es_call call = call_of(arch, number_of(arch, name), first, second, third);

    for (uint32_t i = 0; i < es_row_count(); i++)
        if (accepts(i, &call, 3, 1))
            return true;
    return false;
}

static void test_no_row_makes_namespaces(void **state)
{
    static const uint64_t flags[] = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS,
                                     CLONE_NEWIPC,  CLONE_NEWUSER,   CLONE_NEWPID,
                                     CLONE_NEWNET,  CLONE_PTRACE,    CLONE_UNTRACED,
                                     CLONE_PARENT};
    const uint64_t sigchld = SIGCHLD;

    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        assert_true(accepted(architectures[i], "clone", sigchld, 0, 0));
        for (size_t j = 0; j < COUNT(flags); j++) {
            assert_false(accepted(architectures[i], "clone", flags[j] | sigchld, 0, 0));
            assert_false(
                accepted(architectures[i], "clone", UINT64_C(1) << 32 | flags[j] | sigchld, 0, 0));
        }
    }
}

/* The end of a child must not send its parent a signal of the caller's choice, nor none. */
static void test_children_end_with_sigchld(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ARCHITECTURES; i++) {
        for (uint64_t signal = 0; signal < 256; signal++) {
            bool process = accepted(architectures[i], "clone", signal, 0, 0);
            bool thread = accepted(architectures[i], "clone", CLONE_THREAD | signal, 0, 0);
            assert_int_equal(process, signal == SIGCHLD);
            assert_int_equal(thread, signal == 0);
        }
    }
}

static void test_no_row_makes_other_sockets(void **state)
{
    (void)state;
    assert_true(accepted(ES_ARCH_X86_64, "socket", AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    for (uint64_t family = 0; family < 50; family++) {
        assert_false(accepted(ES_ARCH_X86_64, "socket", family, SOCK_RAW, 0));
        assert_false(accepted(ES_ARCH_X86_64, "socket", family, SOCK_PACKET, 0));
        assert_false(accepted(ES_ARCH_X86_64, "socket", family, SOCK_SEQPACKET, 0));
        assert_false(accepted(ES_ARCH_X86_64, "socket", family, SOCK_STREAM, 132));
        if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) {
            assert_false(accepted(ES_ARCH_X86_64, "socket", family, SOCK_STREAM, 0));
            assert_false(accepted(ES_ARCH_X86_64, "socket", family, SOCK_DGRAM, 0));
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_summaries),
        cmocka_unit_test(test_every_row_has_a_reason),
        cmocka_unit_test(test_rows_stand_behind_their_permission),
        cmocka_unit_test(test_every_permission_has_a_row),
        cmocka_unit_test(test_permissions_are_found_by_their_names),
        cmocka_unit_test(test_includes_resolve),
        cmocka_unit_test(test_everything_has_no_promise),
        cmocka_unit_test(test_every_row_names_a_call),
        cmocka_unit_test(test_rows_have_the_parts_of_their_kind),
        cmocka_unit_test(test_every_comparison_can_be_made),
        cmocka_unit_test(test_no_row_is_written_twice),
        cmocka_unit_test(test_no_permission_contradicts_itself),
        cmocka_unit_test(test_no_row_makes_namespaces),
        cmocka_unit_test(test_children_end_with_sigchld),
        cmocka_unit_test(test_no_row_makes_other_sockets),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
