"""Add up a table that a stranger sent."""

import io
import sys

import pandas

from pyextrasafe import SafetyContext, SystemIO


def add_up(source, target):
    sales = pandas.read_csv(source)
    sales.groupby("town").sum().to_csv(target)


add_up(io.StringIO("town,sales\nRome,1\n"), io.StringIO())  # pandas imports much when it is used

SafetyContext().enable(SystemIO().allow_stdin().allow_stdout()).apply_to_all_threads()

add_up(sys.stdin, sys.stdout)
sys.stdout.flush()
