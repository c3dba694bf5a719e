from pyextrasafe import learn


def report():
    with open("/etc/passwd") as file:
        print("users:", sum(1 for _ in file) > 0, flush=True)


with learn() as seen:
    report()

print(*[line for line in seen.as_code().splitlines() if "#" not in line], sep="\n")
