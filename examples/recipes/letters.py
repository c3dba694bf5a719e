"""Write a letter to everybody in a list."""

import csv
import sys

import jinja2

from pyextrasafe import SafetyContext, SystemIO

letter = jinja2.Environment(autoescape=True).from_string("Dear {{ name }} in {{ town }}")

SafetyContext().enable(SystemIO().allow_stdin().allow_stdout()).apply_to_all_threads()

for row in csv.DictReader(sys.stdin):
    print(letter.render(row), flush=True)
