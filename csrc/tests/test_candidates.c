/* What could be added to a policy: held against policies to which it was added. */
#include "allocation.h"
#include "support.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

enum { ALL_KNOWN = 0x3f, OWN_PID = 4242, GIVEN = 5, ROOM = 128 };

static es_candidates *new_candidates(const es_policy *policy)
{
    es_candidates *candidates = NULL;
    es_error error = ES_ERROR_INIT;

    if (es_candidates_new(policy, &candidates, &error))
        fail_msg("%s", error.message);
    return candidates;
}

/* Told the same path in the place of each argument, or none. */
static es_told told_of(const char *path, int32_t port)
{
    es_told told = {.size = sizeof told, .port = port};

    for (unsigned i = 0; i < 6; i++)
        told.paths[i] = told.whole[i] = path;
    return told;
}

static const char *code_of(const es_candidate *candidate, const es_told *told)
{
    static char code[512];

    assert_true(es_candidate_code(candidate, told, code, sizeof code) < sizeof code);
    return code;
}

/* The place of a candidate with this code, or -1. */
static int place_of(const char *code, const es_candidate *found, uint32_t count,
                    const es_told *told)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(code_of(&found[i], told), code) == 0)
            return (int)i;
    return -1;
}

/* ---- Against policies ---------------------------------------------------------------------- */

typedef void filler(es_policy *policy);

static void nothing(es_policy *policy)
{
    (void)policy;
}

static void basic(es_policy *policy)
{
    permit(policy, "BasicCapabilities", "");
}

static void promises(es_policy *policy)
{
    permit(policy, "BasicCapabilities", "");
    permit(policy, "SystemIO", "allow_stdout");
    permit_fd(policy, "SystemIO", "allow_file_read", 7);
    permit(policy, "SystemIO", "allow_open_readonly");
}

static void paths(es_policy *policy)
{
    permit(policy, "BasicCapabilities", "");
    permit(policy, "ForkAndExec", "");
    permit_path(policy, "SystemIO", "allow_read_path", "/srv/./a//");
    permit_path(policy, "SystemIO", "allow_scratch_dir", "/tmp");
    permit_path(policy, "SystemIO", "allow_dns_files", "/etc/hosts");
}

static void ports(es_policy *policy)
{
    permit(policy, "BasicCapabilities", "");
    permit_port(policy, "Networking", "allow_start_tcp_clients", 443);
}

static void much(es_policy *policy)
{
    permit(policy, "BasicCapabilities", "");
    permit(policy, "SystemIO", "everything");
    permit(policy, "Threads", "allow_create_threads");
}

/* All but one descriptor, whatever permissions say of that one. */
static void rules(es_policy *policy)
{
    const es_comparison write[] = {
        masked_comparison(0, 1, 0),
        masked_comparison(0, 2, 2),
        comparison(0, ES_LESS, 2),
        comparison(0, ES_GREATER, GIVEN),
    };

    permit(policy, "BasicCapabilities", "");
    allow_if(policy, number_of(0, "read"), comparison(0, ES_NOT_EQUAL, GIVEN));
    for (size_t i = 0; i < COUNT(write); i++)
        allow_uniting(policy, number_of(0, "write"), &write[i], 1);
    allow(policy, number_of(0, "mkdirat"), NULL, 0);
}

static filler *const fillers[] = {nothing, basic, promises, paths, ports, much, rules};

/* A policy with one permission more, as its users write it; NULL where they contradict. */
static es_policy *policy_with(filler *fill, uint32_t permission, const es_argument *argument)
{
    es_policy *policy = new_policy(0);
    es_permission_info info;
    es_ruleset_info ruleset;
    int32_t itself;

    fill(policy);
    es_permission_get(permission, &info, sizeof info);
    es_ruleset_get(info.ruleset, &ruleset, sizeof ruleset);
    itself = es_permission_find(ruleset.name, "");
    if (itself >= 0)
        assert_int_equal(es_policy_permit(policy, (uint32_t)itself, NULL, NULL), ES_OK);
    assert_int_equal(es_policy_permit(policy, permission, argument, NULL), ES_OK);
    if (es_policy_check(policy, NULL) == ES_OK)
        return policy;
    es_policy_free(policy);
    return NULL;
}

static bool is_allowed(const es_policy *policy, const es_call *call, const es_told *told)
{
    return policy && es_policy_decide(policy, call, OWN_PID) == ES_ACTION_ALLOW &&
           es_policy_refuses(policy, call, ALL_KNOWN, told) == 0;
}

static uint64_t datum_of(const es_comparison *it)
{
    switch (it->source) {
    case ES_DATUM_GIVEN:
        return GIVEN;
    case ES_DATUM_OWN_PID:
        return OWN_PID;
    default:
        return it->op == ES_NOT_EQUAL || it->op == ES_MASKED_NOT_EQUAL ? 0 : it->datum;
    }
}

/* Calls of the table that nothing leaves open, a few of each. */
typedef struct {
    es_call calls[4096];
    uint32_t count;
} call_list;

static void list_calls(call_list *list)
{
    es_row_info row;

    list->count = 0;
    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++) {
        int32_t number = es_syscall_number(0, row.syscall);
        es_call call;
        bool is_new = true;
        if (number < 0)
            continue;
        call = call_of(0, number, 0, 0, 0);
        for (uint32_t j = 0; j < row.comparison_count; j++)
            call.args[row.comparisons[j].argument] |= datum_of(&row.comparisons[j]);
        for (uint32_t j = 0; j < list->count && is_new; j++)
            is_new = memcmp(&list->calls[j], &call, sizeof call) != 0;
        if (is_new && list->count < COUNT(list->calls))
            list->calls[list->count++] = call;
    }
    assert_true(list->count > 300 && list->count < COUNT(list->calls));
}

static const char *parent(const char *path)
{
    return strcmp(path, "/etc/hosts") == 0 ? "/etc" : strcmp(path, "/srv/a") == 0 ? "/srv" : "/";
}

/* What a permission is told for calls on this path and port; in_directory: of the path. */
static es_argument argument_for(uint32_t permission, const char *path, int32_t port,
                                bool in_directory)
{
    es_argument argument = something(permission, GIVEN, true);

    if (argument.kind == ES_TAKES_PATH || argument.kind == ES_TAKES_FILES)
        argument.path = in_directory ? parent(path) : path;
    if (argument.kind == ES_TAKES_PORT)
        argument.port = port;
    return argument;
}

/* Rights of landlock(7), all that a permission grants. */
static uint32_t rights_of(uint32_t permission)
{
    es_row_info row;
    uint32_t rights = 0;

    for (uint32_t i = 0; es_row_get(i, &row, sizeof row) == ES_OK; i++)
        if (row.permission == permission && row.kind == ES_ROW_INCLUDE)
            rights |= rights_of(row.included);
        else if (row.permission == permission)
            rights |= row.rights;
    return rights;
}

/* Is it meant for a call whose paths are all told and found?  See es_candidates_for(). */
static bool is_meant(uint32_t permission, const es_call *call)
{
    static const uint32_t reading = ES_RIGHT_READ_FILE | ES_RIGHT_READ_DIR | ES_RIGHT_EXECUTE;
    static const uint32_t neither = ES_RIGHT_IOCTL_DEV | ES_RIGHT_REFER | ES_RIGHT_CONNECT_TCP |
                                    ES_RIGHT_BIND_TCP;
    static uint32_t rights[ROOM];
    es_permission_info info;
    es_use uses[ES_USES];
    uint32_t used = 0;
    int count = es_call_uses(call, ALL_KNOWN, uses);

    assert_true(permission < ROOM);
    es_permission_get(permission, &info, sizeof info);
    if (!rights[permission])
        rights[permission] = rights_of(permission);
    for (int i = 0; i < count; i++)
        used |= uses[i].rights ? uses[i].rights : reading;
    if (info.takes == ES_TAKES_PATH && !(used & rights[permission]))
        return false;
    return !used || (used & ~reading) || !(rights[permission] & ~(reading | neither));
}

static bool has_meant(const es_candidate *found, uint32_t count, const es_call *call)
{
    for (uint32_t i = 0; i < count; i++)
        if (is_meant(found[i].permission, call))
            return true;
    return false;
}

static const es_candidate *find(uint32_t permission, const es_candidate *found, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (found[i].permission == permission)
            return &found[i];
    return NULL;
}

/* Hold one permission against all calls that the policy denies.  Returns how often it helps. */
static unsigned check_permission(filler *fill, const es_policy *policy,
                                 const es_candidates *candidates, const call_list *list,
                                 uint32_t permission, const char *path, int32_t port)
{
    es_argument whole = argument_for(permission, path, port, false);
    es_argument above = argument_for(permission, path, port, true);
    es_argument none = something(permission, GIVEN, false);
    es_policy *at = policy_with(fill, permission, &whole);
    es_policy *in = policy_with(fill, permission, &above);
    es_policy *plain = whole.kind == ES_TAKES_PORT ? policy_with(fill, permission, &none) : NULL;
    es_told told = told_of(path, port);
    unsigned helped = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        const es_call *call = &list->calls[i];
        es_candidate found[ROOM];
        const es_candidate *one;
        uint32_t count;
        bool fits, left_out;
        if (is_allowed(policy, call, &told))
            continue;
        count = es_candidates_for(candidates, call, ALL_KNOWN, &told, OWN_PID, found, ROOM, NULL);
        assert_true(count <= ROOM);
        one = find(permission, found, count);
        if (one && whole.kind == ES_TAKES_DESCRIPTOR && one->number != GIVEN)
            continue;
        if (one && one->kind == ES_CANDIDATE_PARENT)
            fits = is_allowed(in, call, &told);
        else if (one && one->kind == ES_CANDIDATE_PLAIN && whole.kind == ES_TAKES_PORT)
            fits = is_allowed(plain, call, &told);
        else
            fits = is_allowed(at, call, &told);
        if (one && !fits)
            fail_msg("%s does not allow call %d", code_of(one, &told), call->nr);
        helped += one != NULL;
        left_out = !is_meant(permission, call) && has_meant(found, count, call);
        if (one && left_out)
            fail_msg("%s is not meant for call %d", code_of(one, &told), call->nr);
        if (!one && fits && !left_out &&
            es_permission_accepts(permission, call, ALL_KNOWN, &whole, OWN_PID) == ES_YES)
            fail_msg("permission %u would allow call %d", permission, call->nr);
    }
    es_policy_free(at);
    es_policy_free(in);
    es_policy_free(plain);
    return helped;
}

static void check_policy(filler *fill, const call_list *list, const char *path, int32_t port)
{
    es_policy *policy = new_policy(0);
    es_candidates *candidates;
    es_permission_info info;
    unsigned helped = 0;

    fill(policy);
    candidates = new_candidates(policy);
    for (uint32_t i = 0; es_permission_get(i, &info, sizeof info) == ES_OK; i++)
        if (info.takes == ES_TAKES_FILES)
            assert_int_equal(es_candidates_add_file(candidates, i, path, NULL), ES_OK);
    for (uint32_t i = 0; es_permission_get(i, &info, sizeof info) == ES_OK; i++)
        if (info.is_public)
            helped += check_permission(fill, policy, candidates, list, i, path, port);
    assert_true(helped > 50);
    es_candidates_free(candidates);
    es_policy_free(policy);
}

static void test_candidates_allow_and_nothing_else_does(void **state)
{
    static call_list list;
    static const struct {
        const char *path;
        int32_t port;
    } places[] = {{"/etc/hosts", 443}, {"/srv/a", 80}, {"/", 80}};

    (void)state;
    list_calls(&list);
    for (size_t i = 0; i < COUNT(fillers); i++)
        for (size_t j = 0; j < COUNT(places); j++)
            check_policy(fillers[i], &list, places[j].path, places[j].port);
}

/* ---- One by one ---------------------------------------------------------------------------- */

typedef struct {
    es_policy *policy;
    es_candidates *candidates;
    es_candidate found[ROOM];
    uint32_t count;
    int undecided;
} asked;

static asked ask(filler *fill)
{
    asked it = {.policy = new_policy(0)};

    fill(it.policy);
    it.candidates = new_candidates(it.policy);
    return it;
}

static void done(asked *it)
{
    es_candidates_free(it->candidates);
    es_policy_free(it->policy);
}

static void look(asked *it, const es_call *call, unsigned known, const es_told *told)
{
    it->count = es_candidates_for(it->candidates, call, known, told, OWN_PID, it->found, ROOM,
                                  &it->undecided);
}

#define ASSERT_FIRST(it, told, code)                                                               \
    (assert_true((it).count > 0), assert_string_equal(code_of((it).found, told), code))

static bool names(const asked *it, const es_told *told, const char *code)
{
    return place_of(code, it->found, it->count, told) >= 0;
}

static void test_the_narrowest_comes_first(void **state)
{
    asked it = ask(basic);
    es_call call = call_of(0, number_of(0, "write"), 1, 0, 0);
    es_call control = call_of(0, number_of(0, "ioctl"), 1, TCGETS, 0);
    uint32_t all;
    es_candidate one = {.permission = UINT32_MAX};

    (void)state;
    look(&it, &call, ALL_KNOWN, NULL);
    ASSERT_FIRST(it, NULL, "SystemIO().allow_file_write(1)");
    assert_string_equal(code_of(&it.found[it.count - 1], NULL), "SystemIO.everything()");
    assert_true(names(&it, NULL, "SystemIO().allow_stdout()"));
    look(&it, &control, ALL_KNOWN, NULL);
    ASSERT_FIRST(it, NULL, "SystemIO().allow_stdout()");
    look(&it, &call, ALL_KNOWN, NULL);
    all = es_candidates_for(it.candidates, &call, ALL_KNOWN, NULL, OWN_PID, NULL, 0, NULL);
    assert_int_equal(all, it.count);
    all = es_candidates_for(it.candidates, &call, ALL_KNOWN, NULL, OWN_PID, &one, 1, NULL);
    assert_int_equal(all, it.count);
    assert_memory_equal(&one, it.found, sizeof one);
    done(&it);
}

static void test_paths_that_are_told(void **state)
{
    asked it = ask(basic);
    es_call call = call_of(0, number_of(0, "openat"), (uint64_t)-100, 0, 0);
    es_told told = {.size = sizeof told, .port = -1};

    (void)state;
    look(&it, &call, ALL_KNOWN, NULL);
    assert_true(names(&it, NULL, "SystemIO().allow_read_path(...)"));
    told.paths[1] = "hosts";
    look(&it, &call, ALL_KNOWN, &told);
    assert_true(names(&it, &told, "SystemIO().allow_read_path(...)"));
    told.whole[1] = "/etc/hosts";
    look(&it, &call, ALL_KNOWN, &told);
    ASSERT_FIRST(it, &told, "SystemIO().allow_read_path('/etc/hosts')");
    assert_false(names(&it, &told, "SystemIO().allow_read_path(...)"));
    assert_false(names(&it, &told, "SystemIO().allow_scratch_dir('/etc')"));
    assert_false(names(&it, &told, "SystemIO().allow_dns_files()"));
    assert_int_equal(es_candidates_add_file(it.candidates,
                                            permission_of("SystemIO", "allow_dns_files"),
                                            "/etc//./hosts", NULL),
                     ES_OK);
    look(&it, &call, ALL_KNOWN, &told);
    assert_true(names(&it, &told, "SystemIO().allow_dns_files()"));
    told.whole[1] = "/etc/passwd";
    look(&it, &call, ALL_KNOWN, &told);
    assert_false(names(&it, &told, "SystemIO().allow_dns_files()"));
    call.nr = number_of(0, "newfstatat"); /* which landlock(7) does not judge */
    look(&it, &call, ALL_KNOWN, &told);
    assert_false(names(&it, &told, "SystemIO().allow_dns_files()"));
    told.whole[1] = "/etc/hosts";
    look(&it, &call, ALL_KNOWN, &told);
    assert_true(names(&it, &told, "SystemIO().allow_dns_files()"));
    call.nr = number_of(0, "mkdirat");
    told.whole[1] = "/new";
    look(&it, &call, ALL_KNOWN, &told);
    ASSERT_FIRST(it, &told, "SystemIO().allow_create_dir('/')");
    done(&it);
}

static void look_at(asked *it, const char *name, uint64_t first, const es_told *told)
{
    es_call call = call_of(0, number_of(0, name), first, 0, 0);

    look(it, &call, ALL_KNOWN, told);
    assert_true(it->count > 0);
}

static bool names_any(const asked *it, const es_told *told, const char *part)
{
    for (uint32_t i = 0; i < it->count; i++)
        if (strstr(code_of(&it->found[i], told), part))
            return true;
    return false;
}

static void test_paths_are_for_calls_that_use_them(void **state)
{
    asked it = ask(basic), limited = ask(paths);
    es_told told = told_of("/etc/passwd", -1);

    (void)state;
    look_at(&it, "newfstatat", (uint64_t)-100, &told);
    ASSERT_FIRST(it, &told, "SystemIO().allow_metadata()");
    assert_false(names_any(&it, &told, "/"));
    look_at(&it, "close", GIVEN, NULL);
    ASSERT_FIRST(it, NULL, "SystemIO().allow_close()");
    assert_false(names_any(&it, NULL, "_dir("));
    assert_false(names_any(&it, NULL, "_files"));
    look_at(&it, "write", GIVEN, NULL);
    assert_false(names_any(&it, NULL, "_dir("));
    /* Opening for reading. */
    look_at(&it, "openat", (uint64_t)-100, &told);
    ASSERT_FIRST(it, &told, "SystemIO().allow_read_path('/etc/passwd')");
    assert_true(names(&it, &told, "SystemIO().allow_open_readonly()"));
    assert_int_equal(it.count, 2);
    look_at(&it, "creat", 0, &told);
    assert_true(names(&it, &told, "SystemIO().allow_create_in_dir('/etc')"));
    assert_true(names(&it, &told, "SystemIO().allow_scratch_dir('/etc')"));
    /* Where nothing else is left. */
    look_at(&limited, "rename", 0, &told);
    assert_string_equal(code_of(&limited.found[0], &told), "SystemIO().allow_scratch_dir('/etc')");
    done(&it);
    done(&limited);
}

/* Both directories of a file that is moved, where neither is enough. */
static void test_two_directories(void **state)
{
    es_told told = told_of("/srv/a/b", -1);
    asked limited = ask(paths);

    (void)state;
    told.paths[1] = told.whole[1] = "/usr/b";
    look_at(&limited, "rename", 0, &told);
    assert_string_equal(code_of(&limited.found[0], &told),
                        "SystemIO().allow_scratch_dir('/srv/a', '/usr')");
    told.paths[1] = told.whole[1] = "/tmp/b";
    look_at(&limited, "rename", 0, &told);
    assert_string_equal(code_of(&limited.found[0], &told),
                        "SystemIO().allow_scratch_dir('/srv/a')");
    done(&limited);
}

static void test_sockets_are_for_calls_on_them(void **state)
{
    asked it = ask(promises);
    es_told told = {.size = sizeof told, .port = -1};

    (void)state;
    for (told.socket = ES_SOCKET_UNKNOWN; told.socket <= ES_SOCKET_NO; told.socket++) {
        look_at(&it, "write", GIVEN, &told);
        ASSERT_FIRST(it, &told, "SystemIO().allow_file_write(5)");
        assert_true(names_any(&it, &told, "Networking") == (told.socket != ES_SOCKET_NO));
    }
    /* Nothing else allows it. */
    told.socket = ES_SOCKET_NO;
    look_at(&it, "getsockname", GIVEN, &told);
    assert_true(names_any(&it, &told, "Networking"));
    done(&it);
}

/* A path narrows what ForkAndExec itself allows: it is no answer where no path is asked for. */
static void test_paths_that_narrow(void **state)
{
    asked it = ask(basic);
    es_call call = call_of(0, number_of(0, "execve"), 0, 0, 0);

    (void)state;
    look(&it, &call, ALL_KNOWN, NULL);
    ASSERT_FIRST(it, NULL, "ForkAndExec().allow_execute_path(...)");
    call.nr = number_of(0, "wait4");
    look(&it, &call, ALL_KNOWN, NULL);
    assert_true(names(&it, NULL, "ForkAndExec()"));
    assert_false(names(&it, NULL, "ForkAndExec().allow_execute_path(...)"));
    done(&it);
}

static void test_ports_that_are_told(void **state)
{
    asked it = ask(ports);
    es_call call = call_of(0, number_of(0, "connect"), 5, 0, 0);
    es_told told = {.size = sizeof told, .port = 443};

    (void)state;
    assert_int_equal(es_policy_refuses(it.policy, &call, ALL_KNOWN, &told), 0);
    told.port = 80;
    assert_int_equal(es_policy_refuses(it.policy, &call, ALL_KNOWN, &told), EACCES);
    look(&it, &call, ALL_KNOWN, &told);
    assert_true(names(&it, &told, "Networking().allow_start_tcp_clients(80)"));
    assert_false(names(&it, &told, "Networking().allow_start_tcp_clients()"));
    look(&it, &call, ALL_KNOWN, NULL);
    assert_true(names(&it, NULL, "Networking().allow_start_tcp_clients(...)"));
    done(&it);
}

static void test_what_is_not_known_is_said(void **state)
{
    asked it = ask(basic);
    es_call call = call_of(0, number_of(0, "clock_nanosleep"), 1, 0, 0);

    (void)state;
    look(&it, &call, 0, NULL);
    assert_int_equal(it.count, 0);
    assert_int_equal(it.undecided, 1);
    look(&it, &call, ALL_KNOWN, NULL);
    assert_true(it.count > 0);
    call.nr = number_of(0, "ptrace");
    look(&it, &call, ALL_KNOWN, NULL);
    assert_int_equal(it.count, 0);
    assert_int_equal(it.undecided, 0);
    done(&it);
}

/* Beside "all but 5", a permission for 5 lifts what it promises, and one for 6 does not. */
static void test_descriptors_that_rules_leave_out(void **state)
{
    asked it = ask(rules);
    es_call call = call_of(0, number_of(0, "read"), GIVEN, 0, 0);

    (void)state;
    look(&it, &call, ALL_KNOWN, NULL);
    assert_false(names(&it, NULL, "SystemIO().allow_file_read(5)"));
    call.nr = number_of(0, "pread64");
    look(&it, &call, ALL_KNOWN, NULL);
    assert_false(names(&it, NULL, "SystemIO().allow_file_read(5)"));
    call.args[0] = GIVEN + 1;
    look(&it, &call, ALL_KNOWN, NULL);
    ASSERT_FIRST(it, NULL, "SystemIO().allow_file_read(6)");
    call.nr = number_of(0, "write");
    call.args[0] = GIVEN;
    look(&it, &call, ALL_KNOWN, NULL);
    assert_false(names(&it, NULL, "SystemIO().allow_file_write(5)"));
    done(&it);
}

static void test_what_no_permission_changes(void **state)
{
    asked it = ask(basic);
    es_call call = call_of(0, number_of(0, "seccomp"), ES_QUESTION, 0, 0);

    (void)state;
    look(&it, &call, ALL_KNOWN, NULL);
    assert_int_equal(it.count, 0);
    call = call_of(FOREIGN_ARCH, number_of(0, "write"), 1, 0, 0);
    look(&it, &call, ALL_KNOWN, NULL);
    assert_int_equal(it.count, 0);
    call = call_of(0, 0x40000001, 1, 0, 0);
    look(&it, &call, ALL_KNOWN, NULL);
    assert_int_equal(it.count, 0);
    look(&it, NULL, ALL_KNOWN, NULL);
    assert_int_equal(it.count, 0);
    assert_int_equal(es_candidates_for(NULL, &call, 0, NULL, 0, NULL, 0, NULL), 0);
    done(&it);
}

static void test_wrong_arguments(void **state)
{
    asked it = ask(basic);
    es_candidates *other = NULL;
    uint32_t files = permission_of("SystemIO", "allow_dns_files");
    uint32_t path = permission_of("SystemIO", "allow_read_path");
    es_error error = ES_ERROR_INIT;

    (void)state;
    assert_int_equal(es_candidates_new(NULL, &other, &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_candidates_new(it.policy, NULL, &error), ES_ERR_ARGUMENT);
    assert_null(other);
    assert_int_equal(es_candidates_add_file(NULL, files, "/a", &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_candidates_add_file(it.candidates, path, "/a", &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_candidates_add_file(it.candidates, files, "a", &error), ES_ERR_ARGUMENT);
    assert_int_equal(es_candidates_add_file(it.candidates, files, NULL, &error), ES_ERR_ARGUMENT);
    es_candidates_free(NULL);
    done(&it);
}

/* ---- Code ---------------------------------------------------------------------------------- */

static void test_code(void **state)
{
    static const struct {
        const char *path, *code;
    } written[] = {
        {"/a b", "SystemIO().allow_read_path('/a b')"},
        {"/it's", "SystemIO().allow_read_path(\"/it's\")"},
        {"/'\"", "SystemIO().allow_read_path('/\\'\"')"},
        {"/a\n\\\x01", "SystemIO().allow_read_path('/a\\n\\\\\\x01')"},
        {"/\xc3\xa9\xff\xe2\x80\xae", "SystemIO().allow_read_path('/\xc3\xa9\\udcff\\u202e')"},
    };
    es_candidate it = {permission_of("SystemIO", "allow_read_path"), ES_CANDIDATE_PATH, 0, 1};
    es_told told = {.size = sizeof told, .port = -1};
    char small[8];

    (void)state;
    for (size_t i = 0; i < COUNT(written); i++) {
        told.whole[1] = written[i].path;
        assert_string_equal(code_of(&it, &told), written[i].code);
        assert_int_equal(es_candidate_code(&it, &told, NULL, 0), strlen(written[i].code));
        assert_int_equal(es_candidate_code(&it, &told, small, sizeof small),
                         strlen(written[i].code));
        assert_memory_equal(small, "SystemI", sizeof small);
    }
    it.kind = ES_CANDIDATE_PARENT;
    told.whole[1] = "/a";
    assert_string_equal(code_of(&it, &told), "SystemIO().allow_read_path('/')");
    assert_string_equal(code_of(&it, NULL), "SystemIO().allow_read_path(...)");
    it = (es_candidate){permission_of("ForkAndExec", ""), ES_CANDIDATE_PLAIN, 0, 0};
    assert_string_equal(code_of(&it, &told), "ForkAndExec()");
    it.permission = es_permission_count();
    assert_int_equal(es_candidate_code(&it, &told, NULL, 0), 0);
    assert_int_equal(es_candidate_code(NULL, &told, NULL, 0), 0);
}

/* ---- Memory -------------------------------------------------------------------------------- */

static void test_nothing_is_allocated(void **state)
{
    static call_list list;
    asked it = ask(paths);
    es_told told = told_of("/etc/../etc", 80);
    char code[512];

    (void)state;
    list_calls(&list);
    allocation_watch();
    for (uint32_t i = 0; i < list.count; i++) {
        look(&it, &list.calls[i], ALL_KNOWN, &told);
        look(&it, &list.calls[i], 0, NULL);
        es_policy_refuses(it.policy, &list.calls[i], ALL_KNOWN, &told);
        es_word_call_told(&list.calls[i], ALL_KNOWN, &told, code, sizeof code);
        for (uint32_t j = 0; j < it.count; j++)
            es_candidate_code(&it.found[j], &told, code, sizeof code);
    }
    assert_int_equal(allocation_count(), 0);
    done(&it);
}

static void test_memory_ends(void **state)
{
    es_policy *policy = new_policy(0);
    unsigned needed, failed = 0;

    (void)state;
    rules(policy);
    allocation_watch();
    es_candidates_free(new_candidates(policy));
    needed = allocation_count();
    assert_int_equal(allocation_balance(), 0);
    for (unsigned number = 0; number < needed; number += number < 200 ? 1 : needed / 100) {
        es_candidates *candidates = NULL;
        int status;
        allocation_fail_at(number, UINT32_MAX);
        status = es_candidates_new(policy, &candidates, NULL);
        allocation_count();
        assert_int_equal(allocation_balance(), 0);
        assert_int_equal(status, ES_ERR_NO_MEMORY);
        assert_null(candidates);
        failed++;
    }
    assert_true(failed > 200);
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_candidates_allow_and_nothing_else_does),
        cmocka_unit_test(test_the_narrowest_comes_first),
        cmocka_unit_test(test_paths_that_are_told),
        cmocka_unit_test(test_paths_are_for_calls_that_use_them),
        cmocka_unit_test(test_two_directories),
        cmocka_unit_test(test_sockets_are_for_calls_on_them),
        cmocka_unit_test(test_paths_that_narrow),
        cmocka_unit_test(test_ports_that_are_told),
        cmocka_unit_test(test_what_is_not_known_is_said),
        cmocka_unit_test(test_descriptors_that_rules_leave_out),
        cmocka_unit_test(test_what_no_permission_changes),
        cmocka_unit_test(test_wrong_arguments),
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_nothing_is_allocated),
        cmocka_unit_test(test_memory_ends),
    };
    return cmocka_run_group_tests_name("candidates", tests, NULL, NULL);
}
