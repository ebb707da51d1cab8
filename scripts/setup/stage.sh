# How a stage of the set-up speaks: one line when it did something, nothing when all was there, one sentence on failure.

told=
# report NAME TEXT: the stage's line, under a heading that appears only when there is something to say.
report() {
	if [ -z "$told" ]; then
		echo "Setting up (once)"
		told=yes
	fi
	printf '  %-17s %s\n' "$1" "$2"
}

# fail SENTENCE...: what is missing and what to do; ends the set-up.
fail() {
	printf '%s\n' "$@" >&2
	exit 1
}

started=0
start_clock() { started=$(date +%s); }
seconds() { echo "$(($(date +%s) - started)) s"; }

# logged NAME COMMAND...: runs the command into .tools/log/NAME.log; false when it failed.
logged() {
	log=.tools/log/$1.log
	shift
	start_clock
	"$@" >"$log" 2>&1 </dev/null
}

# fail_with_log NAME SENTENCE: shows the end of the stage's log before the sentence.
fail_with_log() {
	tail -n 20 ".tools/log/$1.log" >&2
	fail "$2 The whole log is in .tools/log/$1.log."
}
