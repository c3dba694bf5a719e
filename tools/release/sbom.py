"""The bill of materials that each wheel carries (PEP 770), in the form of CycloneDX."""

from __future__ import annotations

import json
from importlib.metadata import version as version_of
from typing import Any

from . import libseccomp


def document(version: str) -> dict[str, Any]:
    """Return what is inside of a wheel of this version, and what it was made with."""
    package = f"pkg:pypi/pyextrasafe@{version}"
    library = f"pkg:github/seccomp/libseccomp@v{libseccomp.VERSION}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": package,
                "name": "pyextrasafe",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "purl": package,
            },
            "tools": {
                "components": [
                    {"type": "application", "name": name, "version": version_of(name)}
                    for name in ("cffi", "hatchling", "ziglang")
                ]
            },
        },
        "components": [
            {
                "type": "library",
                "bom-ref": library,
                "name": "libseccomp",
                "version": libseccomp.VERSION,
                "description": "linked statically into the compiled module",
                "hashes": [{"alg": "SHA-256", "content": libseccomp.SHA256}],
                "licenses": [{"license": {"id": libseccomp.LICENCE}}],
                "purl": library,
                "externalReferences": [{"type": "vcs", "url": libseccomp.HOME}],
            }
        ],
        "dependencies": [{"ref": package, "dependsOn": [library]}, {"ref": library}],
    }


def text(version: str) -> str:
    """Return the document as it is written."""
    return json.dumps(document(version), indent=2) + "\n"
