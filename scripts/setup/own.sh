# Environments of their own, exactly as locked, for what pins other versions than the runners do.

own_wanted() {
	.venv/bin/python -V
	cat "$1"
}

install_own() {
	"$uv" venv --quiet --clear --python .venv/bin/python "$own" &&
		"$uv" pip sync --quiet --require-hashes --python "$own/bin/python" "$2" &&
		"$own/bin/python" -c "import $3" &&
		own_wanted "$2" >"$own/.snowball-lock"
}

# own_environment NAME LOCK MODULE PACKAGE NEED SENTENCE: .tools/NAME, in which Python can import MODULE, of PACKAGE. Where
# it cannot be installed, the set-up ends with the sentence; NEED "wish" (the tests) goes on without it.
own_environment() {
	own=.tools/$1
	if own_wanted "$2" | cmp -s - "$own/.snowball-lock" && "$own/bin/python" -c '' 2>/dev/null; then
		return
	fi
	need_uv
	if logged "$1" install_own "$1" "$2" "$3"; then
		report "$1" "$(sed -nE "s/^($4)==([0-9.]+).*/\1 \2/p" "$2" | paste -s -d / - | sed 's|/|, |g'), $(seconds)"
		return
	fi
	rm -rf "$own"
	[ "$5" = wish ] || fail_with_log "$1" "$6"
	report "$1" "left out: it could not be installed (.tools/log/$1.log)"
}
