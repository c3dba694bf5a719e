/*
 * extrasafe.h - declare what a program still needs; the Linux kernel denies it everything else.
 *
 * One way through the library: table -> policy -> program -> kernel.  C says "policy" where the
 * Python package says "context".
 *
 * Conventions, true of every function below unless its comment says otherwise:
 *   - A function that can fail returns an es_status and takes an es_error as its last argument.
 *     The es_error belongs to the caller and may be NULL; on ES_OK it is not touched.
 *   - A handle has one owner, who frees it; the free functions accept NULL.  Out-parameters are
 *     written on ES_OK only, and may not be NULL.
 *   - Strings that are returned are static and never freed; none is ever NULL for a valid index.
 *   - Structs may grow at their end.  One that the caller fills in begins with its size; one that
 *     the library fills in does so too, or its size is an argument: sizeof in either case.  Those
 *     laid out as the kernel's, es_comparison, es_packed_rule, es_use and es_candidate stay as they
 *     are.
 *   - There is no global state.  Any thread may call any function; two threads may not use one
 *     handle at the same time while either changes it.  Everything works after fork(2).
 */
#ifndef EXTRASAFE_H
#define EXTRASAFE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ES_API __attribute__((visibility("default")))
#else
#define ES_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* cdef: begin (what stands between the marks is also read by cffi) */

/* ---- Results ------------------------------------------------------------------------------ */

typedef enum {
    ES_OK = 0,
    ES_ERR_ARGUMENT,      /* NULL, an index out of range, a value of the wrong kind */
    ES_ERR_NO_MEMORY,     /* malloc failed */
    ES_ERR_UNKNOWN,       /* no such rule set, permission or system call */
    ES_ERR_COMPARISON,    /* a comparison that cannot hold, or that the kernel cannot make */
    ES_ERR_CONTRADICTION, /* a call is limited by one permission and unlimited by others */
    ES_ERR_TOO_LONG,      /* more than 4,096 instructions */
    ES_ERR_ARCHITECTURE,  /* the library has no compiler for this architecture */
    ES_ERR_PROGRAM,       /* the verifier does not accept the program */
    ES_ERR_UNSUPPORTED,   /* the kernel has no seccomp filters, or cannot do what was asked */
    ES_ERR_REFUSED,       /* an outer sandbox refuses it */
    ES_ERR_THREAD,        /* a thread cannot take the filter over: see es_error.tid */
    ES_ERR_TOO_MANY,      /* the kernel has no room for another filter */
    ES_ERR_PID,           /* the own process id is not known */
    ES_ERR_KERNEL,        /* any other refusal: see es_error.errnum */
    ES_ERR_LOCKED,        /* the PID file is locked by somebody else */
    ES_ERR_FILE,          /* the PID file cannot be opened or written: see es_error.errnum */
    ES_ERR_RING,          /* an io_uring is open */
    ES_ERR_PATH,          /* a path that was given cannot be opened, or is of the wrong kind */
    ES_ERR_HALF,          /* paths or ports are limited in some threads, and the rest failed */
    ES_ERR_NOT_ENFORCED   /* a filter that was loaded does not answer */
} es_status;

/* What a permission wants to be told. */
enum {
    ES_TAKES_NOTHING = 0,
    ES_TAKES_DESCRIPTOR = 1,
    ES_TAKES_PATH = 2,
    ES_TAKES_PORT = 3, /* of TCP, or nothing: all of them */
    ES_TAKES_FILES = 4 /* a path that need not exist, which the caller looks up, or nothing: no file
                        * but /dev/null, which is allowed with every path */
};

/* What a permission is told.  Where a function takes a pointer to one, NULL is nothing. */
typedef struct {
    uint32_t size;
    uint32_t kind;      /* an ES_TAKES_* */
    int32_t descriptor; /* 0 to 2^31-1, for ES_TAKES_DESCRIPTOR */
    int32_t port;       /* 0 to 65535, for ES_TAKES_PORT */
    const char *path;   /* absolute, for ES_TAKES_PATH and ES_TAKES_FILES */
} es_argument;

/* Who allows something. */
enum {
    ES_ORIGIN_NONE = 0,
    ES_ORIGIN_PERMISSION = 1, /* es_policy_permit() */
    ES_ORIGIN_SIMPLE = 2,     /* es_policy_allow() without a comparison */
    ES_ORIGIN_CONDITIONAL = 3 /* es_policy_allow() with comparisons */
};

typedef struct {
    uint32_t kind;       /* an ES_ORIGIN_* */
    uint32_t permission; /* its index, for ES_ORIGIN_PERMISSION */
    es_argument argument;
} es_origin;

enum { ES_ERROR_ORIGINS = 3 };

/* What went wrong.  message is a whole sentence that also says what to do.  Set size before a
 * function gets it (ES_ERROR_INIT); with less than sizeof(es_error) it counts as NULL. */
typedef struct {
    uint32_t size;
    int32_t code;          /* an es_status */
    int32_t errnum;        /* the errno of the kernel; 0 where the kernel was not asked; ESRCH
                            * for a thread that could not be synchronised */
    int32_t tid;           /* the thread that could not be synchronised, else 0 */
    const char *operation; /* the system call that failed, as "seccomp(2)"; NULL if none did */
    /* ES_ERR_CONTRADICTION: the number of the call, who limits it, and who allows it all: one
     * without a condition, or how many different ones together, of which some are left out. */
    int32_t call;
    es_origin limited_by, allowed_by[ES_ERROR_ORIGINS];
    uint32_t allowed_by_count;
    /* Where it is about paths or ports, the one of ES_RIGHT_* that is limited, else 0; limited_by
     * and allowed_by as above, call -1. */
    uint32_t right;
    /* ES_ERR_UNSUPPORTED for paths or ports: which ABI of Landlock is there, and which is needed by
     * limited_by; else 0. */
    uint32_t abi, abi_needed;
    char message[512];
} es_error;

/* The short name of a status, as "too-long"; "unknown" for any other number. */
ES_API const char *es_status_name(int status);

/* The version of this library, as "0.1.0". */
ES_API const char *es_version(void);

/* ---- System calls ------------------------------------------------------------------------- */

/* Architectures, as the kernel's AUDIT_ARCH_* constants. */
#define ES_ARCH_X86_64 0xC000003Eu
#define ES_ARCH_AARCH64 0xC00000B7u
#define ES_ARCH_RISCV64 0xC00000F3u

/* How much of an argument the kernel reads. */
enum {
    ES_WIDTH_UNKNOWN = 0, /* a comparison must hold for the low 32 bits and for all 64 */
    ES_WIDTH_POINTER = 1, /* can be compared with NULL only */
    ES_WIDTH_16 = 2,
    ES_WIDTH_NONE = 3, /* the kernel does not read it: cannot be compared */
    ES_WIDTH_32 = 4,
    ES_WIDTH_64 = 8,
    ES_WIDTH_VARIES = 12 /* 32 or 64 bits, as another argument says: like ES_WIDTH_UNKNOWN, but a
                          * datum beyond 32 bits is compared with all 64 */
};

enum {
    ES_BASELINE_NR = 423,       /* the last number that architectures count on their own */
    ES_MAX_NR = 0x3fffffff,     /* the largest number a policy can speak of */
    ES_MAX_INSTRUCTIONS = 4096, /* the kernel's BPF_MAXINSNS */
    ES_NAME_SIZE = 64           /* enough for every name of a system call */
};

/* The architecture this process runs on; 0 when the library has no compiler for it. */
ES_API uint32_t es_arch_native(void);

/*
 * The number of a system call, or a negative value: -1 when no architecture has this name, less
 * than -1 when only other architectures have it.  arch 0 means the native one.  name may be NULL
 * (-1).
 */
ES_API int32_t es_syscall_number(uint32_t arch, const char *name);

/* The name of a number, written to name with its 0.  ES_ERR_UNKNOWN when it has none. */
ES_API int es_syscall_name(uint32_t arch, int32_t number, char name[64]);

/* The call of this machine that a mistyped name may mean, or NULL when none is near. */
ES_API const char *es_syscall_nearest(const char *name);

/* How much the kernel reads of argument 0 to 5 of a call: an ES_WIDTH_*.  Unknown are those of a
 * number without a name. */
ES_API int es_syscall_width(uint32_t arch, int32_t number, unsigned argument);

/* A system call as a filter sees it: laid out as the kernel's struct seccomp_data. */
typedef struct {
    int32_t nr;
    uint32_t arch;
    uint64_t instruction_pointer;
    uint64_t args[6];
} es_call;

/* ---- Comparisons -------------------------------------------------------------------------- */

/* The operators; all comparisons are unsigned.  Their order is the order of CompareOp, which ends
 * with ES_MASKED_EQUAL; the last stands in the table only. */
typedef enum {
    ES_LESS = 0,
    ES_LESS_OR_EQUAL,
    ES_EQUAL,
    ES_NOT_EQUAL,
    ES_GREATER_EQUAL,
    ES_GREATER,
    ES_MASKED_EQUAL,    /* (argument & mask) == datum */
    ES_MASKED_NOT_EQUAL /* (argument & mask) != datum */
} es_operator;

/* Where the right-hand side of a comparison comes from.  Callers of es_policy_allow() can use
 * ES_DATUM_CONSTANT only; the others stand in the table. */
enum {
    ES_DATUM_CONSTANT = 0,
    ES_DATUM_GIVEN = 1,  /* the descriptor that the permission was given */
    ES_DATUM_OWN_PID = 2 /* the id of the process that loads the filter */
};

enum {
    ES_NEGATIVE_DATUM = 1, /* datum is a negative number: two's complement at the width */
    ES_NEGATIVE_MASK = 2   /* and so is mask */
};

typedef struct {
    uint8_t argument; /* 0 to 5 */
    uint8_t op;       /* an es_operator */
    uint8_t source;   /* an ES_DATUM_* */
    uint8_t negative; /* ES_NEGATIVE_* or 0 */
    uint64_t mask;    /* of the masked operators only, else 0 */
    uint64_t datum;
} es_comparison;

/*
 * Can this comparison be made of this call?  ES_ERR_ARGUMENT for a field out of range,
 * ES_ERR_COMPARISON for a datum or mask beyond the argument's width, a datum outside its mask, or a
 * pointer compared with anything but NULL.  number -1 judges without a call: only what is wrong
 * whatever the width.
 */
ES_API int es_comparison_check(uint32_t arch, int32_t number, const es_comparison *comparison,
                               es_error *error);

/*
 * Can a call satisfy all of these comparisons at once?  Besides what es_comparison_check() returns
 * for each of them: ES_ERR_COMPARISON where no value of an argument satisfies all that are made of
 * it, as == 1 and == 2, or < 0.  count may be 0, and comparisons NULL then.  number -1 judges each
 * comparison alone.  Thousands of comparisons of one argument that are hard to tell are not told.
 */
ES_API int es_rule_check(uint32_t arch, int32_t number, const es_comparison *comparisons,
                         uint32_t count, es_error *error);

/* ---- Words -------------------------------------------------------------------------------- */

/*
 * Arguments as text, with the names of the kernel's headers: "O_WRONLY|O_CREAT", "AT_FDCWD".  What
 * no name stands for is a number.
 *
 * Some names depend on other arguments, as those of fcntl's arg on its cmd.  So a whole call is
 * given, arch 0 being the native one, and bit n of known says that its argument n is meant; the
 * others are as if nobody knew them.
 *
 * What is written goes to memory, which may be NULL, and always ends with a 0 if size is not 0; the
 * length of the whole text is returned, as snprintf(3) does.  Nothing allocates or uses stdio, but
 * for es_word_parse*() and for calls of other architectures than the native one: usable in a signal
 * handler.
 */

/* The name of argument 0 to 5 of a call, as "flags", with its 0.  ES_ERR_UNKNOWN when the call has
 * no such argument or no name. */
ES_API int es_syscall_argument(uint32_t arch, int32_t number, unsigned argument, char name[64]);

/* Is the argument the name of a file?  1 or 0. */
ES_API int es_syscall_takes_path(uint32_t arch, int32_t number, unsigned argument);

/* The value of one argument of a call; pointers as NULL or in hexadecimal. */
ES_API size_t es_word_value(const es_call *call, unsigned known, unsigned argument, char *memory,
                            size_t size);

/* The whole call: "openat(AT_FDCWD, ?, O_RDONLY)"; what is not known is a question mark.  What is
 * only for a file that is created is left out where none is. */
ES_API size_t es_word_call(const es_call *call, unsigned known, char *memory, size_t size);

enum { ES_SOCKET_UNKNOWN = 0, ES_SOCKET_YES = 1, ES_SOCKET_NO = 2 };

/* What the pointers of a call were told to point to.  NULL in its place, or with a smaller size:
 * nothing is known. */
typedef struct {
    uint32_t size;
    int32_t port;         /* of TCP, in the address that the call names; -1: not known */
    const char *paths[6]; /* of each argument, as the call has it; NULL: not known */
    const char *whole[6]; /* the same from the root, as es_path_join() writes it; NULL: not known */
    uint32_t socket;      /* of a call on a descriptor: is that a socket?  An ES_SOCKET_* */
} es_told;

/* A path from the root, without ".", ".." and "//": path, beneath the directory unless path is
 * absolute.  Nothing is looked up, as with os.path.normpath(os.path.join(directory, path)) of
 * Python.  directory is absolute, or NULL for "/". */
ES_API size_t es_path_join(const char *directory, const char *path, char *memory, size_t size);

/* Is a path, written as es_path_join() does, another one or beneath it, however that is written?  1
 * or 0. */
ES_API int es_path_covers(const char *granted, const char *path);

/* es_word_call() with the paths that are told, in double quotes.  Escaped are quotes, backslashes
 * and what cannot be printed; bytes that are not UTF-8 are "\udc80" to "\udcff", as in Python. */
ES_API size_t es_word_call_told(const es_call *call, unsigned known, const es_told *told,
                                char *memory, size_t size);

/* What comparisons demand: "fd == 1 and (flags & ~O_CLOEXEC) == 0".  Nothing for comparisons whose
 * fields are out of range. */
ES_API size_t es_word_condition(uint32_t arch, int32_t number, const es_comparison *comparisons,
                                uint32_t count, char *memory, size_t size);

/* The value of a text: words and numbers, joined by | without blanks, as es_word_value() writes
 * them.  ES_ERR_UNKNOWN for a word that the argument does not have, ES_ERR_COMPARISON for a number
 * beyond its width, and for parts that cannot both be meant ("O_RDONLY|O_WRONLY"), ES_ERR_ARGUMENT
 * for an argument that the call does not have. */
ES_API int es_word_parse(const es_call *call, unsigned known, unsigned argument, const char *text,
                         uint64_t *value, es_error *error);

/* The bits of a mask, likewise: also names of fields, as "O_ACCMODE|O_CREAT", and words that cannot
 * both be meant, of which all bits count. */
ES_API int es_word_parse_mask(const es_call *call, unsigned known, unsigned argument,
                              const char *text, uint64_t *value, es_error *error);

/* The name of an error number, as "EPERM"; NULL when it has none. */
ES_API const char *es_errno_name(int errnum);

/* ---- The table ---------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    const char *summary;
} es_ruleset_info;

typedef struct {
    uint32_t ruleset;
    uint8_t takes;     /* an ES_TAKES_* */
    uint8_t is_public; /* 0: a group of rows that only other permissions include */
    const char *name;  /* "" is what a rule set grants as soon as it is enabled */
    const char *summary;
} es_permission_info;

enum {
    ES_ROW_RULE = 0,    /* a condition that unites with others */
    ES_ROW_PROMISE = 1, /* a condition that must not be undone */
    ES_ROW_INCLUDE = 2, /* everything that another permission grants */
    ES_ROW_ENOSYS = 3,  /* not granted at all: the call fails with ENOSYS, so libcs fall back */
    ES_ROW_ERRNO = 4,   /* not granted, and the condition holds: the call fails with errnum */
    ES_ROW_RIGHTS = 5,  /* no call, but rights of landlock(7): on the path or port that was given,
                         * or everywhere */
    ES_ROW_PROMISED_RIGHTS = 6, /* the same; and nothing else may grant them everywhere */
    ES_ROW_YIELDING_RIGHTS = 7  /* the same, unless another permission names paths for them */
};

/* When a row counts. */
enum {
    ES_WHEN_ALWAYS = 0,
    ES_WHEN_NO_PORT = 1,    /* the permission was given no port */
    ES_WHEN_TRUNCATE = 2,   /* landlock(7) can limit truncation: its ABI is 3 or higher */
    ES_WHEN_AARCH64 = 3,    /* on this architecture */
    ES_WHEN_NOT_AARCH64 = 4 /* on the others */
};

typedef struct {
    uint32_t permission; /* index; not meaningful for ES_ROW_ENOSYS and ES_ROW_ERRNO */
    uint32_t included;   /* index, for ES_ROW_INCLUDE */
    uint32_t kind;       /* an ES_ROW_* */
    uint32_t comparison_count;        /* 0: whatever the arguments are */
    const es_comparison *comparisons; /* all of them must hold */
    const char *syscall;              /* "" for ES_ROW_INCLUDE */
    const char *reason;               /* which runtime needs it, and for what */
    int32_t errnum;                   /* for ES_ROW_ERRNO, else 0 */
    uint32_t rights;                  /* ES_RIGHT_*, for the three kinds of rights, else 0 */
    uint32_t when;                    /* an ES_WHEN_* */
} es_row_info;

ES_API uint32_t es_ruleset_count(void);
ES_API uint32_t es_permission_count(void);
ES_API uint32_t es_row_count(void);
/* These three fill in the first size bytes of info.  ES_ERR_ARGUMENT when the index is out of range
 * or info is NULL. */
ES_API int es_ruleset_get(uint32_t index, es_ruleset_info *info, size_t size);
ES_API int es_permission_get(uint32_t index, es_permission_info *info, size_t size);
ES_API int es_row_get(uint32_t index, es_row_info *info, size_t size);

/* The index of a public permission ("" is the rule set's own), or -1.  NULL is never found. */
ES_API int32_t es_permission_find(const char *ruleset, const char *permission);

/* ---- Paths and ports ---------------------------------------------------------------------- */

/* What landlock(7) can limit. The first 24 bits are the kernel's LANDLOCK_ACCESS_FS_*. */
enum {
    ES_RIGHT_EXECUTE = 1 << 0,
    ES_RIGHT_WRITE_FILE = 1 << 1,
    ES_RIGHT_READ_FILE = 1 << 2,
    ES_RIGHT_READ_DIR = 1 << 3,
    ES_RIGHT_REMOVE_DIR = 1 << 4,
    ES_RIGHT_REMOVE_FILE = 1 << 5,
    ES_RIGHT_MAKE_CHAR = 1 << 6,
    ES_RIGHT_MAKE_DIR = 1 << 7,
    ES_RIGHT_MAKE_REG = 1 << 8,
    ES_RIGHT_MAKE_SOCK = 1 << 9,
    ES_RIGHT_MAKE_FIFO = 1 << 10,
    ES_RIGHT_MAKE_BLOCK = 1 << 11,
    ES_RIGHT_MAKE_SYM = 1 << 12,
    ES_RIGHT_REFER = 1 << 13,       /* ABI 2 */
    ES_RIGHT_TRUNCATE = 1 << 14,    /* ABI 3 */
    ES_RIGHT_IOCTL_DEV = 1 << 15,   /* ABI 5 */
    ES_RIGHT_CONNECT_TCP = 1 << 24, /* ABI 4 */
    ES_RIGHT_BIND_TCP = 1 << 25,    /* ABI 4 */
    /* What goes past landlock(7), and can only be allowed where nothing is limited by it. */
    ES_RIGHT_PAST_PATHS = 1 << 28,
    ES_RIGHT_PAST_PORTS = 1 << 29
};

/* The newest ABI of landlock(7) that this library uses. */
enum { ES_LANDLOCK_ABI = 7 };

/* The ABI of landlock(7) that the kernel has, but no more than ES_LANDLOCK_ABI; 0: none, or it is
 * refused.  environment other than 0: the variable PYEXTRASAFE_LANDLOCK_ABI, which is for tests,
 * lowers it, unless the program runs with other privileges than its caller's. */
ES_API uint32_t es_kernel_landlock_abi(int environment);

/* The rights that an ABI has. */
ES_API uint32_t es_rights_of_abi(uint32_t abi);

/* The version of Linux that brought an ABI, as "5.13"; "" for none. */
ES_API const char *es_linux_of_abi(uint32_t abi);

/* What one right, the lowest of some, lets a program do, as "write files"; "" for none. */
ES_API const char *es_right_words(uint32_t rights);

/* ---- Policies ----------------------------------------------------------------------------- */

/* Decisions are what the kernel returns for a filter: SECCOMP_RET_* with its data. */
#define ES_ACTION_ALLOW 0x7fff0000u
#define ES_ACTION_ERRNO 0x00050000u /* | errno */
#define ES_ACTION_TRAP 0x00030000u  /* | what the signal SIGSYS tells, as an errno */
#define ES_ACTION_KILL_PROCESS 0x80000000u

/* Does one row of the table, asked alone, accept this call?  1 or 0; 0 for a bad index, call NULL,
 * or a row that needs an argument and gets none.  argument and own_pid fill in ES_DATUM_GIVEN and
 * ES_DATUM_OWN_PID (own_pid 0: no call matches). */
ES_API int es_row_accepts(uint32_t row, const es_call *call, const es_argument *argument,
                          uint32_t own_pid);

typedef struct es_policy es_policy;

/* A policy that allows nothing.  arch 0 is the native one.  The caller frees it. */
ES_API int es_policy_new(uint32_t arch, es_policy **policy, es_error *error);
ES_API void es_policy_free(es_policy *policy);

/* Which ABI of landlock(7) the policy is for, 0 to ES_LANDLOCK_ABI, which it is without.  To be
 * said before anything is granted: what an ABI cannot limit is then not allowed at all, where that
 * means the same. */
ES_API int es_policy_set_landlock_abi(es_policy *policy, uint32_t abi, es_error *error);

/* Which rights landlock(7) has to limit for what was granted: none, unless paths or ports were
 * named.  0 for NULL. */
ES_API uint32_t es_policy_limited_rights(const es_policy *policy);

/* Which rights are granted everywhere, and not on a path or port alone.  0 for NULL. */
ES_API uint32_t es_policy_rights_everywhere(const es_policy *policy);

/* Grant a permission of the table.  argument is of the kind that it takes, and is copied.  After an
 * error the policy may hold a part of the permission: free it. */
ES_API int es_policy_permit(es_policy *policy, uint32_t permission, const es_argument *argument,
                            es_error *error);

/* What a rule may be besides its comparisons. */
enum {
    ES_RULE_UNITE = 1 /* the condition is no promise: it unites with whatever allows the call */
};

/* Allow one call where all comparisons hold (count 0: always; comparisons may then be NULL).  The
 * comparisons are copied; more than ES_MAX_INSTRUCTIONS are ES_ERR_TOO_LONG.  number: 0 to
 * ES_MAX_NR.  flags: ES_RULE_* or 0.  Several rules of one call are alternatives. */
ES_API int es_policy_allow(es_policy *policy, int32_t number, const es_comparison *comparisons,
                           uint32_t count, uint32_t flags, es_error *error);

/* The start of a packed rule: its comparisons follow it directly. */
typedef struct {
    int32_t number;
    uint32_t comparison_count;
    uint32_t flags;   /* ES_RULE_* or 0 */
    uint32_t padding; /* nothing: comparisons follow directly in a struct of C, too */
} es_packed_rule;

/* The same for many rules: size bytes of packed rules, one behind the other, aligned or not.
 * ES_ERR_ARGUMENT when the bytes end within a rule.  After an error the policy may hold a part of
 * the rules: free it. */
ES_API int es_policy_allow_packed(es_policy *policy, const void *rules, size_t size,
                                  es_error *error);

/* ES_ERR_CONTRADICTION when a promise is void: something allows the call without a condition, or
 * several conditions do so together, at least one of them of es_policy_allow(); the message names
 * the call, the origins and the way out.  Conditions for which that is very hard to tell are taken
 * as they are.  Else ES_ERR_NO_MEMORY, which only policies with such rules need. */
ES_API int es_policy_check(const es_policy *policy, es_error *error);

/*
 * The questions.  Every filter answers seccomp(2) with the operation ES_QUESTION + k, before all
 * that its policy says of seccomp(2): the call fails, and its error number is the answer, of 12
 * bits (0: it does not fail).  Of several filters the newest answers; without one the error is
 * EINVAL.
 */
enum {
    ES_QUESTION = 0x45530000, /* k = 0: is there a filter of this library?  ES_ANSWER */
    ES_QUESTION_LAYER = 1,    /* how many of them there are */
    ES_QUESTION_DIGEST = 2,   /* to 5: es_options.digest, its most significant bits first */
    ES_QUESTIONS = 6,
    ES_ANSWER = 0xe51 /* no error number of Linux */
};

/* What is known of a call that was not told in full. */
enum { ES_NO = 0, ES_YES = 1, ES_UNDECIDED = 2 /* an argument that is not known decides */ };

/* Would a permission of the table, granted alone, allow this call?  Bit n of known says that the
 * call's argument n is meant.  argument and own_pid as for es_row_accepts(); permissions that are
 * included count.  ES_NO for a bad index and call NULL. */
ES_API int es_permission_accepts(uint32_t permission, const es_call *call, unsigned known,
                                 const es_argument *argument, uint32_t own_pid);

/* How many calls a permission grants, with those of permissions that it includes; those that it
 * grants whatever their arguments are count twice.  0 for a bad index.  A measure of how much it
 * allows. */
ES_API uint32_t es_permission_size(uint32_t permission);

/* A number that is smaller for what is narrower: what is told a descriptor, or paths where by_path
 * is not 0; then what promises a descriptor of its own, as that of standard output.  Among these,
 * first what does not reach beyond the process, then what uses sockets that are connected, then
 * what connects, binds, starts programs, or makes any request of ioctl(2); then what allows fewer
 * calls (es_permission_size()); then what stands first in the table.  The largest for a bad
 * index. */
ES_API uint64_t es_permission_breadth(uint32_t permission, int by_path);

/* One way in which a policy allows a call, or an errno of its own for some calls that nothing
 * allows. */
typedef struct {
    int32_t number;
    uint32_t action;  /* ES_ACTION_ALLOW, or the other answer, whose origin is ES_ORIGIN_NONE */
    es_origin origin; /* without paths and ports: es_policy_grant_get() has these */
    uint32_t comparison_count;        /* 0: whatever the arguments are */
    const es_comparison *comparisons; /* all of them must hold; they belong to the policy, and
                                       * ES_DATUM_GIVEN is the descriptor of the origin */
} es_way;

/* Way 0, 1 and so on, in the order in which they were granted: fill in the first size bytes of way.
 * ES_ERR_ARGUMENT when there is no such one, or policy or way is NULL. */
ES_API int es_policy_way_get(const es_policy *policy, uint32_t index, es_way *way, size_t size);

/* Does this way accept the call?  known as for es_permission_accepts(), own_pid as for
 * es_policy_decide().  ES_NO when there is no such way, or policy or call is NULL. */
ES_API int es_policy_way_accepts(const es_policy *policy, uint32_t index, const es_call *call,
                                 unsigned known, uint32_t own_pid);

/* Does another policy allow all calls that this way allows, by one of its ways or by several
 * together?  1 or 0; 0 also where that is very hard to tell, for want of memory, and when there is
 * no such way.  Own process ids are taken for the same one. */
ES_API int es_policy_way_within(const es_policy *policy, uint32_t index, const es_policy *other);

/* Rights of landlock(7) that somebody has, on one path or port or everywhere. */
typedef struct {
    uint32_t rights;     /* ES_RIGHT_*; 0: the grant does not count beside others */
    uint32_t everywhere; /* 1 or 0 */
    int32_t number;      /* the call that a rule is about; -1 for a permission */
    es_origin origin;    /* with the path, which belongs to the policy, or port */
} es_grant_info;

/* The same for grants. */
ES_API int es_policy_grant_get(const es_policy *policy, uint32_t index, es_grant_info *info,
                               size_t size);

/* What the policy means, without BPF: the decision for a call.  own_pid 0: nothing is the own
 * process.  Layer and digest are 0, as in a program that is not loaded.  A NULL policy or call:
 * ES_ACTION_KILL_PROCESS. */
ES_API uint32_t es_policy_decide(const es_policy *policy, const es_call *call, uint32_t own_pid);

/* ---- Paths, ports, and what is missing ---------------------------------------------------- */

/*
 * What landlock(7) judges of a call.  Nothing is looked up: a path is as it is told, what is opened
 * is a file unless a flag says that it is a directory, what may be created exists, and what is
 * moved or linked is a file.  Nothing here allocates or takes a lock, but for es_candidates_new(),
 * es_candidates_add_file() and es_candidates_free(), and for calls of other architectures than the
 * native one: usable in a signal handler.
 */

/* Rights that a call uses. */
typedef struct {
    uint32_t rights;    /* ES_RIGHT_*, or 0: the call needs none with these flags */
    uint32_t argument;  /* on the path or address that this one points to */
    uint32_t on_parent; /* 1: on the directory that the path is in; else 0 */
} es_use;

enum { ES_USES = 2 };

/* What a call uses: how many there are; 0 for calls that are not judged.  -1 - n where argument n,
 * which has flags that decide, is not known. */
ES_API int es_call_uses(const es_call *call, unsigned known, es_use uses[2]);

/* By which errno landlock(7) refuses a call that the filter lets through: EACCES, EXDEV, or 0.
 * Places that are not known are not refused, nor is a call whose flags are not known. */
ES_API int es_policy_refuses(const es_policy *policy, const es_call *call, unsigned known,
                             const es_told *told);

/* What could be added to a policy: all public permissions that do not contradict it. */
typedef struct es_candidates es_candidates;

/* Takes some milliseconds.  The policy must outlive it, and may not be changed. */
ES_API int es_candidates_new(const es_policy *policy, es_candidates **candidates, es_error *error);
ES_API void es_candidates_free(es_candidates *candidates);

/* Tell a path that a permission of ES_TAKES_FILES finds, which is copied.  Those without a path
 * are no candidates. */
ES_API int es_candidates_add_file(es_candidates *candidates, uint32_t permission, const char *path,
                                  es_error *error);

/* What a candidate is told. */
enum {
    ES_CANDIDATE_PLAIN = 0,  /* nothing */
    ES_CANDIDATE_NUMBER = 1, /* a descriptor or port */
    ES_CANDIDATE_PATH = 2,   /* the path of an argument of the call */
    ES_CANDIDATE_PARENT = 3, /* the directory that this path is in */
    ES_CANDIDATE_ANY = 4,    /* a path or port that is not known */
    ES_CANDIDATE_PARENTS = 5 /* the directories that both paths of a call are in, which moves or
                                links a file from one to the other */
};

typedef struct {
    uint32_t permission;
    uint32_t kind;     /* an ES_CANDIDATE_* */
    int32_t number;    /* for ES_CANDIDATE_NUMBER; the other argument for ES_CANDIDATE_PARENTS */
    uint32_t argument; /* for ES_CANDIDATE_PATH, ES_CANDIDATE_PARENT and ES_CANDIDATE_PARENTS */
} es_candidate;

/*
 * What allows a denied call if it is added, the narrowest first: by es_permission_breadth(), with
 * by_path where landlock(7) judges a path of the call.  Only what is meant for the call counts, if
 * anything that allows it is: a permission for paths where the call uses a right that it grants, or
 * is about a file that it finds; one that changes files unless the call only reads them; one for
 * sockets unless told says that the descriptor is none.
 *
 * Returns how many there are, and fills in as many as there is room for; found may be NULL where
 * capacity is 0.  *undecided, which may be NULL, becomes 1 where what is not known of the call
 * keeps a permission out, else 0.  own_pid as for es_policy_decide().
 */
ES_API uint32_t es_candidates_for(const es_candidates *candidates, const es_call *call,
                                  unsigned known, const es_told *told, uint32_t own_pid,
                                  es_candidate *found, uint32_t capacity, int *undecided);

/* As code of Python: "SystemIO().allow_read_path('/etc/hosts')", "..." standing for what is not
 * known.  Written as es_word_call() does. */
ES_API size_t es_candidate_code(const es_candidate *candidate, const es_told *told, char *memory,
                                size_t size);

/* ---- Programs ----------------------------------------------------------------------------- */

typedef struct es_program es_program;

/* One instruction: laid out as the kernel's struct sock_filter. */
typedef struct {
    uint16_t code;
    uint8_t jt;
    uint8_t jf;
    uint32_t k;
} es_instruction;

/* Compile a policy; the program is verified and belongs to the caller.  The policy is checked
 * (es_policy_check) and left as it is. */
ES_API int es_compile(const es_policy *policy, es_program **program, es_error *error);

/*
 * Which calls trap (SIGSYS) in place of being refused, so that a handler can explain them: those
 * that are made by instructions inside of these spans of the address space, and that the policy
 * refuses with EPERM; or with ENOSYS where they have a number up to ES_BASELINE_NR, as accept4(2),
 * since not all programs fall back.  The signal tells the errno then.  From elsewhere calls are
 * refused as ever.
 *
 * So do, telling ES_TRAP_AGAIN, some calls that the policy allows and that the handler makes again:
 * rt_sigprocmask(2) and rt_sigaction(2), which could block or replace the signal; write(2) to the
 * descriptor ES_TRAP_DESCRIPTOR, which nobody has; and, where places is not 0, calls that
 * landlock(7) may refuse, since paths or ports were named.
 */
enum {
    ES_GATE_SPANS = 8,
    ES_TRAP_AGAIN = 0xe52, /* no error number of Linux */
    ES_TRAP_DESCRIPTOR = 0x7ffffff0
};

typedef struct {
    uint32_t size;
    uint32_t count;              /* of the spans */
    uint64_t first[8], after[8]; /* of each: the first address, and the one behind the last */
    uint32_t places;
} es_gate;

/* es_compile(), for a program that traps.  ES_ERR_ARGUMENT for more than ES_GATE_SPANS spans, and
 * for one that is empty or reaches over a multiple of 2^32. */
ES_API int es_compile_gated(const es_policy *policy, const es_gate *gate, es_program **program,
                            es_error *error);

/* Make a program of given instructions, if the verifier accepts them. arch is kept for the
 * record; 0 is the native one. */
ES_API int es_program_import(uint32_t arch, const es_instruction *instructions, uint32_t count,
                             es_program **program, es_error *error);
ES_API void es_program_free(es_program *program);

/* The number of instructions; 0 for NULL. */
ES_API uint32_t es_program_length(const es_program *program);

/* What happened while a program ran. */
typedef struct {
    uint32_t action;
    uint32_t executed;         /* instructions, the return included */
    uint32_t loaded_arguments; /* loads of anything but number and architecture */
} es_run;

/* Interpret the program on a call, and fill in the first size bytes of run.  own_pid as in
 * es_policy_decide(). */
ES_API int es_program_decide(const es_program *program, const es_call *call, uint32_t own_pid,
                             es_run *run, size_t size);

/* Copy the instructions that can leave this process: rows about the own process are dropped, and
 * nothing leads to the answers to questions any more.  Returns the number of instructions; copies
 * nothing when capacity is less than that. */
ES_API uint32_t es_program_export(const es_program *program, es_instruction *instructions,
                                  uint32_t capacity);

/* Write the program as text, a line an instruction, always with a final 0 if size is not 0.
 * Returns the length of the whole text, as snprintf(3) does. */
ES_API size_t es_program_disassemble(const es_program *program, char *text, size_t size);

/* ---- The kernel --------------------------------------------------------------------------- */

enum {
    ES_KERNEL_FILTER = 1,      /* seccomp(2) takes filters from this thread */
    ES_KERNEL_ALL_THREADS = 2, /* ... and can synchronise all threads */
    ES_KERNEL_KILL_PROCESS = 4 /* ... and knows SECCOMP_RET_KILL_PROCESS */
};

/* Which of ES_KERNEL_* hold for the calling thread.  Changes nothing.  The last is not set under a
 * filter of this library, which refuses the question. */
ES_API uint32_t es_kernel_features(void);

enum { ES_THIS_THREAD = 0, ES_ALL_THREADS = 1 };

/* How a filter is to be loaded.  NULL in its place: all fields but size are 0. */
typedef struct {
    uint32_t size;
    uint32_t threads;   /* ES_THIS_THREAD or ES_ALL_THREADS */
    uint32_t interrupt; /* not 0: limit paths and ports in all threads by a signal to each */
    uint64_t digest;    /* what the filter answers when it is asked for one: 0 to 2^48-1 */
    const es_gate *gate; /* which calls trap, see es_explain_start(); NULL: none */
} es_options;

typedef struct es_filter es_filter;

/* First step of loading: compile the policy, allocate, open the paths, and ask the kernel whether
 * it would take the filter.  Nothing of the process is changed, but that a descriptor is open until
 * es_commit() or es_filter_free() where paths or ports are limited.  The filter belongs to the
 * caller; the policy may be freed.
 *
 * ES_ERR_PATH: a path cannot be opened (es_error.errnum), or is no directory where one is needed
 * (ENOTDIR); limited_by says whose it is, with a path that belongs to the policy. */
ES_API int es_prepare(const es_policy *policy, const es_options *options, es_filter **filter,
                      es_error *error);

/* ES_ERR_RING when an io_uring of this process is found: its orders are carried out past a filter.
 * Ask before es_commit().  It looks for descriptors, maps and kernel threads below /proc/self, and
 * allocates; where those cannot be read it finds nothing. */
ES_API int es_check_rings(es_error *error);

/*
 * Second step: ask how many filters there are, fill in that and the own process id, set
 * no_new_privs, limit paths and ports, load the filter, and ask it whether it is there.  Only
 * system calls, no allocation, no lock, and errno is as before: usable in a signal handler, after
 * fork(2), and in a child that is about to exec (not after vfork(2), whose child shares the
 * parent's memory).  May be called again, which stacks the filter once more, but for one with paths
 * or ports (ES_ERR_ARGUMENT).  After an error only no_new_privs may have changed, and that only
 * when the kernel refused the filter itself (es_error.operation is then "seccomp(2)" or
 * "landlock_restrict_self(2)").  But after ES_ERR_NOT_ENFORCED nobody knows what holds, and the
 * program must end.
 *
 * Paths and ports are another matter with several threads, since landlock(7) limits one at a time.
 * Is there another thread, ES_ERR_THREAD is returned and nothing was changed.  With interrupt, each
 * thread gets signal 33 once, whose handler limits it, and the calling one is the first: so an
 * error that is not ES_ERR_HALF means that nothing was changed.  Until the call returns, only one
 * thread may call this function.  After ES_ERR_HALF some threads are limited, others not: the
 * program must end.  The filter is loaded then all the same, if it can be.
 *
 * A filter that traps, for all threads, gives each other thread signal 33 likewise, whose handler
 * unblocks SIGSYS, and waits until the filter is loaded.  ES_ERR_THREAD where one does not come.
 */
ES_API int es_commit(es_filter *filter, es_error *error);
ES_API void es_filter_free(es_filter *filter);

/* What is known about the calling thread without opening anything. */
typedef struct {
    int32_t mode;         /* of seccomp: 0 no filter, 2 filters; -1 where prctl(2) is refused */
    int32_t no_new_privs; /* 0 or 1, or -1 likewise */
    uint32_t layer;       /* how many filters of this library it has; 0: none answers */
    uint64_t digest;      /* es_options.digest of the newest */
} es_answers;

/*
 * Ask the kernel, and the filter itself, about the calling thread, and fill in the first size bytes
 * of answers.  It changes nothing, errno is as before, and it is usable in a signal handler.  That
 * is no proof: other filters can answer otherwise, and one that ends the process at an operation of
 * seccomp(2) that it does not know does so here.  Of filters that several threads load at the same
 * moment for all threads, two can count as one.
 */
ES_API int es_ask(es_answers *answers, size_t size);

/* The first 48 bits of the SHA-256 of so many bytes, for es_options.digest. */
ES_API uint64_t es_digest(const void *bytes, size_t size);

/* ---- Explaining denials ------------------------------------------------------------------- */

/*
 * A filter that traps sends SIGSYS in place of refusing a call.  The handler of this library lets
 * the call fail all the same, writes what it was and what would allow it, and remembers that.  It
 * makes raw system calls only, takes no lock of anybody else, and allocates nothing.
 *
 * A handler can know only by static variables what it needs, so there is one of these a process.
 * Only one thread at a time may call es_explain_start(), es_explain_add(), es_explain_drop(),
 * es_explain_stop(), es_explain_give_back() and es_explain_stacks().
 *
 * What runs inside the process can write to the memory that all this is in: it can forge and clear
 * explanations.  It cannot make calls by it, since a trap never runs one.
 */

/* Can denials be explained in this process?  Ask before es_commit() with a gate.  It reads /proc;
 * what cannot be read is taken to be well.
 *
 * ES_ERR_UNSUPPORTED: the address space is not randomised, so that calls of programs that are
 * started later could trap, which ends them.  ES_ERR_THREAD: the calling thread blocks SIGSYS,
 * which would end the process. */
ES_API int es_check_explainable(es_error *error);

/* Take over SIGSYS, and fill in gate->count and the spans: the C library's instructions, so that a
 * program that is started later, which has no handler, is refused its calls as ever.
 *
 * ES_ERR_UNSUPPORTED, and nothing changed: the C library cannot be told apart from this one.
 * ES_ERR_TOO_MANY: 16 policies are explained already. */
ES_API int es_explain_start(es_gate *gate, es_error *error);

/* Is SIGSYS taken over?  1 or 0. */
ES_API int es_explain_is_started(void);

/* From now on denials of this policy are explained.  candidates are those of the policy; both are
 * taken over on ES_OK.  Blocks are written to the descriptor; -1: to none.  If it leads to another
 * file later, nothing is written, as far as the policy allows fstat(2) on it. */
ES_API int es_explain_add(es_policy *policy, es_candidates *candidates, int descriptor,
                          es_error *error);

/* Forget the last one, whose filter could not be loaded.  Both stay, since other threads may be
 * reading them. */
ES_API void es_explain_drop(void);

/* To be called once for each es_explain_start() that was ES_OK, when its filter is loaded or will
 * not be.  1 if no policy is explained and nobody else has started, which calls for
 * es_explain_give_back(); 0 otherwise. */
ES_API int es_explain_stop(void);

/* Let SIGSYS be handled as before es_explain_start(). */
ES_API void es_explain_give_back(void);

/* Does the environment ask for it, by PYEXTRASAFE_EXPLAIN=1?  1 or 0; 0 in a program that runs with
 * other privileges than its caller's. */
ES_API int es_explain_wanted(void);

/* Are stacks asked for?  1: the handler that has taken SIGSYS over since es_explain_start() is
 * called to write them to ES_TRAP_DESCRIPTOR, and no longer handles SIGSYS itself.  0: none, which
 * is to be said before that handler ends. */
ES_API void es_explain_stacks(int on);

/*
 * What writes stacks as faulthandler does, for CPython 3.9 and 3.10: there, faulthandler counts
 * references to code objects, also in threads that do not hold the GIL.  When the counts of two
 * threads meet, code is freed that is still used.  This one only reads.
 *
 * Offsets are in bytes, functions those of the interpreter.
 */
typedef struct {
    uint32_t size;
    uint32_t frame;      /* in a thread state: its innermost frame */
    uint32_t back, code; /* in a frame */
    uint32_t file, name; /* in a code object */
    void *(*state)(void); /* of the calling thread */
    int (*line)(void *frame);
    intptr_t (*length)(void *text); /* of a str */
    uint32_t (*character)(void *text, intptr_t index);
} es_frames;

/* Take over SIGSYS, and write the frames of a thread that gets it, the innermost first, until
 * es_frames_end() gives it back; from then on the handler writes nothing, should anybody call it.
 * ES_ERR_ARGUMENT when frames is NULL or lacks a function.  One thread at a time may call these
 * two. */
ES_API int es_frames_begin(const es_frames *frames);
ES_API void es_frames_end(void);

/* Note what the calling thread is about to import: "" or NULL for nothing. */
ES_API void es_explain_import(const char *name);

/* Let the calling thread try what may be denied without an explanation, or not any more. */
ES_API void es_explain_quiet(int on);

/* The program is run by a free-threaded CPython, whose garbage collector asks /proc/self/status how
 * much memory the process uses, and does without: that is not explained, and it is refused while
 * the process learns. */
ES_API void es_tell_free_threaded(void);

/* So many kinds of denials are kept. */
enum { ES_DENIALS = 256 };

/* One kind of denial.  Every text ends with a 0, and is cut where it is longer. */
typedef struct {
    int32_t number, errnum;
    int32_t thread, process; /* of the first time */
    char words[1024];        /* the call, with its arguments in words */
    char path[1024];         /* the first path or address of the call, or "" */
    char imported[128];      /* what was being imported, or "" */
    char needs[1024];        /* what would allow it, as code, a line each */
    char stack[12288];       /* a line for each frame, as Python's faulthandler writes them */
} es_denial;

/* Fill in the first size bytes of denial 0 to ES_DENIALS - 1, in their order, and how often it
 * happened, here and in all processes that were forked after es_explain_start().  ES_ERR_ARGUMENT
 * when there is no such one, also between others, or denial or count is NULL. */
ES_API int es_denial_get(uint32_t index, es_denial *denial, size_t size, uint64_t *count);

/* The index of the last denial of the calling thread, or -1: also if it was asked for before. */
ES_API int32_t es_denial_fresh(void);

/* ---- Learning ----------------------------------------------------------------------------- */

/*
 * What does a program need?  While a process learns, each of its calls sends SIGSYS to the thread
 * that makes it (syscall user dispatch), whose handler notes the call and makes it.  So it is for
 * children that are forked; a program that is started by execve(2) is not watched.  No filter is
 * loaded, and afterwards nothing is left.
 *
 * As with explaining, there is one of these a process, and only one thread at a time may begin or
 * end it.
 */

/* Take over SIGSYS, and learn from all threads, which are interrupted; what was learnt before is
 * forgotten.  *others becomes how many there are besides the calling one.
 *
 * ES_ERR_THREAD, and nothing changed: the calling thread blocks SIGSYS, which would end the
 * process; others unblock it.  ES_ERR_UNSUPPORTED: the kernel, this library, or how the program is
 * linked does not allow it.  ES_ERR_REFUSED: an outer sandbox does not. */
ES_API int es_learn_start(uint32_t *others, es_error *error);

/* Learn no more, in all threads and processes, and give SIGSYS back: 1.  0 in a child that was
 * forked meanwhile, where the calling thread takes part no more; and when a thread did not answer
 * for some seconds, so that SIGSYS is still ours. */
ES_API int es_learn_stop(void);

/* Run a program, by its path and its words, whose last is NULL, and learn from it, and from all
 * that it starts: return when they have ended.  What was learnt before is forgotten.  *ended
 * becomes how the program ended, as with wait(2).  The calling thread has to be allowed to read the
 * memory of its child, and never sees what a call returns: of those that fail, only what could be
 * foreseen does so in the observations.  There are no stacks.  Meanwhile the process ignores SIGINT
 * and SIGQUIT, and passes on SIGTERM and SIGHUP to the program, where it does not handle them; if
 * the calling thread ends, the program is killed.
 *
 * ES_ERR_UNSUPPORTED: the kernel is older than 5.9.  ES_ERR_REFUSED: an outer sandbox does not
 * allow it.  ES_ERR_KERNEL, operation execve(2): the program cannot be started, see
 * es_error.errnum.  ES_ERR_NO_MEMORY. */
ES_API int es_learn_command(const char *path, char *const words[], int *ended, es_error *error);

/* Is it a call of the native architecture that C libraries and interpreters make for each thread,
 * and do without?  1 or 0.  Such a denial is not explained. */
ES_API int es_is_done_without(const es_call *call);

/* What a descriptor was. */
enum {
    ES_IS_NOTHING = 0, /* no descriptor, or a standard stream */
    ES_IS_FILE,
    ES_IS_DIRECTORY,
    ES_IS_PIPE,
    ES_IS_TERMINAL,
    ES_IS_DEVICE,
    ES_IS_TCP,
    ES_IS_UDP,
    ES_IS_UNIX_STREAM,
    ES_IS_UNIX_DATAGRAM,
    ES_IS_SOCKET,   /* another one */
    ES_IS_OTHER,    /* as those of epoll(7) */
    ES_IS_NOT_KNOWN /* it is closed, or cannot be asked */
};

/* Calls that no filter and no path rule tells apart.  Every text ends with a 0, and is cut where it
 * is longer. */
typedef struct {
    es_call call;             /* of the first time */
    uint64_t count, failed;   /* how often, and how often of that in vain */
    int32_t errnum;           /* of the last time in vain, or 0 */
    int32_t thread, process;  /* of the first time */
    int32_t port;             /* of TCP or UDP, in the address that the call names; -1: none */
    uint32_t order;           /* from 1 on, as they were made first */
    uint32_t compared;        /* bit n: argument n is the same in all of these calls */
    uint32_t descriptor;      /* which argument is a descriptor; kind is what it was */
    uint32_t kind;            /* an ES_IS_* */
    uint32_t created;         /* 1: an open that created the file */
    uint32_t path_arguments[2]; /* of the paths below; a call without paths may be judged by them */
    uint32_t path_count;
    char paths[2][1024];      /* from the root where that is known, or an address */
    char stack[2048];         /* a line for each frame, as Python's faulthandler writes them */
} es_observation;

enum { ES_OBSERVATIONS = 8192 };

/* Fill in the first size bytes of an observation.  ES_ERR_ARGUMENT when there is none with this
 * index, which goes to ES_OBSERVATIONS, in no order, with some between that do not exist. */
ES_API int es_observation_get(uint32_t index, es_observation *observation, size_t size);

/* How many calls are missing: there was no room for them, or, in a command, they could not be read:
 * those of other architectures, and paths in memory that nobody may look into. */
ES_API uint64_t es_observations_missed(void);

/* The steps of es_restrict_privileges(). */
enum {
    ES_STEP_UNSHARE = 1,     /* own descriptor table, file-system information, semaphore undo */
    ES_STEP_AMBIENT = 2,     /* no ambient capabilities */
    ES_STEP_NO_NEW_PRIVS = 4 /* no_new_privs */
};

/* Give up what the process does not need.  Every step is tried whatever became of the others; done
 * tells which were taken, on success and on failure alike, and may be NULL. */
ES_API int es_restrict_privileges(uint32_t *done, es_error *error);

/*
 * Open (or create, with mode less the umask) a regular file that has no other name, not through a
 * link in its last component, lock it with flock(2), and replace its contents.  cloexec 0 keeps it
 * open across execve(2).  On ES_OK the descriptor belongs to the caller and the lock lasts as long
 * as its open file description.  After an error the file's contents are as they were, unless
 * writing the new ones failed; ES_ERR_LOCKED when another open file description holds the lock.
 */
ES_API int es_lock_pid_file(const char *path, int cloexec, uint32_t mode, const char *contents,
                            size_t length, int *descriptor, es_error *error);

/* cdef: end */

#ifdef __cplusplus
}

/* C++ before C++20 has no initializers by name. */
static inline es_error es_error_init()
{
    es_error error = es_error();

    error.size = sizeof(es_error);
    return error;
}
#define ES_ERROR_INIT es_error_init()
#else
#define ES_ERROR_INIT {.size = sizeof(es_error)}
#endif

#endif
