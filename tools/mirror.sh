#!/bin/sh
# Where this system gets Debian from, which may be a mirror; known after apt-get update.
# shellcheck disable=SC2016  # apt's own placeholder
apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
    'Label: Debian' 'Component: main' 2>/dev/null | grep -m 1 -E '^https?:' ||
    echo http://deb.debian.org/debian
