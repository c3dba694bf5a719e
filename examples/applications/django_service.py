"""Django with sqlite under gunicorn: the admin, which logs in and writes."""

import os
import pathlib

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest
from django.urls import path
from django.views.defaults import server_error
from gunicorn.app.base import BaseApplication
from gunicorn.errors import HaltServer

from pyextrasafe import Networking, SafetyContext, SystemIO

APPS = ["admin", "auth", "contenttypes", "messages", "sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": PROCESSORS},
}
DATABASE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "data/db.sqlite3",  # a folder of its own, where sqlite makes and removes its journal
    "CONN_MAX_AGE": None,  # the connection that the warm-up makes is kept
}
settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[f"django.contrib.{app}" for app in APPS],
    MIDDLEWARE=MIDDLEWARE,
    TEMPLATES=[TEMPLATES],
    DATABASES={"default": DATABASE},
    STATIC_URL="/static/",
)
django.setup()

from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

urlpatterns = [path("admin/", admin.site.urls)]
application = get_wsgi_application()


def make_database():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = OFF")  # hurry: if this breaks, it is made again
    call_command("migrate", verbosity=0)
    User.objects.create_superuser("admin", password=os.environ["ADMIN_PASSWORD"])
    connection.close()  # no process may inherit it


def warm_up():
    """Import and compile what the first requests would, and connect to the database."""
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.get("/nowhere")  # the page of an error
    server_error(HttpRequest())  # and that of a refusal
    browser.get("/admin/login/")
    browser.force_login(User.objects.get(username="admin"))
    for page in ("/admin/", "/admin/auth/group/", "/admin/auth/group/add/"):
        browser.get(page)
        browser.post(page)


def when_ready(arbiter):
    (listener,) = arbiter.LISTENERS
    pathlib.Path("port").write_text(str(listener.getsockname()[1]))


def post_worker_init(worker):
    warm_up()
    SafetyContext().enable(
        Networking().allow_running_tcp_servers(),
        SystemIO()
        .allow_python_files()  # the admin's templates are in its package
        .allow_scratch_dir("data")
        .allow_locks()
        .allow_change_metadata()  # how a worker tells the arbiter that it lives
        .allow_stderr(),
    ).apply_to_all_threads()


def child_exit(arbiter, worker):
    """Give up: gunicorn would start workers again and again that may not live."""
    if arbiter.LISTENERS:
        raise HaltServer("a worker ended")


class Service(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("control_socket_disable", True)
        for hook in (when_ready, post_worker_init, child_exit):
            self.cfg.set(hook.__name__, hook)

    def load(self):
        return application


make_database()
Service().run()
