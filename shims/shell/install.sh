#!/bin/sh
# Installs ftpy: downloads a release for this machine, compares its sha256, puts one file in
# place. It needs no root and changes nothing else.
#
#   install.sh [--version X.Y.Z] [--to DIRECTORY] [--sha256 HEX]
#
# FTPY_RELEASES stands for the place that the releases are at; a mirror has the same layout:
# latest/download/VERSION, download/vX.Y.Z/SHA256SUMS, download/vX.Y.Z/ftpy-TARGET.tar.gz.
# All is in one pair of braces: of a script that was cut off, a shell runs nothing.
{
set -eu

# The release workflow writes the place here when it publishes this file.
releases='@RELEASES@'

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $1"
    shift
    for hint in "$@"; do say "hint: $hint"; done
    exit 1
}

usage() {
    cat <<'END'
Usage: install.sh [--version X.Y.Z] [--to DIRECTORY] [--sha256 HEX]

  --version X.Y.Z   this release instead of the newest
  --to DIRECTORY    where ftpy goes, instead of ~/.local/bin
  --sha256 HEX      the archive must have this digest, whatever the release's list says

FTPY_RELEASES is the place of the releases, if not the usual one.
END
}

# The name of this machine in the names of the archives.
target() {
    os=$(uname -s)
    machine=$(uname -m)
    case $machine in
        x86_64 | amd64) machine=x86_64 ;;
        aarch64 | arm64) machine=aarch64 ;;
        *) fail "there is no ftpy for the processor $machine" "build it: cargo install --locked ftpy" ;;
    esac
    case $os in
        Linux) printf '%s-unknown-linux-musl\n' "$machine" ;;
        Darwin) printf '%s-apple-darwin\n' "$machine" ;;
        *) fail "there is no ftpy for $os" ;;
    esac
}

# fetch URL FILE: whole, or an error. https is not left for http: the digests come this way.
fetch() {
    if command -v curl >/dev/null 2>&1; then
        case $1 in
            https://*) only=https ;;
            *) only=http,https ;;
        esac
        # --proto holds for redirects, too.
        curl --fail --silent --show-error --location --proto "=$only" --retry 2 \
            --output "$2" "$1" || fail "cannot download $(shown "$1")" "behind a proxy, set HTTPS_PROXY; a mirror is named by FTPY_RELEASES"
    elif command -v wget >/dev/null 2>&1; then
        for try in 1 2 3; do
            by_wget "$1" "$2" && return
            [ "$try" = 3 ] || sleep 1
        done
        fail "cannot download $(shown "$1")" "behind a proxy, set https_proxy; a mirror is named by FTPY_RELEASES"
    else
        fail "there is neither curl nor wget" "install one of them"
    fi
}

# by_wget URL FILE: once. Of the wgets only GNU's can be kept at https.
by_wget() {
    case $1:$(wget --help 2>&1) in
        http://*) wget -q -O "$2" "$1" ;;
        *--https-enforce*) wget -q --tries=1 --https-enforce=hard -O "$2" "$1" ;;
        *--max-redirect*) by_steps "$1" "$2" ;;
        *)
            [ -n "$given" ] || fail "this wget may leave https for http, and what it downloads says which bytes are right" \
                "install curl or GNU wget, or say it yourself: --sha256 HEX"
            wget -q -O "$2" "$1"
            ;;
    esac
}

# by_steps URL FILE: GNU's --https-only is for recursion, so its redirects are followed here.
by_steps() {
    step=$1
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        case $step in
            https://*) ;;
            *)
                say "wget: not followed from https to $(shown "$step")"
                return 1
                ;;
        esac
        LC_ALL=C wget --tries=1 --max-redirect=0 -O "$2" "$step" 2>"$work/log" && return
        origin=$(printf '%s\n' "$step" | sed 's|^\(https://[^/]*\).*|\1|')
        step=$(sed -n 's/^Location: \(.*\) \[following\]$/\1/p' "$work/log")
        case $step in
            //*) step=https:$step ;;
            /*) step=$origin$step ;;
        esac
        if [ -z "$step" ]; then
            say "wget: $(sed -n '/./h; ${ x; p; }' "$work/log")"
            return 1
        fi
    done
    say "wget: too many redirects"
    return 1
}

# A URL without the password that may be in it.
shown() { printf '%s\n' "$1" | sed 's|://[^/@]*@|://|'; }

digest() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1" | cut -d ' ' -f 1
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 "$1" | cut -d ' ' -f 1
    elif command -v openssl >/dev/null 2>&1; then
        openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
    else
        fail "nothing here computes a sha256" "install sha256sum (coreutils), shasum or openssl"
    fi
}

# Reads the arguments into version, to and expected.
read_arguments() {
    version='' to='' given=''
    while [ $# -gt 0 ]; do
        case $1 in
            --help | -h)
                usage
                exit 0
                ;;
            --version | --to | --sha256)
                [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 wants a value" "install.sh --help shows all"
                case $1 in
                    --version) version=${2#v} ;;
                    --to) to=$2 ;;
                    --sha256) given=$(printf '%s\n' "$2" | tr A-F a-f) ;;
                esac
                shift 2
                ;;
            *) fail "there is no option $1" "install.sh --help shows all" ;;
        esac
    done
    case $version in
        *[!0-9A-Za-z.+-]*) fail "$version is not a version" ;;
    esac
    if [ -z "$to" ]; then
        [ -n "${HOME:-}" ] || fail "HOME is not set" "say where: --to DIRECTORY"
        to=$HOME/.local/bin
    fi
}

# The digest that the list in $1 has for the archive $2.
listed() {
    while read -r sum name; do
        if [ "${name#\*}" = "$2" ]; then
            printf '%s\n' "$sum"
            return
        fi
    done <"$1"
}

main() {
    read_arguments "$@"
    base=${FTPY_RELEASES:-$releases}
    base=${base%/}
    case $base in
        http://* | https://*) ;;
        *)
            [ -z "${FTPY_RELEASES:-}" ] || fail "FTPY_RELEASES is $(shown "$base"): it must begin with https:// or http://"
            fail "it is not known where the releases are" "FTPY_RELEASES=https://... names the place"
            ;;
    esac
    archive=ftpy-$(target).tar.gz
    work=$(mktemp -d "${TMPDIR:-/tmp}/ftpy.XXXXXX")
    new=
    trap 'rm -rf "$work" ${new:+"$new"}' EXIT
    trap 'exit 130' INT TERM HUP

    if [ -z "$version" ]; then
        fetch "$base/latest/download/VERSION" "$work/version"
        version=$(cat "$work/version")
        case $version in
            '' | *[!0-9A-Za-z.+-]*) fail "$(shown "$base") does not say which release is the newest" ;;
        esac
    fi
    from=$base/download/v$version
    expected=$given
    if [ -z "$expected" ]; then
        fetch "$from/SHA256SUMS" "$work/sums"
        expected=$(listed "$work/sums" "$archive")
        [ -n "$expected" ] || fail "release $version has no $archive" "build it: cargo install --locked ftpy"
    fi
    say "downloading ftpy $version: $(shown "$from/$archive")"
    fetch "$from/$archive" "$work/$archive"
    found=$(digest "$work/$archive")
    if [ "$found" != "$expected" ]; then
        fail "$archive has sha256 $found, not $expected; nothing was installed" \
            "try again; if it stays so, something between here and there changes files"
    fi
    tar -xzf "$work/$archive" -C "$work" || fail "cannot unpack $archive; nothing was installed"

    mkdir -p "$to" || fail "cannot create $to" "choose another place: --to DIRECTORY"
    # `mv` would put the file into it.
    [ ! -d "$to/ftpy" ] || fail "$to/ftpy is a directory; nothing was installed" "choose another place: --to DIRECTORY"
    new=$to/.ftpy.new.$$
    cp "$work/${archive%.tar.gz}/ftpy" "$new" || fail "cannot write in $to" "choose another place: --to DIRECTORY"
    chmod 755 "$new"
    says=$("$new" --version) || fail "the ftpy of $archive does not start here; nothing was installed"
    [ "$says" = "ftpy $version" ] || fail "the ftpy of release $version says that it is '$says'; nothing was installed"
    mv -f "$new" "$to/ftpy"
    new=

    says=$("$to/ftpy" --version) || fail "$to/ftpy does not start"
    say "installed $says: $to/ftpy"
    case :${PATH:-}: in
        *:"$to":*) say "next: ftpy install 3.14t && ftpy setup" ;;
        *) say "$to is not on PATH; next: $to/ftpy install 3.14t && $to/ftpy setup" ;;
    esac
}

main "$@"
exit
}
