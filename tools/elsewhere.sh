#!/bin/sh
# Runs ./dev inside another release of Debian, which shares with this system the kernel and the
# network only. ./dev starts it, as root:
#
#   tools/elsewhere.sh FOLDER SUITE [COMMAND [ARGUMENT...]]
#
# FOLDER/SUITE is where the release is kept; what was installed and built there serves again. The
# command is one of ./dev; without it, demo and then test.
set -eu
# As on the host, whatever sudo has left of it.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# What is seen in the release: the checkout, which cannot be written there, and what is made.
checkout=/pyextrasafe
made=/var/lib/pyextrasafe

# ---- The release --------------------------------------------------------------------------------

# The settings that apt needs to get there. The lists of a mirror that lags behind count as expired
# after a while, those of sid after a week.
apt_settings() {
    apt-config dump | sed -n '/^Acquire::https\?::/p'
    echo 'Acquire::Check-Valid-Until "false";'
}

bootstrap() {
    echo "Making $release by debootstrap"
    rm -rf "$release.new"
    proxy=
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    [ -z "$proxy" ] || export http_proxy="$proxy"
    # With ca-certificates in it, nothing that is installed later replaces those of this system.
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$release.new" \
        "$(tools/mirror.sh)" >"$release.log" 2>&1 || {
        tail "$release.log" >&2
        exit 1
    }
    mv "$release.new" "$release"
}

# Names, certificates, and where pip and apt look, are those of this system.
configure() {
    apt_settings >"$release/etc/apt/apt.conf.d/90elsewhere"
    for path in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/xdg/pip \
        /etc/ssl/certs/ca-certificates.crt; do
        copy "$path" "$release$path"
    done
    copy "${HOME:-/root}/.config/pip" "$release/root/.config/pip"
    copy "${HOME:-/root}/.pip" "$release/root/.pip"
}

copy() {
    [ -e "$1" ] || return 0
    mkdir -p "$(dirname "$2")"
    rm -rf "$2"
    cp -RL "$1" "$2"
}

# The files that git does not ignore, as they are now, and what is released.
check_out() {
    rm -rf "$release$checkout"
    mkdir -p "$release$checkout"
    # The checkout belongs to whoever called sudo, which git does not trust by itself.
    git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
        tar --create --null --ignore-failed-read --files-from=- 2>/dev/null |
        tar --extract --no-same-owner --directory="$release$checkout"
    copy dist "$release$made/dist"
}

# ---- Inside -------------------------------------------------------------------------------------

# In mounts of its own: none of them is left behind, whatever happens. The release becomes the root
# directory itself, since chroot(2) would take user namespaces away.
enter() {
    cd "$release"
    mount --rbind . .
    cd "$release"
    mount --rbind /dev dev
    mount --rbind /sys sys
    mount -t proc proc proc
    mount -t tmpfs tmpfs tmp
    mount --bind ".$checkout" ".$checkout"
    mount -o remount,bind,ro ".$checkout"
    mkdir -p mnt
    pivot_root . mnt
    umount -l /mnt
    cd "$checkout"
    unset PYENV_ROOT TMPDIR
    HOME=/root PYEXTRASAFE_BUILD=$made
    export HOME PYEXTRASAFE_BUILD
}

# All of CPython that the release has; ./dev itself sees to pypy3 and everything else.
install_interpreters() {
    apt-get -qq update
    interpreters=$(apt-cache pkgnames python3. |
        grep -x -E 'python3\.[1-9][0-9](-nogil)?(-venv|-dev)?')
    # shellcheck disable=SC2086  # a list
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3 \
        $interpreters >/dev/null </dev/null
}

run() {
    if [ $# -gt 0 ]; then
        ./dev --yes "$@"
    else
        ./dev --yes demo && ./dev --yes test
    fi
}

# ---- Both halves --------------------------------------------------------------------------------

if [ "$1" = --inside ]; then
    release=$2
    shift 2
    enter
    install_interpreters
    run "$@"
    exit
fi
suite=$2
release=$1/$suite
shift 2
mkdir -p "$(dirname "$release")"
[ -d "$release" ] || bootstrap
configure
check_out
exec unshare --mount "$0" --inside "$release" "$@"
