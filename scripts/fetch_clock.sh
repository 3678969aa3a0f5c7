#!/bin/sh
# fetch_clock.sh VENV: libfaketime, so that make chaos can have clocks go wrong. Without it those acts are not played,
# and make chaos says so.
set -eu
# shellcheck source=scripts/fetch_packages.sh
. "$(dirname "$0")/fetch_packages.sh"

here() {
	ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1
}

fetch_packages "$1/.no-clocks" "$1/clocks.log" "a clock that can be set" faketime
