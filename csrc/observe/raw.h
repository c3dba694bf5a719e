/*
 * System calls that are made right here, not by the C library.
 *
 * A filter that traps does so for calls of the C library only, so a handler of SIGSYS that makes
 * its calls this way is judged as the policy says.  It also keeps errno and needs no TLS.
 */
#ifndef ES_OBSERVE_RAW_H
#define ES_OBSERVE_RAW_H

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

/* The result, which is a negative errno where the call failed. */
static inline int64_t es_raw(int64_t number, const uint64_t a[6])
{
#if defined(__x86_64__)
    register uint64_t r10 __asm__("r10") = a[3];
    register uint64_t r8 __asm__("r8") = a[4];
    register uint64_t r9 __asm__("r9") = a[5];
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register int64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = a[0];
    register uint64_t x1 __asm__("x1") = a[1];
    register uint64_t x2 __asm__("x2") = a[2];
    register uint64_t x3 __asm__("x3") = a[3];
    register uint64_t x4 __asm__("x4") = a[4];
    register uint64_t x5 __asm__("x5") = a[5];
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return (int64_t)x0;
#elif defined(__riscv)
    register int64_t a7 __asm__("a7") = number;
    register uint64_t a0 __asm__("a0") = a[0];
    register uint64_t a1 __asm__("a1") = a[1];
    register uint64_t a2 __asm__("a2") = a[2];
    register uint64_t a3 __asm__("a3") = a[3];
    register uint64_t a4 __asm__("a4") = a[4];
    register uint64_t a5 __asm__("a5") = a[5];
    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                     : "memory");
    return (int64_t)a0;
#else
#error "no system calls for this architecture"
#endif
}

#define ES_RAW(number, ...) es_raw((number), (const uint64_t[6]){__VA_ARGS__})

/* The arguments of the call at which a signal came. */
static inline void es_trapped_arguments(const ucontext_t *context, uint64_t arguments[6])
{
#if defined(__x86_64__)
    const greg_t *registers = context->uc_mcontext.gregs;
    static const int order[6] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
    for (int i = 0; i < 6; i++)
        arguments[i] = (uint64_t)registers[order[i]];
#elif defined(__aarch64__)
    for (int i = 0; i < 6; i++)
        arguments[i] = context->uc_mcontext.regs[i];
#elif defined(__riscv)
    for (int i = 0; i < 6; i++)
        arguments[i] = context->uc_mcontext.__gregs[10 + i];
#endif
}

/* What the call returns when the handler does. */
static inline void es_return_value(ucontext_t *context, int64_t result)
{
#if defined(__x86_64__)
    context->uc_mcontext.gregs[REG_RAX] = result;
#elif defined(__aarch64__)
    context->uc_mcontext.regs[0] = (uint64_t)result;
#elif defined(__riscv)
    context->uc_mcontext.__gregs[10] = (uint64_t)result;
#endif
}

#endif
