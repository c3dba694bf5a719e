"""Custom on the kernel: every operator at its boundaries, widths, alternatives, names, numbers.

The probes are calls with a bad descriptor: EBADF (or EINVAL) says that the filter let them through.
"""

# A comparison, the values that it must let through, and those that it must refuse.
TOP32, TOP64 = 2**32 - 1, 2**64 - 1
SIGN = 2**63
COMPARISONS = {
    "< 5": ([("<", 5)], [0, 4], [5, 6, 2**32, 2**32 + 4, SIGN, TOP64]),
    "< 2**32": ([("<", 2**32)], [0, TOP32], [2**32, 2**32 + 1, TOP64]),
    "< 2**32 + 5": ([("<", 2**32 + 5)], [0, TOP32, 2**32 + 4], [2**32 + 5, 2**33, TOP64]),
    "< top": ([("<", TOP64)], [0, TOP64 - 1], [TOP64]),
    "<= 5": ([("<=", 5)], [0, 5], [6, 2**32, 2**32 + 5, TOP64]),
    "<= 2**32": ([("<=", 2**32)], [0, TOP32, 2**32], [2**32 + 1, 2**33]),
    "<= 0": ([("<=", 0)], [0], [1, 2**32, TOP64]),
    "== 5": ([("==", 5)], [5], [0, 4, 6, 2**32 + 5, SIGN + 5]),
    "== 2**32 + 5": ([("==", 2**32 + 5)], [2**32 + 5], [5, 2**32, 2**33 + 5]),
    "== top": ([("==", TOP64)], [TOP64], [TOP64 - 1, TOP32]),
    "== -1": ([("==", -1)], [TOP64], [TOP64 - 1, TOP32, 1]),
    "== sign": ([("==", -(2**63))], [SIGN], [0, SIGN + 1, SIGN - 1]),
    "!= 5": ([("!=", 5)], [0, 4, 6, 2**32 + 5, TOP64], [5]),
    "!= 2**32 + 5": ([("!=", 2**32 + 5)], [5, 2**32, 2**33 + 5], [2**32 + 5]),
    "!= 0": ([("!=", 0)], [1, 2**32, SIGN, TOP64], [0]),
    ">= 5": ([(">=", 5)], [5, 6, 2**32, 2**32 + 4, SIGN, TOP64], [0, 4]),
    ">= 2**32 + 5": ([(">=", 2**32 + 5)], [2**32 + 5, 2**33, TOP64], [0, 5, TOP32, 2**32 + 4]),
    ">= top": ([(">=", TOP64)], [TOP64], [0, TOP64 - 1, SIGN]),
    "> 5": ([(">", 5)], [6, 2**32, 2**32 + 5, TOP64], [0, 5]),
    "> 2**32": ([(">", 2**32)], [2**32 + 1, 2**33], [0, TOP32, 2**32]),
    "> 0": ([(">", 0)], [1, 2**32, TOP64], [0]),
    "& 6 == 2": ([(6, 2)], [2, 3, 10, 2**32 + 2, SIGN + 2], [0, 1, 4, 6, 2**32]),
    "& 6 == 0": ([(6, 0)], [0, 1, 8, 2**33], [2, 4, 6, 2**32 + 2]),
    "& 8 == 8": ([(8, 8)], [8, 15, 2**40 + 8], [0, 7, 2**35]),
    "& 2**32 == 2**32": ([(2**32, 2**32)], [2**32, 2**32 + 9, TOP64], [0, TOP32, 2**33]),
    "& 2**32 == 0": ([(2**32, 0)], [0, TOP32, 2**33], [2**32, TOP64]),
    "& both halves": ([(2**40 + 16, 2**40)], [2**40, 2**40 + 1], [0, 16, 2**40 + 16]),
    "& all == 5": ([(TOP64, 5)], [5], [4, 2**32 + 5]),
    "& 0 == 0": ([(0, 0)], [0, 5, TOP64], []),
    "3 to 7": ([(">=", 3), ("<=", 7)], [3, 5, 7], [2, 8, 2**32 + 5, TOP64]),
    "3 to 7 but 5": ([(">=", 3), ("<=", 7), ("!=", 5)], [3, 4, 6, 7], [2, 5, 8, 2**32 + 4]),
    "across 2**32": (
        [(">", TOP32 - 2), ("<", 2**32 + 2)],
        [TOP32 - 1, TOP32, 2**32, 2**32 + 1],
        [TOP32 - 2, 2**32 + 2, 0, 2**33],
    ),
    "odd and less than 8": ([(1, 1), ("<", 8)], [1, 3, 7], [0, 2, 8, 9, 2**32 + 1]),
    "a mask and another": ([(12, 8), (3, 1)], [9, 25, 2**32 + 9], [8, 1, 13, 5]),
    "not 1, not 2": ([("!=", 1), ("!=", 2)], [0, 3, 2**32 + 1], [1, 2]),
}


def test_64_bits(run, form):
    """The offset of lseek(2), whose answer for a bad descriptor is EBADF.

    Each comparison is loaded in a child of its own, which sends what is wrong through a pipe.
    """

    def case(box, comparisons):
        import errno
        import os

        from pyextrasafe import Compare, Custom, Rule

        raw = box.raw()

        def answer(value):
            try:
                raw("lseek", 1000, value, 0)
            except OSError as error:
                return error.errno

        def wrong(tests, passes, refused):
            rule = Rule("lseek", [Compare(1, op, datum) for op, datum in tests])
            box.apply(Custom().add_conditional(rule).add_conditional(("write", [(0, ">=", 3)])))
            return [
                *[f"{value:#x} is refused" for value in passes if answer(value) != errno.EBADF],
                *[
                    f"{value:#x} is let through"
                    for value in refused
                    if answer(value) != errno.EPERM
                ],
            ]

        for name, comparison in comparisons.items():
            reader, writer = os.pipe()
            if os.fork() == 0:
                try:
                    os.write(writer, repr(wrong(*comparison)).encode())
                finally:
                    os._exit(0)
            os.close(writer)
            box.gives(name, b"[]", os.read, reader, 10000)
            os.close(reader)

    run(case, form=form, comparisons=COMPARISONS)


def test_32_bits(run, form):
    """A descriptor: the kernel reads its low half, and so does every comparison."""

    def case(box):
        import errno

        from pyextrasafe import CompareOp, Custom

        top, sign = 2**32 - 1, 2**31
        tests = {
            # A call that takes a descriptor, a comparison, what passes, what is refused. None of
            # these descriptors is open.
            "fsync": (CompareOp.Less, 1000, [999, 500], [1000, 1001, sign, top]),
            "fdatasync": (CompareOp.LessOrEqual, 1000, [999, 1000], [1001, top]),
            "fchdir": (CompareOp.Equal, 1000, [1000], [999, 1001, sign + 1000]),
            "syncfs": (CompareOp.NotEqual, 1000, [999, 1001, top], [1000]),
            "flock": (CompareOp.GreaterEqual, 1000, [1000, 1001, sign, top], [999, 0]),
            "ftruncate": (CompareOp.Greater, 1000, [1001, sign, top], [1000, 0]),
            "dup": (CompareOp.MaskedEqual(sign | 1), sign, [sign, sign + 500], [sign + 1, 500]),
            "getdents64": (CompareOp.Equal, -1, [top], [top - 1, sign]),
        }
        raw = box.raw()
        rules = Custom()
        for call, (op, datum, _, _) in tests.items():
            rules.add_conditional((call, [(0, op, datum)]))
        box.apply(rules)
        for garbage in (0, 1 << 32, top << 32):
            for call, (_, _, passes, refused) in tests.items():
                for fd in passes:
                    label = f"{call} {garbage | fd:#x}"
                    box.reaches(label, errno.EBADF, raw, call, garbage | fd, 8, 0)
                for fd in refused:
                    box.refused(f"{call} {garbage | fd:#x}", raw, call, garbage | fd, 8, 0)

    run(case, form=form)


def test_16_bits(run, form):
    """A mode: the kernel reads 16 bits of it."""

    def case(box):
        import errno

        from pyextrasafe import Custom

        raw = box.raw()
        box.apply(Custom().add_conditional(("fchmod", [(1, "<=", 0o644)])))
        for garbage in (0, 1 << 16, 1 << 31, 1 << 32, (2**48 - 1) << 16):
            box.reaches(f"{garbage:#x}", errno.EBADF, raw, "fchmod", 1000, garbage | 0o644)
            box.refused(f"{garbage:#x}", raw, "fchmod", 1000, garbage | 0o645)
            box.refused(f"{garbage:#x}", raw, "fchmod", 1000, garbage | 0xFFFF)

    run(case, form=form)


def test_unknown_widths(run, form):
    """The comparison must hold for the low half and for the whole word.

    The numbers have no name and no call: what the filter lets through, the kernel answers with
    ENOSYS, and what it refuses it refuses with EPERM.
    """

    def case(box):
        from pyextrasafe import Custom

        raw = box.raw()
        rules = Custom()
        for number, op in ((400, "=="), (401, "!="), (402, "<="), (403, ">"), (404, 7)):
            rules.add_conditional((number, [(0, op, 5)]))
        box.apply(rules)
        above = 1 << 32
        for number, passes, refused in (
            (400, [5], [0, 4, 6, above, above | 5]),
            (401, [0, 4, 6, above, above | 4], [5, above | 5]),
            (402, [0, 4, 5], [6, above, above | 5, above | 6]),
            (403, [6, 2**32 - 1, above | 6], [0, 5, above, above | 5]),
            (404, [5, 13, above | 5], [0, 4, 7, above]),
        ):
            for value in passes:
                box.absent(f"{number} {value:#x}", raw, number, value)
            for value in refused:
                box.refused(f"{number} {value:#x}", raw, number, value)

    run(case, form=form)


def test_widths_that_depend_on_another_argument(run, form):
    """The third argument of fcntl(2): both halves count, also where a datum is beyond 32 bits."""

    def case(box):
        import errno

        from pyextrasafe import Custom

        raw = box.raw()
        above = 1 << 32
        tests = (
            (100, "==", 5, [5], [0, 6, above | 5]),
            (101, "!=", 5, [0, 6, above | 6], [5, above | 5]),
            (102, ">=", 3, [3, above | 3], [2, above, above | 2]),
            (103, "==", above | 5, [above | 5], [5, above, above << 1 | 5]),
            (104, ">", above, [above | 1, above << 1], [5, 2**32 - 1, above]),
            (105, above, above, [above, above | 7], [0, 7, above << 1]),
        )
        rules = Custom()
        for command, op, datum, _, _ in tests:
            rules.add_conditional(("fcntl", [(1, "==", command), (2, op, datum)]))
        box.apply(rules)
        for command, _, _, passes, refused in tests:
            for value in passes:
                label = f"{command} {value:#x}"
                box.reaches(label, errno.EBADF, raw, "fcntl", 1000, command, value)
            for value in refused:
                box.refused(f"{command} {value:#x}", raw, "fcntl", 1000, command, value)

    run(case, form=form)


def test_negative_numbers_as_the_c_library_passes_them(run, form):
    """Of a nice value the kernel reads 32 bits, whatever the upper half of the register holds."""

    def case(box):
        import errno
        import os

        from pyextrasafe import Custom

        raw = box.raw()
        process, nobody = os.PRIO_PROCESS, 2**30
        box.apply(Custom().add_conditional(("setpriority", [(2, "==", -5)])))
        for value in (2**32 - 5, 2**64 - 5, 7 << 32 | 2**32 - 5):
            box.reaches(f"{value:#x}", errno.ESRCH, raw, "setpriority", process, nobody, value)
        box.reaches("as C passes it", errno.ESRCH, os.setpriority, process, nobody, -5)
        for value in (5, 2**32 - 6, 2**32 - 4):
            box.refused(f"{value:#x}", raw, "setpriority", process, nobody, value)

    run(case, form=form)


def test_pointers(run, form):
    """They can be compared with NULL only."""

    def case(box):
        import errno

        from pyextrasafe import Custom

        raw = box.raw()
        rules = Custom().add_conditional(("statfs", [(1, "!=", 0)]))
        rules.add_conditional(("fstatfs", [(1, "==", 0)]))
        box.apply(rules)
        for pointer in (1, 2**32, 2**63):
            box.reaches(f"{pointer:#x}", errno.EFAULT, raw, "statfs", 1, pointer)
            box.refused(f"{pointer:#x}", raw, "fstatfs", 1000, pointer)
        box.refused("NULL", raw, "statfs", 1, 0)
        box.reaches("NULL", errno.EBADF, raw, "fstatfs", 1000, 0)

    run(case, form=form)


def test_several_arguments_and_alternatives(run, form):
    """All comparisons of a rule must hold, of one rule at least."""

    def case(box):
        import errno

        from pyextrasafe import Custom

        raw = box.raw()
        rules = Custom()
        rules.add_conditional(("lseek", [(0, "==", 1000)]))
        rules.add_conditional(("lseek", [(0, "==", 1001), (2, "==", 1)]))
        rules.add_conditional(("lseek", [(1, ">", 5), (2, "==", 2)]))
        box.apply(rules)
        for arguments in (
            (1000, 0, 0),
            (1000, 9, 1),
            (1001, 0, 1),
            (1001, 9, 1),
            (1002, 6, 2),
            (1001, 6, 2),
            (1003, 2**32, 2),
        ):
            box.reaches(f"{arguments}", errno.EBADF, raw, "lseek", *arguments)
        for arguments in (
            (1001, 0, 0),
            (1001, 9, 0),
            (1002, 0, 1),
            (1002, 5, 2),
            (1003, 6, 1),
            (1002, 6, 0),
        ):
            box.refused(f"{arguments}", raw, "lseek", *arguments)

    run(case, form=form)


def test_six_arguments(run, form):
    def case(box):
        import errno

        from pyextrasafe import Custom

        raw = box.raw()
        tests = [(0, "==", 1000), (2, "==", 1001), (4, "<", 7), (5, "==", 0)]
        box.apply(Custom().add_conditional(("copy_file_range", tests)))
        good = (1000, 0, 1001, 0, 6, 0)
        box.reaches("all hold", errno.EBADF, raw, "copy_file_range", *good)
        for argument, value in ((0, 1001), (2, 1000), (4, 7), (5, 1)):
            bad = [value if n == argument else word for n, word in enumerate(good)]
            box.refused(f"{argument}", raw, "copy_file_range", *bad)

    run(case, form=form)


def test_names_and_numbers(run, form):
    def case(box):
        import errno

        from pyextrasafe import Compare, CompareOp, Custom, Rule

        raw = box.raw()
        rules = Custom()
        rules.add_simple("fsync").add_simple(raw.number("fdatasync"))
        rules.add_conditional(Rule(raw.number("flock"), [Compare(0, CompareOp.Equal, 1000)]))
        rules.add_conditional((raw.number("fchdir"), [(0, "==", 1000)]))
        rules.add_simple(460)  # a number that has no name here
        rules.add_simple("arm_fadvise64_64")  # a name that has no number here
        box.apply(rules)
        for name in ("fsync", "fdatasync", "flock", "fchdir"):
            box.reaches(name, errno.EBADF, raw, name, 1000, 8)
        for name in ("flock", "fchdir"):
            box.refused(name, raw, name, 1001, 8)
        box.absent("its neighbour", raw, 600)
        box.refused("write", raw, "write", 1, 0, 0)

    run(case, form=form)


def test_rules_that_always_hold_are_simple(run, form):
    def case(box):
        import errno

        from pyextrasafe import Custom, Rule, SystemIO

        raw = box.raw()
        rules = Custom().add_conditional(Rule("fsync", []))
        rules.add_conditional(("fdatasync", [(0, ">=", 0)]))
        rules.add_conditional(("flock", [(1, 0, 0)]))
        rules.add_conditional(("write", [(2, ">=", 0)]))
        box.apply(rules, SystemIO().allow_write())  # so it is no contradiction, either
        for name in ("fsync", "fdatasync", "flock", "write"):
            for fd in (1000, 2**32 - 1):
                box.reaches(f"{name} {fd}", errno.EBADF, raw, name, fd, 8, 0)

    run(case, form=form)


def test_together_with_permissions(run, form):
    """Custom widens a permission that is no promise, and stands beside one that is."""

    def case(box):
        import os

        from pyextrasafe import Custom, SystemIO

        raw = box.raw()
        file = os.open("file", os.O_RDWR | os.O_CREAT)
        other = os.open("other", os.O_RDWR | os.O_CREAT)
        rules = Custom().add_conditional(("write", [(0, "==", file), (2, "<=", 3)]))
        box.apply(SystemIO().allow_stdout(), rules)
        box.works("print", print, "printed", flush=True)
        box.works("write", os.write, file, b"abc")
        box.refused("too much", os.write, file, b"abcd")
        box.refused("another", os.write, other, b"abc")
        box.refused("standard error", os.write, 2, b"abc")
        box.refused("writev", raw, "writev", file, raw.vector(b"abc"), 1)

    result = run(case, form=form)
    assert result.stdout == b"printed\n"
    assert (result.directory / "file").read_bytes() == b"abc"
    assert (result.directory / "other").read_bytes() == b""


def test_a_rule_set_of_ones_own(run, form):
    def case(box):
        import os

        from pyextrasafe import Custom

        raw = box.raw()

        class Pipes(Custom):
            """Pipes, and nothing else."""

            def __init__(self):
                super().__init__()
                self.add_simple("pipe2")

        box.apply(Pipes())
        box.works("pipe", raw, "pipe2", raw.memory(8), 0)
        box.refused("dup", os.dup, 1)

    run(case, form=form)


def test_many_descriptors(run, form):
    """Alternatives that differ in one argument unite, and the last one counts as the first."""

    def case(box):
        import errno

        from pyextrasafe import Custom

        raw = box.raw()
        rules = Custom()
        for fd in range(1000, 2000, 2):
            rules.add_conditional(("fsync", [(0, "==", fd)]))
        box.apply(rules)
        for fd in (1000, 1002, 1500, 1998):
            box.reaches(f"{fd}", errno.EBADF, raw, "fsync", fd)
        for fd in (998, 1001, 1499, 1999, 2000, 2**32 - 1000):
            box.refused(f"{fd}", raw, "fsync", fd)

    run(case, form=form)
