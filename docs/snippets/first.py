import pyextrasafe

with open("measurements.csv") as file:
    print("before:", file.readline().strip())

context = pyextrasafe.SafetyContext()
context.enable(pyextrasafe.SystemIO().allow_stdout().allow_stderr())
context.apply_to_all_threads()

print("after: 2 to the power of 10 is", 2**10)
try:
    with open("measurements.csv") as file:
        print("after:", file.readline().strip())
except PermissionError as refusal:
    print("after:", refusal)
