"""The command line, as `python -m pyextrasafe`."""

import sys

from .cli import main

sys.exit(main())
