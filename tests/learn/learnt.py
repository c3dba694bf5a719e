"""A program of the examples is learnt from where it would lock itself down, and then runs inside of
what was learnt."""

import copy
import pickle
import re
import sys

import pyextrasafe
from pyextrasafe import _ask, _files

# What every chain may have besides: for errors that a later run tells, and, from CPython 3.12 on,
# for counting threads at a fork.
ALWAYS = {"SystemIO().allow_stderr()"}
if sys.version_info >= (3, 12):
    ALWAYS.add("SystemIO().allow_read_path('/proc/self/stat')")
# Stands before a program. Its context is not applied: what follows is learnt. What is imported late
# would be learnt as well.
LEARN = """
def begin_learning():
    import os, pickle
    import pyextrasafe
    from pyextrasafe import _chain

    begun = []
    report = os.path.abspath("../learnt")
    leave = os._exit

    def apply(self):
        if not begun:
            watching = pyextrasafe.learn()
            begun.extend([os.getpid(), watching, repr(self), watching.__enter__()])

    def finish():
        if begun and begun[0] == os.getpid():
            _, watching, written, seen = begun
            begun[0] = 0
            watching.__exit__(None, None, None)
            with open(report, "wb") as file:
                pickle.dump((written, seen), file)

    def finish_and_leave(status):
        finish()
        leave(status)

    os._exit = finish_and_leave
    pyextrasafe.SafetyContext.apply_to_all_threads = apply
    return finish

finish_learning = begin_learning()
try:
    exec(compile({source!r}, __file__, "exec"), globals())
finally:
    finish_learning()
"""
# Likewise: what is applied is what was learnt.
INSTEAD = """
def apply_instead():
    import pyextrasafe

    space = {{}}
    exec({chain!r}, space)
    apply = pyextrasafe.SafetyContext.apply_to_all_threads
    pyextrasafe.SafetyContext.apply_to_all_threads = lambda self: apply(space["context"])

apply_instead()
exec(compile({source!r}, __file__, "exec"), globals())
"""


def prefixed(program, prefix, **values):
    """The same program with something before it."""
    changed = copy.copy(program)
    changed.source = prefix.format(source=program.source, **values)
    return changed


def chain_of(code):
    """The code of a chain that makes a context, and does not apply it."""
    assert code.count(").apply_to_all_threads()") == 1
    made = code.replace("\nSafetyContext()", "\ncontext = SafetyContext()", 1)
    return made.replace(").apply_to_all_threads()", ")")


def check(program, play, wider, by_chance, *, all_of_it):
    """Learn a program, compare what was learnt with what was written by hand, and run it inside.

    wider: what is allowed besides; by_chance: its ports are others in each run; all_of_it: whether
    this interpreter makes all calls that wider is about.
    """
    result = play(prefixed(program, LEARN))
    program.check_run(result)
    written, seen = pickle.loads((result.directory.parent / "learnt").read_bytes())
    assert not seen.missed
    code = seen.as_code()
    by_hand = eval(written, dict(vars(pyextrasafe))).compile()
    found = {ruled(line) for line in by_hand.diff(seen.context().compile()) if line[0] == "+"}
    if ".allow_python_files()" in written:
        found = {one for one in found if not is_of_python(one)}
    found -= ALWAYS
    said = f"WIDER {program} {found}\n{code}"
    assert found == set(wider) if all_of_it else found <= set(wider), said
    chain = chain_of(code).replace(str(result.directory), str(result.directory.with_name("case2")))
    if by_chance:
        chain = re.sub(r"(allow_start_tcp_clients)\([\d, ]+\)", r"\1()", chain)
    program.check_run(play(prefixed(program, INSTEAD, chain=chain)))


def is_of_python(permission):
    """Tell whether a permission reads what allow_python_files() finds, which no diff can know."""
    path = re.fullmatch(r"SystemIO\(\)\.allow_(?:read_path|list_dir)\('(.*)'\)", permission)
    found = _files.find("allow_python_files")
    return path is not None and any(_ask.covers(folder, path.group(1)) for folder in found)


def ruled(line):
    """Who allows what a line of diff() tells of."""
    allowed_by = line.partition(": ")[2]
    return "Custom()" if allowed_by.startswith("Custom()") else allowed_by
