from pyextrasafe import SafetyContext, SystemIO


def mean(numbers):
    import statistics

    return statistics.mean(numbers)


files = SystemIO().allow_python_files().allow_stdout().allow_stderr()
SafetyContext().enable(files).apply_to_all_threads()

print("mean:", mean([11.5, 19.0, 16.0]))
try:
    with open("measurements.csv") as file:
        print(file.readline())
except PermissionError as refusal:
    print("but:", refusal)
