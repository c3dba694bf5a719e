import json

from pyextrasafe import ExtraSafeError, ForkAndExec, SafetyContext, SystemIO

io = SystemIO().allow_open_readonly().allow_read().allow_metadata().allow_close().allow_stdout()
program = SafetyContext().enable(ForkAndExec(), io).compile()

try:
    program.to_oci()
except ExtraSafeError as error:
    print(error)

config = {"linux": {"seccomp": json.loads(program.to_oci(without=["own process"]))}}
print(config["linux"]["seccomp"]["defaultAction"])

try:
    SafetyContext().enable(SystemIO().allow_read_path("/srv")).compile().to_systemd()
except ExtraSafeError as error:
    print(error)
