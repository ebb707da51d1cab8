# The Python environment of the runners, exactly as locked, every file checked against its hash.

uv_version=0.9.30
lock=python/envs/runners.lock

find_python() {
	for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
		if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
			command -v "$python"
			return
		fi
	done
	fail "Python 3.10 or later is needed ($(python3 --version 2>/dev/null || echo "no python3 was found")): install it, then run this again."
}

# uv on PATH, else one of our own: pip alone takes ten times as long.
find_uv() {
	for uv in "$(command -v uv || true)" .tools/uv/bin/uv .tools/uv-venv/bin/uv; do
		if [ -x "$uv" ] && "$uv" --version >/dev/null 2>&1; then
			echo "$uv"
			return
		fi
	done
	return 1
}

fetch_uv() {
	if "$python" -m pip --version >/dev/null 2>&1; then
		logged uv "$python" -m pip install --quiet --no-input --target .tools/uv "uv==$uv_version"
	else
		# Debian's python3 comes without pip; where python3-venv is installed, an environment brings it.
		logged uv "$python" -m venv .tools/uv-venv &&
			logged uv .tools/uv-venv/bin/python -m pip install --quiet --no-input "uv==$uv_version"
	fi
}

# Sets $python and $uv.
need_uv() {
	python=$(find_python)
	if ! uv=$(find_uv); then
		fetch_uv || fail_with_log uv "uv could not be installed: install it (https://docs.astral.sh/uv) or python3-pip, then run this again."
		uv=$(find_uv) || fail "The fetched uv does not run on this system: install uv (https://docs.astral.sh/uv), then run this again."
	fi
	# The system's Python serves; fetching another would put one outside this folder.
	export UV_PYTHON_DOWNLOADS=never
}

sync_runners() {
	"$uv" venv --quiet --clear --python "$python" .venv &&
		"$uv" pip sync --quiet --require-hashes --python .venv/bin/python "$lock"
}

if ! cmp -s "$lock" .venv/.snowball-lock || ! .venv/bin/python -c '' 2>/dev/null; then
	need_uv
	logged python sync_runners || fail_with_log python "The Python environment could not be installed."
	cp "$lock" .venv/.snowball-lock
	versions=$(sed -nE 's/^(torch|transformers|trl)==([0-9]+\.[0-9]+).*/\1 \2/p' "$lock" | sort | paste -s -d, - | sed 's/,/, /g')
	report "python runners" "$versions, $(seconds)"
fi
