"""An io_uring that was made before the lock-down carries its orders out past the filter."""


def test_applying_beside_a_ring_is_refused(run, form):
    def case(box):
        import ctypes
        import os

        from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

        raw = box.raw()
        parameters = ctypes.create_string_buffer(120)
        context = SafetyContext().enable(SystemIO().allow_stdout().allow_close())
        ring = raw("io_uring_setup", 4, ctypes.addressof(parameters))
        try:
            getattr(context, box.form)()
        except ExtraSafeError as error:
            box.equal("its code", "io-uring", error.code)
            box.equal("the kernel refused nothing", (None, None), (error.errno, error.operation))
            box.true("it says what to do", "close it" in str(error))
        else:
            box.true("it is refused", False)
        box.works("nothing has changed", os.stat, "/")
        os.close(ring)
        box.works("without the ring", getattr(context, box.form))
        box.refused("now it is locked down", os.stat, "/")
        box.absent("no other ring", raw, "io_uring_setup", 4, ctypes.addressof(parameters))

    run(case, form=form)
