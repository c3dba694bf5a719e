"""The programs of examples/applications."""

from programs.collection import Collection

APPLICATIONS = Collection("applications", group="applications")
program = APPLICATIONS.program
