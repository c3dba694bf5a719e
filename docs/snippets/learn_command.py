from pyextrasafe import learn_command

seen = learn_command(["sh", "-c", "cat /etc/hostname >/dev/null; exit 3"])

print(seen.returncode)
print([call.path for call in seen.calls if call.path == "/etc/hostname"])
