# Sourced by the scripts beside it. What may be installed here, and how.

# Installing is allowed as root, or with a sudo that asks for nothing.
may_apt() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# quietly COMMAND...: nothing to read, and nothing printed unless it fails.
quietly() {
    said=$("$@" </dev/null 2>&1) || { printf '%s\n' "$said" >&2; return 1; }
}

apt_install() {
    echo "prepline: installing $* with apt" >&2
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

apt_update() {
    quietly as_root apt-get update -qq
}

# lacking WHAT LINE: say what is missing and the line that brings it, then stop.
lacking() {
    printf 'prepline: %s\n  %s\n' "$1" "$2" >&2
    exit 1
}
