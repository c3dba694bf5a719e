import threading

from pyextrasafe import ExtraSafeError, SafetyContext, SystemIO

locked_down = threading.Event()


def work():
    locked_down.wait()
    try:
        with open("measurements.csv") as file:
            print(file.readline())
    except PermissionError as refusal:
        print("a thread that was there before:", refusal)


worker = threading.Thread(target=work)
worker.start()

limits = SystemIO().allow_python_files().allow_stdout()
try:
    SafetyContext().enable(limits).apply_to_all_threads()
except ExtraSafeError as error:
    print(error.code, error.tid == worker.native_id)

SafetyContext().interrupt_threads().enable(limits).apply_to_all_threads()
locked_down.set()
worker.join()
