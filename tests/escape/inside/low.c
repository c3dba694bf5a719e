/*
 * What an attacker does with machine code of his own, and sweeps that would be slow in Python.
 * A failure of the kernel comes back as a negative errno. x86-64 only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* ---- System calls, without a C library in between ---- */

static long raw(long number, const long a[6])
{
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* The i386 call of this number; its pointers have 32 bits. */
long low_int80(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c)
                     : "r8", "r9", "r10", "r11", "memory");
    return (int)result;
}

/* Memory below 4 GB, writable and executable. */
void *low_memory(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
}

/* ---- Sweeps ---- */

/* The answers to many numbers, all with the same arguments. */
long low_numbers(const long *numbers, long count, const long arguments[6], long *answers)
{
    for (long i = 0; i < count; i++)
        answers[i] = raw(numbers[i], arguments);
    return 0;
}

/*
 * A call with every combination of values in its arguments from `first` on. Four words go to found
 * for each that is not refused with EPERM: the values and the answer. A new descriptor is closed if
 * closes is set. Returns how many were found.
 */
long low_products(long number, const long arguments[6], int first, const long *x, int nx,
                 const long *y, int ny, const long *z, int nz, int closes, long *found, int room)
{
    long a[6], closing[6] = {0};
    int count = 0;

    memcpy(a, arguments, sizeof a);
    for (int i = 0; i < nx * ny * nz; i++) {
        a[first] = x[i / nz / ny];
        a[first + 1] = y[i / nz % ny];
        if (nz > 1)
            a[first + 2] = z[i % nz];
        long answer = raw(number, a);
        if (answer == -EPERM)
            continue;
        if (answer >= 0 && closes) {
            closing[0] = answer;
            raw(SYS_close, closing);
        }
        if (count < room) {
            long entry[4] = {a[first], a[first + 1], z[i % nz], answer};
            memcpy(found + 4 * count, entry, sizeof entry);
        }
        count++;
    }
    return count;
}

/* Many numbers, each in a child of its own; how the children ended, as wait4(2) tells. */
long low_in_children(int by_int80, const long *numbers, int count, int *statuses)
{
    static const long nothing[6];

    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child < 0)
            return -errno;
        if (child == 0) {
            if (by_int80)
                low_int80(numbers[i], 0, 0, 0);
            else
                raw(numbers[i], nothing);
            _exit(0);
        }
        if (waitpid(child, &statuses[i], 0) != child)
            return -errno;
    }
    return 0;
}

/* ---- Processes ---- */

/* A process that waits to be ended. */
long low_victim(void)
{
    pid_t child = fork();

    if (child < 0)
        return -errno;
    while (child == 0)
        pause();
    return child;
}

/* clone(2) or clone3(2) with these flags; the child looks where a link of /proc leads. */
long low_clone(int third, long flags, const char *link, char *target, size_t size)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } arguments = {.flags = (uint64_t)flags, .exit_signal = 17};
    long old[6] = {flags | 17}, new[6] = {(long)&arguments, sizeof arguments};
    long child = third ? raw(SYS_clone3, new) : raw(SYS_clone, old);

    if (child == 0) {
        long length = readlink(link, target, size);
        _exit(length < 0);
    }
    if (child > 0)
        waitpid((pid_t)child, NULL, 0);
    return child;
}

/* clone(2) of a child that ends at once; these flags hold the signal that its end sends.  place gets
 * what the kernel has to tell of the child. */
long low_short_life(long flags, int *place)
{
    static const long nothing[6];
    long a[6] = {flags, 0, (long)place}, child = raw(SYS_clone, a);

    if (child == 0)
        raw(SYS_exit, nothing);
    if (child > 0)
        waitpid((pid_t)child, NULL, __WALL);
    return child;
}

/* A child of vfork(2) writes a byte. */
long low_vfork_write(int descriptor, const char *byte)
{
    int status;
    pid_t child = vfork();

    if (child < 0)
        return -errno;
    if (child == 0)
        _exit(write(descriptor, byte, 1) == 1 ? 0 : errno);
    waitpid(child, &status, 0);
    return -WEXITSTATUS(status);
}

/* ---- Other ways into the kernel ---- */

/* time(2) by the vsyscall page. */
long low_vsyscall_time(void)
{
    return (long)((time_t(*)(time_t *))0xffffffffff600400)(NULL);
}

/* Makes the call that its registers hold; the process exits with the negated result. */
void low_gadget(void);
__asm__(".text\n"
        "low_gadget:\n"
        "    syscall\n"
        "    mov %rax, %rdi\n"
        "    neg %rdi\n"
        "    mov $231, %eax\n" /* exit_group */
        "    syscall\n"
        "    hlt\n");

static ucontext_t frame;

/* Return from a signal that never came. */
static void return_to(unsigned long code_segment, unsigned long stack)
{
    unsigned long data_segment = 0x2b;

    frame.uc_mcontext.gregs[REG_RSP] = (greg_t)stack;
    frame.uc_mcontext.gregs[REG_EFL] = 0x202;
    frame.uc_mcontext.gregs[REG_CSGSFS] = (greg_t)(code_segment | data_segment << 48);
    __asm__ volatile("mov %0, %%rsp\n"
                     "mov $15, %%eax\n" /* rt_sigreturn */
                     "syscall"
                     :
                     : "r"(&frame)
                     : "memory");
}

/* write(2) by a forged frame of a signal. Does not return: see low_gadget. */
void low_forged_write(int descriptor, const char *byte)
{
    frame.uc_mcontext.gregs[REG_RIP] = (greg_t)low_gadget;
    frame.uc_mcontext.gregs[REG_RAX] = SYS_write;
    frame.uc_mcontext.gregs[REG_RDI] = descriptor;
    frame.uc_mcontext.gregs[REG_RSI] = (greg_t)byte;
    frame.uc_mcontext.gregs[REG_RDX] = 1;
    return_to(0x33, (unsigned long)&frame);
}

/*
 * The same with the code segment of 32-bit programs: the process goes on as an i386 program in
 * memory, which is low_memory(8192). The entry is "int $0x80" or the instruction syscall.
 */
void low_forged_mode(int by_int80, int descriptor, unsigned char *memory)
{
    unsigned char code[] = {
        0xb8, 4, 0, 0, 0,    /* mov $write, %eax */
        0xbb, 0, 0, 0, 0,    /* mov $descriptor, %ebx */
        0xb9, 0, 0, 0, 0,    /* mov $byte, %ecx */
        0xbd, 0, 0, 0, 0,    /* mov $byte, %ebp: where syscall wants it */
        0xba, 1, 0, 0, 0,    /* mov $1, %edx */
        0xcd, 0x80,          /* int $0x80, or syscall */
        0xf7, 0xd8,          /* neg %eax */
        0x89, 0xc3,          /* mov %eax, %ebx */
        0xb8, 1, 0, 0, 0,    /* mov $exit, %eax */
        0xcd, 0x80,          /* int $0x80 */
    };
    uint32_t number = (uint32_t)descriptor, byte = (uint32_t)(uintptr_t)memory + 4000;

    memory[4000] = '!';
    memcpy(code + 6, &number, 4);
    memcpy(code + 11, &byte, 4);
    memcpy(code + 16, &byte, 4);
    if (!by_int80)
        memcpy(code + 25, "\x0f\x05", 2);
    memcpy(memory, code, sizeof code);
    frame.uc_mcontext.gregs[REG_RIP] = (greg_t)memory;
    return_to(0x23, (unsigned long)memory + 8000);
}

/* ---- io_uring ---- */

static struct {
    int descriptor;
    unsigned *tail, *completed;
    struct io_uring_sqe *entry;
} ring;

/* Put an entry into the ring, and tell the kernel unless it looks by itself. Wait until it is done,
 * 5 seconds at most. */
static long ring_do(int flags, int operation, int descriptor, const char *byte)
{
    long enter[6] = {ring.descriptor, 1, 0, flags};
    unsigned before = __atomic_load_n(ring.completed, __ATOMIC_ACQUIRE);
    time_t end = time(NULL) + 5;

    memset(ring.entry, 0, sizeof *ring.entry);
    ring.entry->opcode = (uint8_t)operation;
    ring.entry->fd = descriptor;
    ring.entry->addr = (uint64_t)byte;
    ring.entry->len = 1;
    __atomic_store_n(ring.tail, *ring.tail + 1, __ATOMIC_RELEASE);
    if (flags >= 0) {
        long entered = raw(SYS_io_uring_enter, enter);
        if (entered < 0)
            return entered;
    }
    while (__atomic_load_n(ring.completed, __ATOMIC_ACQUIRE) == before && time(NULL) < end)
        sched_yield();
    return 0;
}

/* Set up a ring with one entry; its descriptor. With polled set, a thread of the kernel looks for
 * entries by itself, for a minute after the last one. */
long low_ring(int polled)
{
    struct io_uring_params params = {.flags = polled ? IORING_SETUP_SQPOLL : 0,
                                     .sq_thread_idle = 60000};
    long ask[6] = {1, (long)&params}, made = raw(SYS_io_uring_setup, ask);
    char *memory;

    if (made < 0)
        return made;
    ring.descriptor = (int)made;
    memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.descriptor,
                  IORING_OFF_SQ_RING);
    ring.entry = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.descriptor,
                      IORING_OFF_SQES);
    if (memory == MAP_FAILED || ring.entry == MAP_FAILED)
        return -errno;
    ring.tail = (unsigned *)(memory + params.sq_off.tail);
    ring.completed = (unsigned *)(memory + params.cq_off.tail);
    /* The array of indices holds a 0, which is the entry. The thread sleeps until told once. */
    if (polled)
        ring_do(IORING_ENTER_SQ_WAKEUP, IORING_OP_NOP, -1, NULL);
    return made;
}

/* Write a byte through the ring; with enter set, by a call. */
long low_ring_write(int enter, int descriptor, const char *byte)
{
    return ring_do(enter ? 0 : -1, IORING_OP_WRITE, descriptor, byte);
}
