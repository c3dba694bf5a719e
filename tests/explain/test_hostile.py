"""What code inside the process can do to explanations: forge and clear them, and no more."""

import platform

import pytest

# A call that is made by instructions of one's own, and not by the C library.
MACHINE = {
    "x86_64": "4889f84889f74889d64889ca4d89c24d89c80f05c3",
}.get(platform.machine())


def test_the_records_are_forged_and_cleared(run):
    def case(box):
        import ctypes
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        SafetyContext().explain_denials(False).enable(
            SystemIO().allow_read_path("/proc/self/maps")
        ).apply_to_all_threads()
        box.outside("before", os.open, "/etc/hosts", os.O_RDONLY)
        with open("/proc/self/maps") as file:
            shared = [line for line in file if "/dev/zero (deleted)" in line and " rw-s " in line]
        spans = [[int(end, 16) for end in line.split()[0].split("-")] for line in shared]
        first, after = max(spans, key=lambda span: span[1] - span[0])
        box.true("there", "/etc/hosts" in [denial.path for denial in denials()])
        at = ctypes.string_at(first, after - first).index(b"/etc/hosts\0")
        ctypes.memmove(first + at, b"/etc/lies!", 10)
        box.true("forged", "/etc/lies!" in [denial.path for denial in denials()])
        ctypes.memset(first, 0, after - first)
        box.equal("cleared", [], denials())
        box.outside("still denied", os.open, "/etc/hosts", os.O_RDONLY)
        ctypes.memset(first, 255, after - first)
        box.outside("still", os.open, "/etc/hosts", os.O_RDONLY)
        box.refused("and this", os.mkdir, "/tmp/here")
        denials()

    run(case)


@pytest.mark.skipif(MACHINE is None, reason="has no instructions for this machine")
def test_a_handler_of_their_own(run):
    """It can pretend that a call was made, and cannot make it."""

    def case(box, machine):
        import ctypes
        import mmap
        import os

        from pyextrasafe import SafetyContext, SystemIO, denials

        # Never given back: the handler is needed to the end.
        allocate = ctypes.CDLL(None).mmap
        allocate.restype = ctypes.c_void_p
        all_of_it = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        address = allocate(None, 4096, all_of_it, private, -1, ctypes.c_long(0))
        # A handler that says that the call has returned 0: mov qword [rdx+144], 0; ret
        lie = bytes.fromhex("48c7829000000000000000c3")
        restore = bytes.fromhex("b80f0000000f05")  # rt_sigreturn
        code = bytes.fromhex(machine).ljust(64, b"\x90") + lie.ljust(64, b"\x90") + restore
        ctypes.memmove(address, code, len(code))
        kind = ctypes.CFUNCTYPE(ctypes.c_long, *[ctypes.c_ulong] * 6)
        call = kind(address)
        SafetyContext().explain_denials(False).enable(
            SystemIO().allow_metadata()
        ).apply_to_all_threads()
        path = ctypes.create_string_buffer(b"forged")
        # A call past the C library is refused as without explanations, and is not recorded.
        box.equal("mkdir", -1, call(83, ctypes.addressof(path), 0o700, 0, 0, 0))
        box.equal("no record", [], denials())
        # The handler is replaced, past the C library, so that nobody minds.
        action = (ctypes.c_ulong * 4)(address + 64, 0x04000004, address + 128, 0)
        box.equal("replaced", 0, call(13, 31, ctypes.addressof(action), 0, 8, 0))
        os.mkdir("forged")
        box.true("it was never made", not os.path.exists("forged"))
        box.equal("no record of it", [], denials())

    run(case, machine=MACHINE)
