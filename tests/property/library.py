"""The C library: policies of rules, and what they and their programs decide."""

from pyextrasafe import BasicCapabilities, _ffi
from pyextrasafe._ffi import ffi, lib

from . import bpf

ALLOW = lib.ES_ACTION_ALLOW
ERRNO = lib.ES_ACTION_ERRNO
ARCHITECTURES = (lib.ES_ARCH_X86_64, lib.ES_ARCH_AARCH64, lib.ES_ARCH_RISCV64)
NATIVE = lib.es_arch_native()

_WORD = 2**64
_OPERATORS = {
    "<": lib.ES_LESS,
    "<=": lib.ES_LESS_OR_EQUAL,
    "==": lib.ES_EQUAL,
    "!=": lib.ES_NOT_EQUAL,
    ">=": lib.ES_GREATER_EQUAL,
    ">": lib.ES_GREATER,
}


def number_of(call, arch=NATIVE):
    """The number of a call, which may be one already; negative where there is no such call."""
    return call if isinstance(call, int) else lib.es_syscall_number(arch, call.encode())


def pack(comparisons):
    """Comparisons as C takes them."""
    packed = []
    for arg, op, datum in comparisons:
        masked = isinstance(op, int)
        mask = op if masked else 0
        code = lib.ES_MASKED_EQUAL if masked else _OPERATORS[op]
        negative = (datum < 0) * lib.ES_NEGATIVE_DATUM | (mask < 0) * lib.ES_NEGATIVE_MASK
        packed.append((arg, code, lib.ES_DATUM_CONSTANT, negative, mask % _WORD, datum % _WORD))
    return ffi.new("es_comparison[]", packed)


def public_permissions():
    """Index and argument (None for none) of each permission that can be granted."""
    told = {
        lib.ES_TAKES_NOTHING: [None],
        lib.ES_TAKES_DESCRIPTOR: [5],
        lib.ES_TAKES_PATH: ["/srv"],
        lib.ES_TAKES_PORT: [None, 443],
        lib.ES_TAKES_FILES: [None, "/srv"],
    }
    info = ffi.new("es_permission_info *")
    for index in range(lib.es_permission_count()):
        assert lib.es_permission_get(index, info, ffi.sizeof("es_permission_info")) == lib.ES_OK
        if info.is_public:
            for argument in told[info.takes]:
                yield index, argument


def conditions():
    """The call of each row of the table, and the data of its comparisons by argument."""
    info = ffi.new("es_row_info *")
    for index in range(lib.es_row_count()):
        assert lib.es_row_get(index, info, ffi.sizeof("es_row_info")) == lib.ES_OK
        call = ffi.string(info.syscall).decode()
        if call:
            comparisons = [info.comparisons[i] for i in range(info.comparison_count)]
            yield call, {test.argument: test.datum for test in comparisons}


class Policy:
    """A policy and the program that it compiles to."""

    def __init__(self, arch=NATIVE):
        self.arch = arch
        made = ffi.new("es_policy **")
        assert lib.es_policy_new(arch, made, ffi.NULL) == lib.ES_OK
        self._policy = ffi.gc(made[0], lib.es_policy_free)
        self._program = None

    def allow(self, call, comparisons, flags=0):
        """Add a rule, if the architecture has the call."""
        number = number_of(call, self.arch)
        if number >= 0:
            comparisons = pack(comparisons)
            error = _ffi._new_error()
            status = lib.es_policy_allow(
                self._policy, number, comparisons, len(comparisons), flags, error
            )
            assert status == lib.ES_OK, ffi.string(error.message)

    def permit(self, index, argument):
        """Grant a permission of the table."""
        alive = []
        given = _ffi._argument(index, argument, alive)
        assert lib.es_policy_permit(self._policy, index, given, ffi.NULL) == lib.ES_OK

    def enable(self, *rulesets):
        """Add what rule sets grant, as a context does when it is applied."""
        for ruleset in (BasicCapabilities(), *rulesets):
            for index, given in ruleset._permissions():
                self.permit(index, given)
            rules = ruleset._rules()
            assert (
                lib.es_policy_allow_packed(self._policy, rules, len(rules), ffi.NULL) == lib.ES_OK
            )

    def compile(self):
        """Compile it; return the status."""
        made = ffi.new("es_program **")
        status = lib.es_compile(self._policy, made, ffi.NULL)
        if status == lib.ES_OK:
            self._program = ffi.gc(made[0], lib.es_program_free)
        return status

    def instructions(self):
        """The program as the Python interpreter takes it."""
        length = lib.es_program_length(self._program)
        exported = ffi.new("es_instruction[]", length)
        assert lib.es_program_export(self._program, exported, length) == length
        return bpf.parse(bytes(ffi.buffer(exported)))

    def meaning(self, number, args):
        """What the policy means for a call."""
        return lib.es_policy_decide(self._policy, self._call(number, args), 0)

    def decision(self, number, args):
        """What the program decides, as C interprets it."""
        run = ffi.new("es_run *")
        call = self._call(number, args)
        assert lib.es_program_decide(self._program, call, 0, run, ffi.sizeof("es_run")) == lib.ES_OK
        return run.action

    def _call(self, number, args):
        return ffi.new("es_call *", (number, self.arch, 0, list(args)))
