/* System calls by the i386 entry of an x86-64 kernel: they arrive as those of another architecture. */

long i386_getpid(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    return result;
}
