from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

context = SafetyContext().enable(SystemIO().allow_stdout(), SystemIO().allow_write())
try:
    context.apply_to_all_threads()
except ExtraSafeError as error:
    print(error)
