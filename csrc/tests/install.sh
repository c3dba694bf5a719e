#!/bin/sh
# Installs the library below a folder of its own, builds the example of the manual page with it by
# pkg-config, as C and as C++, runs that, and uninstalls. `make check` starts it in csrc/:
#
#   tests/install.sh FOLDER
set -eu
: "${MAKE:=make}" "${CC:=cc}" "${CXX:=c++}" "${PKG_CONFIG:=pkg-config}" "${RUN=}"
folder=$1
root=$folder/root
prefix=/opt/extrasafe

die() {
    echo "tests/install.sh: $*" >&2
    exit 1
}

in_tree() {
    "$MAKE" -s PREFIX=$prefix DESTDIR="$root" "$@"
}

config() {
    PKG_CONFIG_PATH=$root$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} \
        "$PKG_CONFIG" --define-variable=prefix="$root$prefix" "$@" libextrasafe
}

# expect COMMAND...: the example runs, and says what it was refused.
expect() {
    # shellcheck disable=SC2086  # a command
    said=$(LC_ALL=C LD_LIBRARY_PATH=$root$prefix/lib $RUN "$@") || die "$* failed"
    [ "$said" = "open: Operation not permitted" ] || die "$* said: $said"
}

rm -rf "$folder"
mkdir -p "$root$prefix/lib"
# What was there before stays.
touch "$root$prefix/lib/another.so"
in_tree install

# As C, with the shared library, which it finds by the soname.
# shellcheck disable=SC2046  # lists of options
$CC -std=c11 -Wall -Wextra -Wpedantic -Werror -o "$folder/shared" man/example.c \
    $(config --cflags --libs)
expect "$folder/shared"
mv "$root$prefix/lib/libextrasafe.so" "$folder"
expect "$folder/shared"

# As C, with the static one, the only one that is left to link with.
# shellcheck disable=SC2046
$CC -std=c11 -o "$folder/static" man/example.c $(config --cflags --libs --static)
mv "$folder/libextrasafe.so" "$root$prefix/lib"
env LD_LIBRARY_PATH= "$folder/static" >/dev/null || die "the static library is not linked"
expect "$folder/static"

# As C++; nothing of its library is needed.
# shellcheck disable=SC2046
$CXX -x c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -c -o "$folder/plus.o" man/example.c \
    $(config --cflags)
# shellcheck disable=SC2046
$CC -o "$folder/plus" "$folder/plus.o" $(config --libs)
expect "$folder/plus"

page=$root$prefix/share/man/man3/extrasafe.3
! grep -n '@[A-Z]*@' "$page" || die "something is left to fill in"
# All that the page names is there.
grep -o 'es_[a-z_]*' "$page" | sort -u | while read -r name; do
    grep -q -w "$name" "$root$prefix/include/extrasafe.h" || die "$page: there is no $name"
done
if command -v man >/dev/null; then
    said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
    [ -z "$said" ] || die "$said"
fi

in_tree uninstall
left=$(find "$root" ! -type d)
[ "$left" = "$root$prefix/lib/another.so" ] || die "left behind: $left"
