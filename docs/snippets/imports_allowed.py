from pyextrasafe import SafetyContext, SystemIO


def mean(numbers):
    import statistics

    return statistics.mean(numbers)


importing = SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close()
printing = SystemIO().allow_stdout().allow_stderr()
SafetyContext().enable(importing, printing).apply_to_all_threads()

print("mean:", mean([11.5, 19.0, 16.0]))
try:
    with open("measurements.csv", "a") as file:
        file.write("24,-5.0\n")
except PermissionError as refusal:
    print("but:", refusal)
