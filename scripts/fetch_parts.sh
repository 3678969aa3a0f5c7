#!/bin/sh
# fetch_parts.sh VENV: Debian's Postgres, Redis and nginx for make topology, which says so where they are not.
set -eu
# shellcheck source=scripts/fetch_packages.sh
. "$(dirname "$0")/fetch_packages.sh"

here() {
	for name in redis-server nginx; do
		PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null || return 1
	done
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

fetch_packages "$1/.no-parts" "$1/parts.log" "Postgres, Redis and nginx" postgresql redis-server nginx
