#!/bin/sh
# Writes into action.yml which ftpy it is of: the version, the place of the releases, and the
# digest of each machine's archive. The release workflow runs it and tags what comes out, so that
# `uses: OWNER/ftpy@vX.Y.Z` means the same bytes for ever.
#
#   pin-action.sh ACTION VERSION RELEASES SHA256SUMS
set -eu

fail() {
    printf 'error: %s\n' "$1" >&2
    exit 1
}

[ $# -eq 4 ] || fail 'usage: pin-action.sh ACTION VERSION RELEASES SHA256SUMS'
action=$1 version=$2 releases=$3 sums=$4

# What is written stands in quotes in YAML.
case $version in
    '' | *[!0-9A-Za-z.-]*) fail "$version is not a version" ;;
esac
case $releases in
    https://*[!0-9A-Za-z:/._-]*) fail "$releases has characters that no place of releases has" ;;
    https://*) ;;
    *) fail "$releases does not begin with https://" ;;
esac

# The machines are those that the action itself knows.
targets=$(sed -n 's/^ *[A-Za-z]*-[a-z0-9_]*) target=\([a-z0-9_-]*\) ;;$/\1/p' "$action")
[ -n "$targets" ] || fail "$action names no target"
new=$action.new.$$
trap 'rm -f "$new" "$new.rows"' EXIT
for target in $targets; do
    file=ftpy-$target.tar.gz
    digest=$(awk -v file="$file" '{ sub(/^\*/, "", $2) } $2 == file { print $1 }' "$sums")
    case $digest in
        *[!0-9a-f]* | '') fail "$sums has no one sha256 of $file" ;;
    esac
    [ ${#digest} -eq 64 ] || fail "$sums has no sha256 of $file: $digest"
    printf '          %s  %s\n' "$digest" "$file"
done >"$new.rows"

awk -v version="$version" -v releases="$releases" -v rows="$new.rows" '
    /^ *# <\/release>$/ { ends++; inside = 0 }
    !inside { print }
    /^ *# <release>$/ {
        begins++
        inside = 1
        printf "        OWN_VERSION: \047%s\047\n        OWN_RELEASES: \047%s\047\n", version, releases
        print "        OWN_SHA256: |"
        while ((getline row < rows) > 0) print row
    }
    END { exit begins != 1 || ends != 1 || inside }
' "$action" >"$new" || fail "$action has not one pair of <release> and </release>"
cat "$new" >"$action"
