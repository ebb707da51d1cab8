#!/bin/sh
# Proves the two commands where nothing is set up: clones HEAD into a temporary folder, with an empty home folder, and
# runs `make demo` and `make test` there.
#
#   scripts/clean-clone.sh            everything fetched anew, as on a new machine
#   scripts/clean-clone.sh --caches   with this user's npm, uv and Go caches, to save time and traffic
#   scripts/clean-clone.sh --keep     leaves the clone for a look
set -eu
source=$(cd "$(dirname "$0")/.." && pwd -P)

caches=
keep=
for option; do
	case $option in
	--caches) caches=yes ;;
	--keep) keep=yes ;;
	*)
		sed -n '2,8s/^# \{0,1\}//p' "$0"
		exit 2
		;;
	esac
done

place=$(mktemp -d)
leave() {
	if [ -n "$keep" ]; then
		echo "The clone is in $place/snowball."
	else
		# Go writes its module cache read-only.
		chmod -R u+w "$place"
		rm -rf "$place"
	fi
}
trap leave EXIT

if [ -n "$caches" ]; then
	npm_config_cache=${npm_config_cache:-$HOME/.npm}
	UV_CACHE_DIR=${UV_CACHE_DIR:-$HOME/.cache/uv}
	export npm_config_cache UV_CACHE_DIR
	if command -v go >/dev/null; then
		GOCACHE=$(go env GOCACHE)
		GOMODCACHE=$(go env GOMODCACHE)
		export GOCACHE GOMODCACHE
	fi
fi
mkdir "$place/home"
HOME=$place/home
export HOME
unset TEMPORAL_ADDRESS TEMPORAL_PROFILE TEMPORAL_CONFIG_FILE XDG_CONFIG_HOME XDG_CACHE_HOME

git clone --quiet "$source" "$place/snowball"
cd "$place/snowball"
for target in demo test; do
	began=$(date +%s)
	make "$target"
	echo "make $target: $(($(date +%s) - began)) s"
done
changed=$(git status --porcelain)
[ -z "$changed" ] || {
	printf 'The commands left files that git does not ignore:\n%s\n' "$changed"
	exit 1
}
