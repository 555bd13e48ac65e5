# shellcheck shell=bash
# Sourced by .ci/platforms and its parts. SOURCE is the checkout, WORK what stays between runs.
set -euo pipefail

# A line of the summary that .ci/platforms prints.
say() { printf -- '-- %s\n' "$*"; }
step() { printf '\n== platforms: %s (%s)\n' "$*" "$(date +%H:%M:%S)"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The machine's own mirror and certificates.
mirror() {
  local own
  own=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/*$' || true)
  printf '%s\n' "${own:-http://deb.debian.org/debian}" | sed 's,/*$,,'
}

# in_root ROOT CMD...: a command in a root. Mounts are in a namespace of their own, so that nothing
# stays mounted, whatever happens, and `rm -r` of a root reaches nothing else. With FORMATS=1 it is in
# a user namespace, too, which has its own table of program formats since Linux 6.7: programs of
# aarch64 run by qemu, those of macOS say that they do not.
in_root() {
  local root=$1
  shift
  # Of cargo's home only the registry: its programs are another Rust's.
  local cargo=${CARGO_HOME:-$HOME/.cargo} user=()
  mkdir -p "$root/source" "$root/work" "$root/cargo/registry" "$cargo/registry"
  if [ -e "$cargo/config.toml" ]; then cp "$cargo/config.toml" "$root/cargo/"; fi
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  [ "${FORMATS:-}" != 1 ] || user=(--user --map-root-user)
  ROOT=$root REGISTRY=$cargo/registry unshare "${user[@]}" --mount --pid --fork --kill-child \
    /bin/bash -c '
      set -e
      mount --make-rprivate /
      if [ "${FORMATS:-}" = 1 ]; then
        formats=/proc/sys/fs/binfmt_misc
        mount -t binfmt_misc binfmt_misc $formats
        printf "%s" ":aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:OCF" >$formats/register
        printf "%s" ":macos:M::\xcf\xfa\xed\xfe::/source/.ci/platform/stand-ins/not-run:" >$formats/register
      fi
      mount -t proc proc "$ROOT/proc"
      mount --rbind /dev "$ROOT/dev"
      mount --bind "$SOURCE" "$ROOT/source"
      mount --bind "$WORK" "$ROOT/work"
      mount --bind "$REGISTRY" "$ROOT/cargo/registry"
      cd "$ROOT"
      exec chroot . /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
        PATH=/work/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        CARGO_HOME=/cargo SOURCE=/source WORK=/work SCRIPTS=/source/.ci/platform "$@"' sh "$@"
}
# in_rust CMD...: a command in the root that has Rust.
in_rust() { in_root "$WORK/rust" "$@"; }

# is_static PROGRAM: needs no loader, as readelf says of a program that it can read.
is_static() {
  local segments
  segments=$(readelf -lW "$1") || fail "readelf cannot read $1"
  case $segments in
    *INTERP*) return 1 ;;
    *LOAD*) ;;
    *) fail "readelf sees no program in $1" ;;
  esac
}

# shim_in DIRECTORY: the shim that was linked last there; an empty one says that linking failed.
shim_in() {
  local shim
  shim=$(find "$1/build" -path '*/out/shim' -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
  [ -s "$shim" ] || fail "the shim was not linked in $1"
  printf '%s\n' "$shim"
}

# bare_root NAME SUITE: a Debian without anything added. What is unpacked is kept; what runs is a
# copy.
bare_root() {
  local root=$WORK/roots/bare-$2 made
  made=$(declare -f bare_root | sha256sum)
  if ! is_made "$root/.made" "$made"; then
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --force-check-gpg --variant=minbase --include=ca-certificates "$2" "$root" "$(mirror)" >&2
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    printf '%s\n' "$made" >"$root/.made"
  fi
  rm -rf "$WORK/roots/$1"
  cp -a "$root" "$WORK/roots/$1"
  printf '%s\n' "$WORK/roots/$1"
}

# made_by SCRIPT...: a digest of the scripts that made something, which is kept in its `.made`.
made_by() { (cd "$SCRIPTS" && cat "$@" | sha256sum | cut -d' ' -f1); }
# is_made FILE TEXT: whether FILE says that what is there was made as TEXT says.
is_made() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# The standard library of a target, built once for each version of Rust.
standard_library() {
  local version
  version="$(in_rust rustc --version) $(made_by build-std musl-parts rustc-for-std arm-parts)"
  is_made "$WORK/std-$1" "$version" || {
    # What was compiled with another one cannot be linked with this one.
    rm -rf "$WORK"/build/*/"$1"
    in_rust sh -c 'exec "$SCRIPTS/build-std" "$1"' sh "$1"
    printf '%s\n' "$version" >"$WORK/std-$1"
  }
}
