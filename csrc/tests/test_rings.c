/* io_urings that are there before a filter is loaded, each in a process of its own. */
#include "child.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
    es_error error;
    int status, after; /* with the ring, and without */
} found;

static int new_ring(unsigned flags)
{
    struct io_uring_params parameters = {.flags = flags, .sq_thread_idle = 1000000};
    int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);

    REQUIRE(ring >= 0);
    return ring;
}

static void look(found *report)
{
    report->error.size = sizeof report->error;
    report->status = es_check_rings(&report->error);
}

static void no_ring(void *shared)
{
    look(shared);
}

static void open_ring(void *shared)
{
    int ring = new_ring(0);

    look(shared);
    close(ring);
    ((found *)shared)->after = es_check_rings(NULL);
}

static void mapped_ring(void *shared)
{
    int ring = new_ring(0);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, ring, IORING_OFF_SQ_RING);

    REQUIRE(map != MAP_FAILED);
    close(ring);
    look(shared);
    munmap(map, 4096);
    ((found *)shared)->after = es_check_rings(NULL);
}

/* Neither a descriptor nor a map: the ring is registered with the thread, and the kernel's thread
 * for it shows as soon as it runs. */
static void registered_ring(void *shared)
{
    int ring = new_ring(IORING_SETUP_SQPOLL);
    struct io_uring_rsrc_update update = {.offset = UINT32_MAX, .data = (unsigned)ring};

    REQUIRE(syscall(SYS_io_uring_register, ring, IORING_REGISTER_RING_FDS, &update, 1) == 1);
    close(ring);
    for (unsigned tries = 0; tries < 5000; tries++) {
        look(shared);
        if (((found *)shared)->status != ES_OK)
            break;
        usleep(1000);
    }
}

static bool kernel_has_rings(void)
{
    struct io_uring_params parameters = {.flags = 0};
    long ring = syscall(SYS_io_uring_setup, 4, &parameters);

    if (ring >= 0)
        close((int)ring);
    return ring >= 0;
}

static void test_rings_are_found(void **state)
{
    static void (*const bodies[])(void *) = {open_ring, mapped_ring, registered_ring};

    (void)state;
    if (!kernel_has_rings())
        cannot("this kernel makes no io_uring");
    for (size_t i = 0; i < COUNT(bodies); i++) {
        found *report = shared_memory(sizeof *report);
        in_good_child(bodies[i], report);
        assert_int_equal(report->status, ES_ERR_RING);
        assert_error(&report->error, ES_ERR_RING, "io_uring");
        assert_int_equal(report->error.errnum, 0);
        assert_int_equal(report->after, ES_OK);
    }
}

static void test_without_a_ring(void **state)
{
    found *report = shared_memory(sizeof *report);

    (void)state;
    report->status = -1;
    in_good_child(no_ring, report);
    assert_int_equal(report->status, ES_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rings_are_found),
        cmocka_unit_test(test_without_a_ring),
    };
    return cmocka_run_group_tests_name("rings", tests, NULL, NULL);
}
