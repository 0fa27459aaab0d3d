#!/bin/sh
# Where the tests put their mailboxes and databases: into memory where there is room for them (they are some gigabytes of small files, which
# take many disks minutes to delete), else where everything temporary goes. TMPDIR, if it is set, is left as it is.
memory=/dev/shm
[ -z "$TMPDIR" ] || { echo "$TMPDIR"; exit; }
take_usual() { echo /tmp; exit; }
[ "$(stat --file-system --format=%T "$memory" 2>/dev/null)" = tmpfs ] || take_usual
[ "$(df --output=avail "$memory" | tail -1)" -gt 12000000 ] || take_usual                     # KiB
[ "$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)" -gt 16000000 ] || take_usual
limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null) || limit=max                              # of a container
[ "$limit" = max ] || [ "$limit" -gt 16000000000 ] || take_usual
trial=$(mktemp "$memory/trasloco-trial-XXXXXX") || take_usual
printf '#!/bin/sh\n' >"$trial" && chmod +x "$trial" && "$trial" 2>/dev/null && echo "$memory" || echo /tmp  # mounted noexec
rm -f "$trial"
