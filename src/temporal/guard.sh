#!/bin/sh
# guard.sh GRACE COMMAND...: runs the command until it ends, or until this script's stdin closes. The kernel closes
# stdin when the parent dies, by SIGKILL too, so the command never outlives it. GRACE is how many seconds the command
# may tidy up after SIGTERM before it is killed. Its process id is written to file descriptor 3.
grace=$1
shift

# A background job's stdin is /dev/null unless it is duplicated first.
exec 4<&0
"$@" </dev/null 3>&- 4<&- &
child=$!
echo "$child" >&3
# stderr is the command's log; what the shell has to say about its jobs does not belong there.
exec 3>&- 2>/dev/null

(
	while read -r _ <&4; do :; done
	# From here on this part ends by itself, within a second of the command, and leaves no `sleep` behind.
	trap '' TERM
	kill -TERM "$child"
	while [ "$grace" -gt 0 ] && kill -0 "$child"; do
		sleep 1
		grace=$((grace - 1))
	done
	kill -KILL "$child"
) &
watcher=$!

wait "$child"
status=$?
kill "$watcher"
wait "$watcher"
exit "$status"
