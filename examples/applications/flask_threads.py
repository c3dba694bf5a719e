"""The service of flask_service.py, with workers that have threads."""

from flask_service import Service, warm_up

from pyextrasafe import Networking, SafetyContext, SystemIO, Threads


def post_worker_init(worker):
    warm_up()
    SafetyContext().enable(
        Networking().allow_running_tcp_servers(),
        SystemIO()
        .allow_read_path("templates", "static")
        .allow_create_in_dir("uploads")
        .allow_scratch_dir("temporary")
        .allow_change_metadata()
        .allow_stderr(),
        Threads().allow_create_threads(),  # gunicorn starts them when they are needed
    ).apply_to_all_threads()


class ThreadedService(Service):
    hooks = (*Service.hooks, post_worker_init)  # the last one is taken
    worker_class = "gthread"


ThreadedService().run()
