/* The arena as it is shipped: pieces share a block. The other tests give every piece its own. */
#include "support.h"

#include <string.h>

#undef ES_BLOCK_SIZE
#define ES_BLOCK_SIZE 512
#include "base/arena.c"

static bool is_filled(const unsigned char *piece, size_t size, unsigned char with)
{
    for (size_t i = 0; i < size; i++)
        if (piece[i] != with)
            return false;
    return true;
}

/* Small ones, some that need a block of their own, and some that just do not fit any more. */
static size_t size_of(unsigned number)
{
    static const size_t sizes[] = {1, 16, 40, 63, 64, 65, 200, 511, 512, 513, 5000, 8};

    return sizes[number % COUNT(sizes)];
}

static void test_pieces_do_not_overlap(void **state)
{
    enum { PIECES = 240 };
    unsigned char *pieces[PIECES];
    es_arena arena = {0};

    (void)state;
    for (unsigned i = 0; i < PIECES; i++) {
        pieces[i] = es_arena_take(&arena, size_of(i));
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)i, size_of(i));
    }
    for (unsigned i = 0; i < PIECES; i++)
        assert_true(is_filled(pieces[i], size_of(i), (unsigned char)i));
    es_arena_free(&arena);
}

static void test_what_grows_keeps_its_contents(void **state)
{
    enum { ARRAYS = 3, TIMES = 12 };
    unsigned char *arrays[ARRAYS] = {0};
    size_t size = 0;
    es_arena arena = {0};

    (void)state;
    for (unsigned i = 0; i < TIMES; i++) {
        size_t larger = (size_t)8 << i;
        for (unsigned j = 0; j < ARRAYS; j++) {
            arrays[j] = es_arena_grow(&arena, arrays[j], size, larger);
            assert_non_null(arrays[j]);
            assert_true(is_filled(arrays[j], size, (unsigned char)(j + 1)));
            memset(arrays[j], (int)j + 1, larger);
        }
        size = larger;
    }
    for (unsigned j = 0; j < ARRAYS; j++)
        assert_true(is_filled(arrays[j], size, (unsigned char)(j + 1)));
    es_arena_free(&arena);
}

static void test_small_pieces_share_a_block(void **state)
{
    es_arena arena = {0};
    char *first = es_arena_take(&arena, 1), *second = es_arena_take(&arena, 1);

    (void)state;
    assert_ptr_equal(second, first + ALIGNMENT);
    es_arena_free(&arena);
}

/* The whole compiler, with rules for many calls, in this arena: the program means the policy. */
static void test_a_filter_made_in_it(void **state)
{
    enum { CALLS = 300 };
    es_policy *policy = new_policy(0);
    es_program *program;

    (void)state;
    permit(policy, "SystemIO", "everything");
    for (uint32_t i = 0; i < CALLS; i++)
        allow_if(policy, (int32_t)(UNLISTED + i), comparison(0, ES_EQUAL, i));
    program = compile(policy);
    for (uint32_t i = 0; i < CALLS; i++) {
        for (uint32_t value = i; value < i + 2; value++) {
            es_call call = call_of(es_arch_native(), (int32_t)(UNLISTED + i), value, 0, 0);
            es_run run = run_of(program, &call);
            assert_int_equal(run.action == ES_ACTION_ALLOW, value == i);
        }
    }
    es_program_free(program);
    es_policy_free(policy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_do_not_overlap),
        cmocka_unit_test(test_what_grows_keeps_its_contents),
        cmocka_unit_test(test_small_pieces_share_a_block),
        cmocka_unit_test(test_a_filter_made_in_it),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
