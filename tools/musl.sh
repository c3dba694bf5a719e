#!/bin/sh
# Runs ./dev with a CPython that is linked with musl, and makes it from Debian's sources. ./dev
# starts it:
#
#   tools/musl.sh FOLDER [COMMAND [ARGUMENT...]]
#
# FOLDER/musl is where it is kept; what was built there serves again. The command is one of ./dev;
# without it, demo and then test.
set -eu
root=$1/musl
shift
mkdir -p "$root"
root=$(readlink -f "$root")

# The CPython of this release of Debian.
python=$(apt-cache depends --important python3 | grep -o -m 1 -x '  Depends: python3\.[0-9]*')
python=${python#  Depends: }

# ---- The compiler -------------------------------------------------------------------------------

# musl-gcc, with the kernel's headers, which it leaves out, and what is built here. It names its own
# folders of the system, since CPython looks there.
make_compiler() {
    mkdir -p "$root/bin" "$root/include" "$root/lib/pkgconfig"
    ln -sfn /usr/include/linux "$root/include/linux"
    ln -sfn /usr/include/asm-generic "$root/include/asm-generic"
    ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$root/include/asm"
    cat >"$root/bin/cc" <<EOF
#!/bin/sh
case \$* in *-print-multiarch) exec echo "$(uname -m)-linux-musl" ;; esac
exec musl-gcc "\$@" -isystem '$root/include' -L'$root/lib' -Wl,-rpath,'$root/lib'
EOF
    chmod +x "$root/bin/cc"
}

# ---- Sources ------------------------------------------------------------------------------------

# Where this system gets its packages from has their sources, too; the system's own settings stay as
# they are. Security updates are left out: a mirror that lags behind may list what it has not got.
make_apt_settings() {
    mkdir -p "$root/apt/lists/partial" "$root/apt/archives/partial"
    # shellcheck disable=SC2016  # apt's own placeholders
    apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u >"$root/apt/sources.list"
    cat >"$root/apt/settings" <<EOF
Dir::Etc::sourcelist "$root/apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$root/apt/lists";
Dir::Cache "$root/apt";
APT::Sandbox::User "root";
EOF
    APT_CONFIG=$root/apt/settings apt-get -qq update
}

# build PACKAGE FUNCTION: once; the function is called in the unpacked source.
build() {
    [ ! -e "$root/built/$1" ] || return 0
    echo "Building $1 with musl"
    log=$root/source/$1.log
    [ -d "$root/apt" ] || make_apt_settings
    rm -rf "$root/source/$1"
    mkdir -p "$root/source/$1" "$root/built"
    (
        cd "$root/source"
        APT_CONFIG=$root/apt/settings apt-get -qq source --download-only --tar-only "$1"
        tar --extract --strip-components=1 --directory="$1" --file="$(ls "$1"_*.orig.tar.*[z2])"
        cd "$1"
        "$2"
    ) >"$log" 2>&1
    rm -rf "$root/source/$1"
    touch "$root/built/$1"
}

# ---- What is built: libraries for the interpreter, the package and its tests --------------------

by_configure() {
    [ -e configure ] || autoreconf --install
    ./configure --prefix="$root" --disable-shared --enable-static --with-pic "$@"
    make -j1 install
}

# Wheels expect that the system has a shared one.
zlib() {
    ./configure --prefix="$root"
    make -j1 install
}

libffi() {
    by_configure --disable-multi-os-directory --disable-docs
}

libseccomp() {
    by_configure
}

sqlite3() {
    CFLAGS="-O2 -fPIC" ./configure --prefix="$root" --disable-shared --disable-tcl \
        --disable-readline
    make -j1 install
}

openssl() {
    ./Configure "linux-$(uname -m)" --prefix="$root" --libdir=lib --openssldir=/etc/ssl \
        no-shared no-module no-engine no-async no-tests
    make -j1 install_dev
}

# Its own build needs CMake.
cmocka() {
    cc -O1 -g -Iinclude -DHAVE_INTTYPES_H -DHAVE_SIGNAL_H -DHAVE_STRINGS_H -DHAVE_SIGLONGJMP \
        -DHAVE_STRSIGNAL -DHAVE_STRUCT_TIMESPEC -DHAVE_CLOCK_REALTIME \
        -DHAVE_GCC_THREAD_LOCAL_STORAGE -c src/cmocka.c
    ar rcs "$root/lib/libcmocka.a" cmocka.o
    cp include/cmocka.h "$root/include"
    printf 'Name: cmocka\nDescription: tests in C\nVersion: 1\nLibs: -lcmocka\n' \
        >"$root/lib/pkgconfig/cmocka.pc"
}

cpython() {
    ./configure --prefix="$root" --with-openssl="$root" --disable-test-modules
    make -j1
    make -j1 install ENSUREPIP=no
}

PATH=$root/bin:$PATH CC=cc PKG_CONFIG_LIBDIR=$root/lib/pkgconfig
export PATH CC PKG_CONFIG_LIBDIR
log=/dev/null
trap 'tail "$log" >&2' EXIT
make_compiler
for library in zlib libffi libseccomp sqlite3 openssl cmocka; do
    build "$library" "$library"
done
build "$python" cpython
trap - EXIT

# ---- ./dev with it: it comes first on PATH ------------------------------------------------------

PYTHONS=cpython-${python#python}
PYEXTRASAFE_BUILD=$root/made
# The compiler has no sanitizers for musl.
MAKEFLAGS=SANITIZE=-DES_BLOCK_SIZE=1
# Not all of the applications' packages have wheels for musl, and musl before 1.2.4 cannot load
# those that need DT_RELR, as numpy's.
PACKAGES=programs
musl=$("/lib/ld-musl-$(uname -m).so.1" 2>&1 | sed -n 's/^Version //p')
! printf '%s\n' "$musl" 1.2.3 | sort -V -C || PACKAGES=
export PYTHONS PYEXTRASAFE_BUILD MAKEFLAGS PACKAGES
case ${1-} in
test) shift && exec ./dev --yes test -m "not once" "$@" ;;
?*) exec ./dev --yes "$@" ;;
esac
./dev --yes demo && ./dev --yes test -m "not once"
