"""A context that comes from a file is applied like any other."""


def test_a_file_is_applied(run, form, tmp_path):
    """What it needs to be read is imported before the lock-down, and nothing after."""
    path = tmp_path / "policy.toml"
    path.write_text('[SystemIO]\nallow_stdout = true\n[[Custom]]\ncall = "sched_yield"\n')

    def case(box, path):
        import os
        import sys

        import pyextrasafe

        context = pyextrasafe.SafetyContext.from_file(path)
        expected = context.compile().digest
        getattr(context, box.form)()
        loaded = set(sys.modules)
        box.gives("the file's descriptor", 5, os.write, 1, b"hello")
        box.refused("another one", os.write, 2, b"hello")
        box.works("the rule", os.sched_yield)
        box.refused("reading a file", open, path)
        box.gives("the digest", expected, lambda: pyextrasafe.status().digest)
        box.equal("no module was imported", set(), set(sys.modules) - loaded)

    assert run(case, form=form, path=str(path)).stdout == b"hello"
