"""Time.allow_gettime: asking the kernel what time it is."""


def test_gettime(run, form):
    def case(box):
        import datetime
        import os
        import resource
        import time

        from pyextrasafe import Time

        raw = box.raw()
        room = raw.memory(256)
        time.localtime()  # reads the time zone
        before = time.time()
        box.apply(Time().allow_gettime())
        box.true("time", 0 <= time.time() - before < 1000)
        box.true("monotonic", time.monotonic() <= time.monotonic())
        box.true("now", datetime.datetime.now().timestamp() >= before)
        box.works("perf_counter", time.perf_counter)
        box.true("process_time", 0 <= time.process_time() < 1000)
        box.true("thread_time", 0 <= time.thread_time() < 1000)
        box.works("get_clock_info", time.get_clock_info, "monotonic")
        box.works("localtime", time.localtime)
        box.true("times", 0 <= os.times().user < 1000)
        box.true("getrusage", 0 <= resource.getrusage(resource.RUSAGE_SELF).ru_utime < 1000)
        for clock in (0, 1, 2, 3, 4, 5, 6, 7):
            box.gives(f"clock_gettime(2) {clock}", 0, raw, "clock_gettime", clock, room)
        box.gives("clock_getres(2)", 0, raw, "clock_getres", 0, room)
        box.gives("gettimeofday(2)", 0, raw, "gettimeofday", room, 0)
        box.true("time(2)", raw("time", 0) >= int(before))
        box.refused("clock_settime", raw, "clock_settime", 0, 1)
        box.refused("settimeofday", raw, "settimeofday", 1, 0)
        box.refused("adjtimex", raw, "adjtimex", 1)
        box.refused("clock_adjtime", raw, "clock_adjtime", 0, 1)
        box.refused("sleep", time.sleep, 0.01)
        box.refused("a timer", raw, "timer_create", 0, 1, 1)
        box.refused("a timer descriptor", raw, "timerfd_create", 0, 0)

    run(case, form=form)


def test_without_it_the_vdso_still_answers(run, form):
    def case(box):
        import time

        raw = box.raw()
        room = raw.memory(16)
        before = time.time()
        box.apply()
        box.true("time", 0 <= time.time() - before < 1000)
        box.true("monotonic", time.monotonic() <= time.monotonic())
        box.works("perf_counter", time.perf_counter)
        box.works("strftime", time.strftime, "%Y", time.gmtime())
        for name in ("clock_gettime", "clock_getres"):
            box.refused(name, raw, name, 2, room)
        box.refused("gettimeofday", raw, "gettimeofday", room, 0)

    run(case, form=form)
