"""What an attempt is, and what is claimed of it: see attempt()."""

from permissions import PATH, PORT, permissions, together

FORMS = ("apply_to_current_thread", "apply_to_all_threads")

# The answers by which a filter refuses.
REFUSALS = {"EPERM", "ENOSYS", "SIGSYS"}
# Where the processor has no such instruction, no call is made that could be refused: Intel's have
# no syscall in 32-bit mode.
NO_CALL = {"SIGILL"}


class Policies:
    """One or more contexts: the Python that makes each, and what the table calls them, if it does
    not show the Python."""

    def __init__(self, codes, label=None):
        self.codes = list(codes)
        self.label = label

    def without(self, *others, why):
        """These, but for those that are meant to allow it."""
        left_out = {code for other in others for code in other.codes}
        return Policies([c for c in self.codes if c not in left_out], f"{self.label}, {why}")


def under(*codes):
    """The contexts that these pieces of Python make, each alone."""
    return Policies(codes)


def nothing_or(*codes):
    """No permission at all, and each of these contexts alone."""
    return Policies(["", *codes], "; ".join(["no permission", *(f"``{code}``" for code in codes)]))


def called(code):
    """What messages call a context."""
    return {"": "no permission", ALL: "all together"}.get(code, code)


ONE_BY_ONE = [code for code, _ in permissions() if not code.endswith(".everything()")]
# Permissions for paths and ports have groups of their own.
NAMING = [code for code in ONE_BY_ONE if code.endswith((f"({PATH!r})", f"({PORT})", "_files()"))]
EACH = [code for code in ONE_BY_ONE if code not in NAMING]
NETWORKING = [code for code in EACH if code.startswith("Networking().")]
LISTEN = "Networking().allow_listen()"
EVENT_LOOP = "Networking().allow_event_loop()"
LOOKUP = "Networking().allow_name_lookup()"
DATAGRAMS = "Networking().allow_start_unix_datagrams()"
# These receive messages with descriptors.
UNIX = [code for code in NETWORKING if "_unix_" in code and code != DATAGRAMS]
ALL_NETWORKING = ", ".join(NETWORKING)
ALL = together()
EVERYTHING = under("SystemIO.everything()")
TOGETHER = Policies([ALL], "all permissions together")
EVERY = Policies(
    [*EACH, *EVERYTHING.codes, ALL],
    "every permission that names no path and no port, and all together",
)
REALLY_EVERY = Policies([*EVERY.codes, *NAMING], "every permission, and all together")
# allow_listen() is a single call.
USERS = [code for code in NETWORKING if code != LISTEN]
NETWORKS = Policies(USERS, "every Networking permission but allow_listen()")
SENDERS = Policies(
    [code for code in USERS if code not in (EVENT_LOOP, LOOKUP)],
    "every Networking permission but allow_listen(), allow_event_loop() and allow_name_lookup()",
)
NOTHING = Policies([""], "no permission")


class Claim:
    """What is expected under some contexts.

    refused: the filter says no, and the effect does not happen. harmless: the filter lets the call
    through, and the kernel by its own rules does not let the effect happen. admitted: the effect
    happens; the threat model says why.
    """

    def __init__(self, expected, policies, anchor=None, form=None):
        self.expected = expected
        self.policies = policies
        self.anchor = anchor
        self.forms = [form] if form else FORMS

    def fault(self, answer, effect, refusals):
        """What is wrong with an answer and an effect, or None."""
        if answer.startswith(("broke", "hang")):
            return answer
        if self.expected == "admitted":
            return None if effect else f"the effect does not happen: {answer}"
        if effect:
            return f"the effect happens: {answer}"
        if self.expected == "refused" and not set(answer.split(", ")) <= refusals | NO_CALL:
            return f"the filter lets it through: {answer}"
        return None


def refused(policies, form=None):
    return Claim("refused", policies, form=form)


def harmless(policies, form=None):
    return Claim("harmless", policies, form=form)


def admitted(policies, anchor, form=None):
    return Claim("admitted", policies, anchor, form)


class Attempt:
    """See attempt()."""

    def __init__(self, prepare, title, claims, effect, traits):
        self.prepare = prepare
        self.title = title
        self.claims = claims
        self.effect = effect
        self.alone = traits.get("alone", False)
        self.itself = traits.get("itself", False)
        self.optional = traits.get("optional")
        self.refusals = REFUSALS | {traits.get("answer")}


ATTEMPTS = []  # of the only group that this process imports


def attempt(title, *claims, effect, **traits):
    """Register a function that prepares an attempt: prepare(world) returns two or three functions.

    The first tries: it runs in a child that is locked down, and returns what there is to judge, or
    raises OSError. The second tells whether the effect happened; it is called with an Answer, in a
    process that is not locked down, while the child is stopped. Without any filter the effect has
    to happen, or the attempt would prove nothing. A third one runs in the child before the
    lock-down. As long as its effect does not happen, one preparation serves for several contexts.

    effect names the effect. Traits: alone, the attempt needs a child of its own; itself, its first
    function locks down by itself, with the function that it is given; optional, why some kernels
    cannot do it at all; answer, the errno of its own that a filter gives.
    """

    def register(prepare):
        ATTEMPTS.append(Attempt(prepare, title, claims, effect, traits))
        return prepare

    return register


class Answer:
    """What the child got: text, an errno's name or "ok" or how it ended; and value."""

    def __init__(self, text, value):
        self.text = text
        self.value = value
        self.ok = text == "ok"

    @property
    def reached(self):
        """The kernel itself answered."""
        return self.text not in REFUSALS

    @property
    def done(self):
        """The call was successful, or it ended the process."""
        return self.ok or self.text.startswith("SIG")


def said(text, value=None):
    """What a first function returns to give its answer in words of its own."""
    return {"said": text, "value": value}
