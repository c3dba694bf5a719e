from pyextrasafe import SafetyContext, SystemIO

SafetyContext().enable(SystemIO().allow_stdout().allow_stderr()).apply_to_all_threads()

try:
    import statistics
except ImportError as error:
    print("too late:", error)
else:
    print(statistics.mean([11.5, 19.0, 16.0]))
