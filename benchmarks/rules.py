"""What a permission of the package grants, as rules that every peer can be given."""

from pyextrasafe._native import ffi, lib

# In the order of es_operator, whose last is the masked comparison.
_SYMBOLS = ("<", "<=", "==", "!=", ">=", ">")
# Stands for the own process id, which other libraries would have to be told.
_SOME_PROCESS = 1234


def _comparison(test):
    op = test.mask if test.op == lib.ES_MASKED_EQUAL else _SYMBOLS[test.op]
    datum = _SOME_PROCESS if test.source == lib.ES_DATUM_OWN_PID else test.datum
    return test.argument, op, datum


def _comparisons(row):
    # libseccomp takes one comparison of an argument: the last one stands for all.
    found = [_comparison(row.comparisons[i]) for i in range(row.comparison_count)]
    return list({comparison[0]: comparison for comparison in found}.values())


def _rows(permission):
    row = ffi.new("es_row_info *")
    for index in range(lib.es_row_count()):
        lib.es_row_get(index, row, ffi.sizeof("es_row_info"))
        if row.kind == lib.ES_ROW_ENOSYS or row.permission != permission:
            continue
        if row.kind == lib.ES_ROW_INCLUDE:
            yield from _rows(row.included)
        elif lib.es_syscall_number(0, row.syscall) >= 0:
            yield ffi.string(row.syscall).decode(), _comparisons(row)


def rules_of(ruleset, permission=""):
    """Return the rules of a permission; "" is what the rule set grants by itself."""
    return list(_rows(lib.es_permission_find(ruleset.encode(), permission.encode())))


def united(*policies):
    """Return the rules of all policies, without those that another one makes superfluous."""
    rules = [rule for policy in policies for rule in policy]
    always = dict.fromkeys(name for name, comparisons in rules if not comparisons)
    conditional = [rule for rule in rules if rule[0] not in always]
    return [(name, []) for name in always] + conditional
