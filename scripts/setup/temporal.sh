# A Temporal server to run locally, unless one is named by TEMPORAL_ADDRESS or by a client profile.
# SNOWBALL_NEEDS_SERVER=1 (the tests) wants a local one all the same.

temporal_version=1.5.1 # the newest that `go install` can build: later ones carry a replace directive
own=.tools/bin/temporal

server_version() { "$1" --version | sed -E 's/.*Server ([0-9.]+).*/\1/'; }

if [ -z "${SNOWBALL_NEEDS_SERVER:-}" ] && configured=$("$node" scripts/setup/configured-address.ts); then
	[ -e .tools/told-address ] || report temporal "at $configured"
	: >.tools/told-address
elif [ -x "$own" ]; then
	:
elif found=$(command -v temporal); then
	[ -e .tools/told-path ] || report "temporal $(server_version "$found")" "from PATH"
	: >.tools/told-path
elif logged temporal-download "$node" scripts/setup/download-temporal.ts "v$temporal_version" "$own"; then
	report "temporal $(server_version "$own")" "downloaded in $(seconds)"
else
	command -v go >/dev/null ||
		fail "No Temporal server: the download failed (.tools/log/temporal-download.log) and there is no go to build it with." \
			"Install the temporal CLI (https://docs.temporal.io/cli) or Go, or set TEMPORAL_ADDRESS, then run this again."
	report temporal "building the server from source, this once (about 7 minutes on 2 cores)"
	mkdir -p .tools/bin
	# Without C: so it runs under any C library, and asks none for the name of a user who has no entry in /etc/passwd.
	CGO_ENABLED=0 GOBIN=$PWD/.tools/bin logged temporal-build go install "github.com/temporalio/cli/cmd/temporal@v$temporal_version" ||
		fail_with_log temporal-build "The Temporal server could not be built."
	report "temporal $(server_version "$own")" "built with $(go env GOVERSION | sed 's/go/go /') in $(seconds)"
fi
