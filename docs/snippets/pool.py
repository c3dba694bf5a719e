import multiprocessing

from pyextrasafe import SafetyContext, SystemIO


def lock_down():
    SafetyContext().enable(SystemIO().allow_read().allow_write()).apply_to_all_threads()


def work(path):
    try:
        with open(path) as file:
            return file.readline()
    except PermissionError as error:
        return str(error)


if __name__ == "__main__":
    with multiprocessing.Pool(2, initializer=lock_down) as pool:
        print(pool.map(work, ["/etc/passwd"]))
