"""Policies outside of Python: files that are read and written, and formats for other programs.

Use `SafetyContext.from_file`, `SafetyContext.to_file`, `Filter.to_bpf`, `Filter.to_oci` and
`Filter.to_systemd`, which import what they need from here. This package itself has no public names.
"""
