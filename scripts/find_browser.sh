#!/bin/sh
# find_browser.sh VENV: a Chromium for the browser tests: the one that is here, else Debian's, else Playwright's.
# Its path is kept in VENV/.browser; an empty path means Playwright's own. Exits with 1 where none can be had.
set -eu
venv=$1
kept="$venv/.browser"
log="$venv/browser.log"

if test -f "$kept" && { ! test -s "$kept" || test -x "$(cat "$kept")"; }; then
	exit 0
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
	if command -v "$name" >"$kept.new"; then
		mv "$kept.new" "$kept"
		exit 0
	fi
done
rm -f "$kept.new"

# Another program may hold dpkg's lock for a while, and the network may fail once.
apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=5 -o Acquire::http::Timeout=30 \
		-o DPkg::Lock::Timeout=300 "$@"
}

debian() {
	test "$(id -u)" = 0 && command -v apt-get >/dev/null || return 1
	apt install -y chromium || { apt update && apt install -y chromium; } || { sleep 10; apt install -y chromium; }
}

playwright() {
	"$venv/bin/playwright" install chromium || { sleep 10; "$venv/bin/playwright" install chromium; }
}

echo "Fetching a browser for the tests …"
if debian >"$log" 2>&1 </dev/null; then
	command -v chromium >"$kept"
elif playwright >>"$log" 2>&1 </dev/null; then
	: >"$kept"
else
	echo "No browser could be had for the tests ($log says why). Install Chromium, then run make test again." >&2
	exit 1
fi
