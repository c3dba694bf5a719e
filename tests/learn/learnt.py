"""A program of the examples is learnt from where it would lock itself down, and then runs inside of
what was learnt."""

import copy

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
