# Node that runs TypeScript files as they are. An older system Node only has to bring npm along.

node_version=24.21.0

if ! node=$(scripts/node-path.sh); then
	command -v npm >/dev/null ||
		fail "npm is missing: install Node 18 or later with npm (https://nodejs.org), then run this again."
	case $(uname -sm) in
	"Linux x86_64") platform=linux-x64 ;;
	"Linux aarch64") platform=linux-arm64 ;;
	"Darwin x86_64") platform=darwin-x64 ;;
	"Darwin arm64") platform=darwin-arm64 ;;
	*) fail "Node $node_version cannot be fetched for $(uname -sm): install Node 22.18 or later, then run this again." ;;
	esac
	# The alias asks for the platform's binary itself: the package `node` fetches it in an install script, and newer
	# npm versions run none unasked.
	logged node npm install --prefix .tools --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
		--no-update-notifier --loglevel=error "node@npm:node-$platform@$node_version" ||
		fail_with_log node "Node $node_version could not be fetched."
	node=$(scripts/node-path.sh) ||
		fail "The fetched Node $node_version does not run on this system: install Node 22.18 or later, then run this again."
	report "node $node_version" "fetched in $(seconds), the system has $(node --version 2>/dev/null | tr -d v || echo none)"
fi
# npm and every tool of the project run on this Node from here on.
PATH=$(dirname "$node"):$PATH
export PATH
