/* Kills a process before its n-th system call that changes a file, counted by the kernel: none slips through.
 *
 * `kill_at(n)` installs a filter that stops every such call, of any thread, with a signal; the handler counts it, kills
 * where it is the n-th (from 0), and else makes the call itself, from the one instruction that the filter lets through.
 * A call counts as one that changes a file where its name says so, and where it writes or cuts, of regular files only.
 * What was synced makes no difference to a process that is killed, but fsync is counted too. `calls_made()` is how many
 * there were. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static volatile long left, made;

extern char call_ends[];
long made_by_us(long number, long a, long b, long c, long d, long e, long f);

#if defined(__x86_64__)
__asm__(".text\n.globl made_by_us\n.globl call_ends\nmade_by_us:\n"
        "mov %rdi, %rax\nmov %rsi, %rdi\nmov %rdx, %rsi\nmov %rcx, %rdx\nmov %r8, %r10\nmov %r9, %r8\n"
        "mov 8(%rsp), %r9\nsyscall\ncall_ends:\nret\n");
#define ARGUMENT(context, index) ((long)(context)->uc_mcontext.gregs[(int[]){REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9}[index]])
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
__asm__(".text\n.globl made_by_us\n.globl call_ends\nmade_by_us:\n"
        "mov x8, x0\nmov x0, x1\nmov x1, x2\nmov x2, x3\nmov x3, x4\nmov x4, x5\nmov x5, x6\n"
        "svc #0\ncall_ends:\nret\n");
#define ARGUMENT(context, index) ((long)(context)->uc_mcontext.regs[index])
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#else
#error "x86-64 or ARM"
#endif

static const int NAMED[] = { /* their name says that they change a file */
    __NR_renameat2, __NR_linkat, __NR_symlinkat, __NR_unlinkat, __NR_mkdirat, __NR_mknodat,
    __NR_fchmod, __NR_fchmodat, __NR_fchown, __NR_fchownat, __NR_truncate, __NR_utimensat, __NR_setxattr,
    __NR_fsetxattr, __NR_copy_file_range, __NR_fallocate,
#ifdef __NR_renameat
    __NR_renameat,
#endif
#ifdef __NR_fchmodat2
    __NR_fchmodat2,
#endif
#ifdef __NR_rename
    __NR_rename, __NR_link, __NR_symlink, __NR_unlink, __NR_mkdir, __NR_rmdir, __NR_mknod, __NR_chmod, __NR_chown,
    __NR_utime, __NR_utimes,
#endif
};
static const int OF_REGULAR_FILES[] = { /* their first argument is the file */
    __NR_write, __NR_pwrite64, __NR_writev, __NR_pwritev, __NR_pwritev2, __NR_ftruncate, __NR_fsync, __NR_fdatasync,
    __NR_sendfile,
};
static const int OPENING[] = { /* where they make or empty a file */
    __NR_openat,
#ifdef __NR_open
    __NR_open, __NR_creat,
#endif
};
#define COUNT(list) (sizeof list / sizeof *list)

static int is_among(int number, const int *list, size_t count) {
    while (count--)
        if (list[count] == number) return 1;
    return 0;
}

static int changes(int number, ucontext_t *context) {
    if (is_among(number, OF_REGULAR_FILES, COUNT(OF_REGULAR_FILES))) {
        struct stat found;
        return !fstat((int)ARGUMENT(context, 0), &found) && S_ISREG(found.st_mode);
    }
    if (!is_among(number, OPENING, COUNT(OPENING))) return 1;
#ifdef __NR_open
    if (number == __NR_creat) return 1;
    if (number == __NR_open) return (ARGUMENT(context, 1) & (O_CREAT | O_TRUNC)) != 0;
#endif
    return (ARGUMENT(context, 2) & (O_CREAT | O_TRUNC)) != 0;
}

static void stopped(int number, siginfo_t *info, void *at) {
    ucontext_t *context = at;
    int call = info->si_syscall, before = errno;
    (void)number;
    if (changes(call, context)) {
        if (__atomic_fetch_sub(&left, 1, __ATOMIC_SEQ_CST) == 0) {
            kill(getpid(), SIGKILL);
            for (;;) pause();
        }
        __atomic_fetch_add(&made, 1, __ATOMIC_SEQ_CST);
    }
    RESULT(context) = made_by_us(call, ARGUMENT(context, 0), ARGUMENT(context, 1), ARGUMENT(context, 2),
                                 ARGUMENT(context, 3), ARGUMENT(context, 4), ARGUMENT(context, 5));
    errno = before;
}

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

/* From now on this process dies before its n-th change; 0 where the kernel allows that. */
int kill_at(long n) {
    struct sigaction action = {.sa_sigaction = stopped, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    uint64_t ours = (uint64_t)(uintptr_t)call_ends;
    struct sock_filter program[128];
    unsigned short length = 0;
    left = n;
    made = 0;
    if (sigaction(SIGSYS, &action, NULL)) return -1;
    program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer));
    program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)ours, 0, 3);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4);
    program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(ours >> 32), 0, 1);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[length++] = (struct sock_filter)LOAD(nr);
    const int *lists[] = {NAMED, OF_REGULAR_FILES, OPENING};
    const size_t counts[] = {COUNT(NAMED), COUNT(OF_REGULAR_FILES), COUNT(OPENING)};
    for (int list = 0; list < 3; list++)
        for (size_t index = 0; index < counts[list]; index++) {
            program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)lists[list][index], 0, 1);
            program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
        }
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {.len = length, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
}

/* How many calls that change a file were made since. */
long calls_made(void) { return made; }
