/* Rights on paths and ports: what they are granted on, what has to be limited for that, and what
 * contradicts it. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    ALL_ON_FILES = ES_RIGHT_IOCTL_DEV * 2 - 1,
    ALL_ON_PORTS = ES_RIGHT_CONNECT_TCP | ES_RIGHT_BIND_TCP
};

/* Every way to write the root as a string; what else looks like it is something else. */
static const char *const roots[] = {"/",    "//",   "/.",     "/..",  "/./",    "/../",
                                    "///.", "/.//", "/../..", "/./.", "//.././"};
static const char *const no_roots[] = {"/...", "/.../", "/a",      "/.a",  "/a/..", "/..a",
                                       "/./a", "/ ",    "/../...", "/\n", "/....", "/./..."};

/* ---- What has to be limited ---- */

static uint32_t limited_by_path(const char *permission, const char *path)
{
    es_policy *policy = new_policy(0);
    uint32_t limited;

    permit_path(policy, "SystemIO", permission, path);
    limited = es_policy_limited_rights(policy);
    es_policy_free(policy);
    return limited;
}

static void test_one_path_limits_all_paths(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    assert_int_equal(es_policy_limited_rights(policy), 0);
    permit(policy, "BasicCapabilities", "");
    permit(policy, "SystemIO", "everything");
    permit(policy, "ForkAndExec", "");
    permit(policy, "Networking", "allow_start_tcp_servers");
    assert_int_equal(es_policy_limited_rights(policy), 0);
    permit_path(policy, "SystemIO", "allow_read_path", "/srv");
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES);
    permit_path(policy, "SystemIO", "allow_read_path", "/");
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES);
    es_policy_free(policy);
}

static void test_the_root_limits_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(roots); i++)
        if (limited_by_path("allow_scratch_dir", roots[i]))
            fail_msg("%s is not taken for the root", roots[i]);
    for (size_t i = 0; i < COUNT(no_roots); i++)
        if (limited_by_path("allow_scratch_dir", no_roots[i]) != ALL_ON_FILES)
            fail_msg("%s is taken for the root", no_roots[i]);
}

/* open(path, "w") has O_CREAT, and "r+" O_RDWR, so that only rights can tell writing from creating,
 * and from reading. */
static void test_writing_everywhere_is_no_creating_and_no_reading(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    assert_int_equal(limited_by_path("allow_write_file", "/"), ALL_ON_FILES);
    assert_int_equal(limited_by_path("allow_create_in_dir", "/"), ALL_ON_FILES);
    permit_path(policy, "SystemIO", "allow_write_file", "/");
    permit_path(policy, "SystemIO", "allow_read_path", "/");
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES);
    permit_path(policy, "SystemIO", "allow_create_in_dir", "/");
    assert_int_equal(es_policy_limited_rights(policy), 0);
    es_policy_free(policy);
    /* What has no path creates as it likes. */
    policy = new_policy(0);
    permit(policy, "SystemIO", "allow_open");
    permit_path(policy, "SystemIO", "allow_write_file", "/");
    assert_int_equal(es_policy_limited_rights(policy), 0);
    es_policy_free(policy);
}

static void test_ports_limit_what_has_none(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    permit_port(policy, "Networking", "allow_start_tcp_clients", 443);
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_PORTS);
    permit(policy, "Networking", "allow_start_tcp_servers");
    assert_int_equal(es_policy_limited_rights(policy), ES_RIGHT_CONNECT_TCP);
    permit_path(policy, "SystemIO", "allow_list_dir", "/srv");
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES | ES_RIGHT_CONNECT_TCP);
    es_policy_free(policy);
    assert_int_equal(es_policy_limited_rights(NULL), 0);
}

/* Ready-made sets: the caller says what was found; if nothing was, nothing may be read. */
static void test_sets_with_nothing_in_them(void **state)
{
    es_policy *policy = new_policy(0);
    es_call reading = call_of(0, number_of(0, "read"), 3, 0, 0);

    (void)state;
    permit(policy, "SystemIO", "allow_python_files");
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES);
    assert_int_equal(es_policy_rights_everywhere(policy), 0);
    assert_int_equal(es_policy_decide(policy, &reading, 0), ES_ACTION_ALLOW);
    permit_path(policy, "SystemIO", "allow_list_dir", "/srv");
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    es_policy_free(policy);
    policy = new_policy(0);
    permit_path(policy, "SystemIO", "allow_python_files", "/usr/lib");
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES);
    permit_path(policy, "SystemIO", "allow_python_files", "/");
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES);
    es_policy_free(policy);
}

/* The calls of a permission are there once, the rights for each path. */
static void test_a_second_path_adds_no_calls(void **state)
{
    es_policy *one = new_policy(0), *many = new_policy(0);
    es_program *short_program, *long_program;

    (void)state;
    permit_path(one, "SystemIO", "allow_scratch_dir", "/a");
    for (int i = 0; i < 1000; i++) {
        char path[16];
        snprintf(path, sizeof path, "/%d", i);
        permit_path(many, "SystemIO", "allow_scratch_dir", path);
    }
    short_program = compile(one);
    long_program = compile(many);
    assert_int_equal(es_program_length(long_program), es_program_length(short_program));
    es_program_free(short_program);
    es_program_free(long_program);
    es_policy_free(one);
    es_policy_free(many);
}

/* ---- Arguments ---- */

static void test_arguments_out_of_range(void **state)
{
    static const char *const relative[] = {"", "srv", "./srv", "../srv", "~/srv", " /srv"};
    static const int32_t ports[] = {-1, INT32_MIN, 65536, INT32_MAX};
    uint32_t reading = permission_of("SystemIO", "allow_read_path");
    uint32_t files = permission_of("SystemIO", "allow_dns_files");
    uint32_t clients = permission_of("Networking", "allow_start_tcp_clients");
    es_policy *policy = new_policy(0);
    es_call connecting = call_of(0, number_of(0, "connect"), 3, 0, 0);
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(relative); i++) {
        assert_int_equal(try_permit_path(policy, reading, relative[i], &error), ES_ERR_ARGUMENT);
        assert_error(&error, ES_ERR_ARGUMENT, "absolute");
        assert_int_equal(try_permit_path(policy, files, relative[i], &error), ES_ERR_ARGUMENT);
    }
    assert_int_equal(try_permit_path(policy, reading, NULL, &error), ES_ERR_ARGUMENT);
    for (size_t i = 0; i < COUNT(ports); i++) {
        assert_int_equal(try_permit_port(policy, clients, ports[i], &error), ES_ERR_ARGUMENT);
        assert_error(&error, ES_ERR_ARGUMENT, "0 to 65535");
    }
    assert_int_equal(es_policy_decide(policy, &connecting, 0), DENIED(EPERM));
    assert_int_equal(es_policy_limited_rights(policy), 0);
    assert_int_equal(try_permit_port(policy, clients, 65535, NULL), ES_OK);
    assert_int_equal(try_permit_port(policy, clients, 0, NULL), ES_OK);
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_PORTS);
    es_policy_free(policy);
}

static void test_arguments_of_another_kind(void **state)
{
    static const struct {
        const char *ruleset, *permission, *words;
        uint32_t takes;
        bool may_lack;
    } cases[] = {
        {"SystemIO", "allow_read_path", "takes a path", ES_TAKES_PATH, false},
        {"SystemIO", "allow_python_files", "takes a path", ES_TAKES_FILES, true},
        {"Networking", "allow_start_tcp_servers", "takes a port", ES_TAKES_PORT, true},
        {"SystemIO", "allow_file_read", "takes a descriptor", ES_TAKES_DESCRIPTOR, false},
        {"SystemIO", "allow_open", "takes no argument", ES_TAKES_NOTHING, true},
    };
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t permission = permission_of(cases[i].ruleset, cases[i].permission);
        es_policy *policy = new_policy(0);
        for (uint32_t kind = ES_TAKES_NOTHING; kind < ES_TAKES_FILES + 3; kind++) {
            es_argument given = {.size = sizeof given, .kind = kind, .port = 80, .path = "/srv"};
            bool good = kind == cases[i].takes || (kind == ES_TAKES_NOTHING && cases[i].may_lack);
            int status = es_policy_permit(policy, permission, &given, &error);
            assert_int_equal(status, good ? ES_OK : ES_ERR_ARGUMENT);
            if (status)
                assert_error(&error, status, cases[i].words);
        }
        assert_int_equal(es_policy_permit(policy, permission, NULL, &error),
                         cases[i].may_lack ? ES_OK : ES_ERR_ARGUMENT);
        es_policy_free(policy);
    }
}

static void test_a_path_is_copied(void **state)
{
    char path[] = "/srv";
    es_policy *policy = new_policy(0);
    es_error error = ES_ERROR_INIT;

    (void)state;
    permit_path(policy, "SystemIO", "allow_write_file", path);
    memset(path, '/', sizeof path - 1);
    permit(policy, "SystemIO", "allow_open");
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES);
    assert_int_equal(es_policy_check(policy, &error), ES_ERR_CONTRADICTION);
    assert_string_equal(error.limited_by.argument.path, "/srv");
    es_policy_free(policy);
}

/* ---- Contradictions ---- */

/* The error about something that is limited on a path or a port. */
static es_error contradiction_of(const es_policy *policy)
{
    es_error error = ES_ERROR_INIT;

    assert_int_equal(es_policy_check(policy, &error), ES_ERR_CONTRADICTION);
    assert_error(&error, ES_ERR_CONTRADICTION,
                 error.right < ES_RIGHT_PAST_PATHS ? "everywhere: remove one of them"
                                                   : "bypass the limits on p");
    assert_int_equal(error.allowed_by_count, 1);
    assert_int_equal(error.errnum, 0);
    assert_null(error.operation);
    return error;
}

static void assert_origin(const es_origin *origin, const char *ruleset, const char *permission,
                          uint32_t kind)
{
    assert_int_equal(origin->kind, ES_ORIGIN_PERMISSION);
    assert_int_equal(origin->permission, permission_of(ruleset, permission));
    assert_int_equal(origin->argument.kind, kind);
}

static void test_writing_in_one_place_and_everywhere(void **state)
{
    es_policy *policy = new_policy(0);
    es_error error;

    (void)state;
    permit_path(policy, "SystemIO", "allow_read_path", "/etc");
    permit_path(policy, "SystemIO", "allow_write_file", "/srv");
    permit_path(policy, "SystemIO", "allow_write_file", "/var");
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    permit(policy, "SystemIO", "allow_open");
    error = contradiction_of(policy);
    /* The first of what is limited, and of it the lowest right. */
    assert_int_equal(error.right, ES_RIGHT_READ_FILE);
    assert_int_equal(error.call, -1);
    assert_origin(&error.limited_by, "SystemIO", "allow_read_path", ES_TAKES_PATH);
    assert_string_equal(error.limited_by.argument.path, "/etc");
    assert_origin(&error.allowed_by[0], "SystemIO", "allow_open", ES_TAKES_NOTHING);
    assert_error(&error, ES_ERR_CONTRADICTION, "read files");
    assert_error(&error, ES_ERR_CONTRADICTION, "SystemIO.allow_read_path of /etc");
    es_policy_free(policy);
}

static void test_the_root_contradicts_another_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(roots) + COUNT(no_roots); i++) {
        bool root = i < COUNT(roots);
        const char *path = root ? roots[i] : no_roots[i - COUNT(roots)];
        es_policy *policy = new_policy(0);
        permit_path(policy, "SystemIO", "allow_remove_file", path);
        permit_path(policy, "SystemIO", "allow_remove_file", "/srv");
        if (root) {
            es_error error = contradiction_of(policy);
            assert_int_equal(error.right, ES_RIGHT_REMOVE_FILE);
            assert_string_equal(error.limited_by.argument.path, "/srv");
            assert_string_equal(error.allowed_by[0].argument.path, path);
        } else {
            assert_int_equal(es_policy_check(policy, NULL), ES_OK);
        }
        es_policy_free(policy);
    }
}

static void test_ports_and_all_ports(void **state)
{
    es_policy *policy = new_policy(0);
    es_error error;

    (void)state;
    permit_port(policy, "Networking", "allow_start_tcp_clients", 443);
    permit_port(policy, "Networking", "allow_start_tcp_servers", 0);
    permit(policy, "Networking", "allow_start_udp_servers");
    permit(policy, "Networking", "allow_name_lookup");
    permit(policy, "Networking", "allow_start_unix_servers");
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    permit(policy, "Networking", "allow_start_tcp_servers");
    error = contradiction_of(policy);
    assert_int_equal(error.right, ES_RIGHT_BIND_TCP);
    assert_origin(&error.limited_by, "Networking", "allow_start_tcp_servers", ES_TAKES_PORT);
    assert_int_equal(error.limited_by.argument.port, 0);
    assert_origin(&error.allowed_by[0], "Networking", "allow_start_tcp_servers", ES_TAKES_NOTHING);
    assert_error(&error, ES_ERR_CONTRADICTION, "Networking.allow_start_tcp_servers of port 0");
    es_policy_free(policy);
}

/* Every program may be started, unless some are named. */
static void test_what_yields(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    permit(policy, "ForkAndExec", "");
    permit_path(policy, "SystemIO", "allow_list_dir", "/srv");
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    assert_int_equal(es_policy_rights_everywhere(policy), ES_RIGHT_EXECUTE);
    permit_path(policy, "ForkAndExec", "allow_execute_path", "/bin/true");
    assert_int_equal(es_policy_rights_everywhere(policy), 0);
    permit(policy, "ForkAndExec", "");
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    permit_path(policy, "ForkAndExec", "allow_execute_path", "/");
    assert_int_equal(contradiction_of(policy).right, ES_RIGHT_EXECUTE);
    es_policy_free(policy);
}

static void test_sets_promise_nothing(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    permit_path(policy, "SystemIO", "allow_python_files", "/usr/lib");
    permit_path(policy, "SystemIO", "allow_scratch_dir", "/srv");
    permit(policy, "SystemIO", "allow_open_readonly");
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    permit_path(policy, "SystemIO", "allow_list_dir", "/etc");
    assert_int_equal(contradiction_of(policy).right, ES_RIGHT_READ_DIR);
    es_policy_free(policy);
}

/* ---- Rules ---- */

static es_policy *beside(const char *ruleset, const char *permission, bool port)
{
    es_policy *policy = new_policy(0);

    if (port)
        permit_port(policy, ruleset, permission, 443);
    else
        permit_path(policy, ruleset, permission, "/srv");
    return policy;
}

/* What a call can do counts, whatever the condition of the rule is. */
static void test_rules_grant_what_their_calls_can_do(void **state)
{
    static const struct {
        const char *permission, *call;
        bool port;
        uint32_t right; /* 0: no contradiction */
    } cases[] = {
        {"allow_write_file", "openat", false, ES_RIGHT_WRITE_FILE},
        {"allow_read_path", "openat", false, ES_RIGHT_READ_FILE},
        {"allow_create_dir", "openat", false, 0},
        {"allow_create_dir", "renameat2", false, ES_RIGHT_MAKE_DIR},
        {"allow_write_file", "mkdirat", false, 0},
        {"allow_write_file", "read", false, 0},
        {"allow_list_dir", "chroot", false, ES_RIGHT_PAST_PATHS},
        {"allow_list_dir", "open_by_handle_at", false, ES_RIGHT_PAST_PATHS},
        {"allow_list_dir", "setns", false, ES_RIGHT_PAST_PATHS},
        {"allow_list_dir", "io_uring_setup", false, ES_RIGHT_PAST_PATHS},
        {"allow_start_tcp_servers", "io_uring_enter", true, ES_RIGHT_PAST_PORTS},
        {"allow_list_dir", "io_uring_enter", false, ES_RIGHT_PAST_PATHS},
        {"allow_list_dir", "socket", false, 0},
        {"allow_start_tcp_clients", "connect", true, ES_RIGHT_CONNECT_TCP},
        {"allow_start_tcp_clients", "bind", true, 0},
        {"allow_start_tcp_clients", "socket", true, ES_RIGHT_PAST_PORTS},
        {"allow_start_tcp_servers", "sendmmsg", true, ES_RIGHT_PAST_PORTS},
        {"allow_start_tcp_servers", "setns", true, ES_RIGHT_PAST_PORTS},
        {"allow_start_tcp_servers", "chroot", true, 0},
    };
    const es_comparison one = comparison(0, ES_EQUAL, 5);

    (void)state;
    for (size_t i = 0; i < COUNT(cases) * 2; i++) {
        const char *ruleset = cases[i / 2].port ? "Networking" : "SystemIO";
        int32_t number = number_of(0, cases[i / 2].call);
        es_policy *policy = beside(ruleset, cases[i / 2].permission, cases[i / 2].port);
        bool conditional = i % 2 && es_comparison_check(0, number, &one, NULL) == ES_OK;
        uint32_t limited = es_policy_limited_rights(policy);
        es_error error;
        allow_uniting(policy, number, &one, conditional);
        if (!cases[i / 2].right) {
            /* Of ports, what the rule can do is not limited any more. */
            assert_int_equal(es_policy_check(policy, NULL), ES_OK);
            if (!cases[i / 2].port)
                assert_int_equal(es_policy_limited_rights(policy), limited);
        } else {
            error = contradiction_of(policy);
            assert_int_equal(error.right, cases[i / 2].right);
            assert_int_equal(error.call, number);
            assert_int_equal(error.allowed_by[0].kind,
                             conditional ? ES_ORIGIN_CONDITIONAL : ES_ORIGIN_SIMPLE);
            assert_origin(&error.limited_by, ruleset, cases[i / 2].permission,
                          cases[i / 2].port ? ES_TAKES_PORT : ES_TAKES_PATH);
        }
        es_policy_free(policy);
    }
}

/* Of calls, too, an error names the path: the permission is not to be had without. */
static void test_who_allows_a_call_that_a_rule_limits(void **state)
{
    es_policy *policy = new_policy(0);
    es_error error = ES_ERROR_INIT;

    (void)state;
    permit_path(policy, "SystemIO", "allow_list_dir", "/etc");
    permit_path(policy, "SystemIO", "allow_create_dir", "/srv");
    permit_path(policy, "SystemIO", "allow_create_dir", "/var");
    allow_if(policy, number_of(0, "mkdirat"), comparison(0, ES_EQUAL, 5));
    assert_int_equal(es_policy_check(policy, &error), ES_ERR_CONTRADICTION);
    assert_int_equal(error.call, number_of(0, "mkdirat"));
    assert_int_equal(error.right, 0);
    assert_int_equal(error.limited_by.kind, ES_ORIGIN_CONDITIONAL);
    assert_origin(&error.allowed_by[0], "SystemIO", "allow_create_dir", ES_TAKES_PATH);
    assert_string_equal(error.allowed_by[0].argument.path, "/srv");
    es_policy_free(policy);
}

static void test_rules_alone_limit_nothing(void **state)
{
    es_policy *policy = new_policy(0);

    (void)state;
    allow(policy, number_of(0, "openat"), NULL, 0);
    allow(policy, number_of(0, "connect"), NULL, 0);
    allow(policy, number_of(0, "unshare"), NULL, 0);
    assert_int_equal(es_policy_limited_rights(policy), 0);
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    /* "/" is no limit that something could go past. */
    permit_path(policy, "SystemIO", "allow_read_path", "/");
    assert_int_equal(es_policy_limited_rights(policy), 0);
    assert_int_equal(es_policy_check(policy, NULL), ES_OK);
    es_policy_free(policy);
}

/* ---- ABIs ---- */

static uint32_t decide(uint32_t abi, const char *call)
{
    es_policy *policy = new_policy(0);
    es_call asked = call_of(0, number_of(0, call), 0, 0, 0);
    uint32_t decision;

    assert_int_equal(es_policy_set_landlock_abi(policy, abi, NULL), ES_OK);
    permit_path(policy, "SystemIO", "allow_write_file", "/srv");
    decision = es_policy_decide(policy, &asked, 0);
    /* What has to be limited is the same, and so are contradictions. */
    assert_int_equal(es_policy_limited_rights(policy), ALL_ON_FILES);
    permit(policy, "SystemIO", "allow_open");
    assert_int_equal(es_policy_check(policy, NULL), ES_ERR_CONTRADICTION);
    es_policy_free(policy);
    return decision;
}

static void test_what_an_abi_cannot_limit_is_not_allowed(void **state)
{
    es_policy *policy = new_policy(0);
    es_error error = ES_ERROR_INIT;

    (void)state;
    for (uint32_t abi = 0; abi <= ES_LANDLOCK_ABI; abi++) {
        assert_int_equal(decide(abi, "truncate"), abi < 3 ? DENIED(EPERM) : ES_ACTION_ALLOW);
        assert_int_equal(decide(abi, "creat"), ES_ACTION_ALLOW);
    }
    assert_int_equal(es_policy_set_landlock_abi(policy, ES_LANDLOCK_ABI + 1, &error),
                     ES_ERR_ARGUMENT);
    assert_error(&error, ES_ERR_ARGUMENT, "ABI");
    assert_int_equal(es_policy_set_landlock_abi(policy, UINT32_MAX, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_policy_set_landlock_abi(NULL, 1, &error), ES_ERR_ARGUMENT);
    es_policy_free(policy);
}

static void test_rights_of_abis(void **state)
{
    static const uint32_t added[] = {
        0, ES_RIGHT_REFER - 1, ES_RIGHT_REFER, ES_RIGHT_TRUNCATE, ALL_ON_PORTS,
        ES_RIGHT_IOCTL_DEV, 0, 0,
    };
    static const char *const kernels[] = {"", "5.13", "5.19", "6.2", "6.7", "6.10", "6.12", "6.15"};
    uint32_t rights = 0;

    (void)state;
    for (uint32_t abi = 0; abi <= ES_LANDLOCK_ABI; abi++) {
        rights |= added[abi];
        assert_int_equal(es_rights_of_abi(abi), rights);
        assert_string_equal(es_linux_of_abi(abi), kernels[abi]);
    }
    /* One that is newer has all that is known. */
    assert_int_equal(es_rights_of_abi(ES_LANDLOCK_ABI + 1), rights);
    assert_int_equal(es_rights_of_abi(UINT32_MAX), rights);
    assert_string_equal(es_linux_of_abi(ES_LANDLOCK_ABI + 1), "");
    assert_string_equal(es_linux_of_abi(UINT32_MAX), "");
    assert_int_equal(rights, ALL_ON_FILES | ALL_ON_PORTS);
}

static void test_words_of_rights(void **state)
{
    uint32_t known = ALL_ON_FILES | ALL_ON_PORTS | ES_RIGHT_PAST_PATHS | ES_RIGHT_PAST_PORTS;

    (void)state;
    assert_string_equal(es_right_words(0), "");
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *words = es_right_words(1u << bit);
        assert_int_equal(*words != 0, known >> bit & 1);
        for (unsigned other = 0; other < bit; other++)
            if (*words)
                assert_string_not_equal(words, es_right_words(1u << other));
        /* Of several it is the lowest. */
        assert_string_equal(es_right_words(UINT32_MAX << bit), words);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_path_limits_all_paths),
        cmocka_unit_test(test_the_root_limits_nothing),
        cmocka_unit_test(test_writing_everywhere_is_no_creating_and_no_reading),
        cmocka_unit_test(test_ports_limit_what_has_none),
        cmocka_unit_test(test_sets_with_nothing_in_them),
        cmocka_unit_test(test_a_second_path_adds_no_calls),
        cmocka_unit_test(test_arguments_out_of_range),
        cmocka_unit_test(test_arguments_of_another_kind),
        cmocka_unit_test(test_a_path_is_copied),
        cmocka_unit_test(test_writing_in_one_place_and_everywhere),
        cmocka_unit_test(test_the_root_contradicts_another_path),
        cmocka_unit_test(test_ports_and_all_ports),
        cmocka_unit_test(test_what_yields),
        cmocka_unit_test(test_sets_promise_nothing),
        cmocka_unit_test(test_rules_grant_what_their_calls_can_do),
        cmocka_unit_test(test_who_allows_a_call_that_a_rule_limits),
        cmocka_unit_test(test_rules_alone_limit_nothing),
        cmocka_unit_test(test_what_an_abi_cannot_limit_is_not_allowed),
        cmocka_unit_test(test_rights_of_abis),
        cmocka_unit_test(test_words_of_rights),
    };
    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
