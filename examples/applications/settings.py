"""Read YAML that strangers sent, with tags that make objects of Python: any object."""

import pathlib

import yaml

from pyextrasafe import SafetyContext, SystemIO

documents = {path.name: path.read_bytes() for path in sorted(pathlib.Path("uploads").iterdir())}

SafetyContext().enable(SystemIO().allow_stdout()).apply_to_all_threads()

for name, document in documents.items():
    try:
        print(name, yaml.load(document, yaml.UnsafeLoader), flush=True)
    except (yaml.YAMLError, OSError) as fault:
        print(name, type(fault).__name__, fault, flush=True)
