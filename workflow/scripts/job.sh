#!/usr/bin/env bash
# Runs a job: job.sh LOG COMMAND... What the job says goes to the log; of one that fails, the cause goes to the terminal too.
# A log that does not end with `done` or `failed` is of a job that was interrupted: it is gone on with.
set -uo pipefail
trap : TERM INT # asked to end, as all processes of a SLURM job are, a job keeps its state, and its shell waits for it

log=$1
shift
case $(tail -n 1 "$log" 2>/dev/null) in done | failed) rm -f "$log" ;; esac
before=$(wc -c 2>/dev/null <"$log" || echo 0)
{ "$@" >>"$log" 2>&1; } 2>/dev/null # without what the shell itself says of a job that was killed
code=$?

case $code in
0) echo "done" >>"$log" ;;
130 | 143) cause="error: the job was asked to end; rerun: it goes on from where it was" ;;
137) cause="error: the job was killed (SIGKILL), as when memory runs out; give it more, or run fewer at once (--cores), and rerun: it goes on from where it was" ;;
*)
    said=$(tail -c "+$((before + 1))" "$log")
    cause=$(grep -m 1 "^error: " <<<"$said" || echo "error: $(tail -n 1 <<<"$said")")
    echo "failed" >>"$log"
    ;;
esac
[ "$code" = 0 ] || printf '%s\nlog: %s\n' "$cause" "$log" >&2
exit "$code"
