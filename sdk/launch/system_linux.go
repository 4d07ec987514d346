package launch

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// How much private memory a process may map beyond its limit: runtimes reserve ahead. It bounds what can be taken
// between two looks at the memory.
const slack = 512 << 20

// limit sets what the kernel enforces on a process that has just been started.
func limit(pid int, memory int64) error {
	err := unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	if memory > 0 {
		most := uint64(memory) + slack
		err = errors.Join(err, unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most}, nil))
	}
	if err != nil && !errors.Is(err, unix.ESRCH) { // it has ended already
		return fmt.Errorf("setting limits of process %d: %w", pid, err)
	}
	return nil
}

// awaitExit returns when the process has ended, and leaves it to be waited for: until then nobody else gets its id. It
// tells whether that is so.
func awaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

func readUsage(pid int) (usage, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return usage{}, err
	}
	fields := bytes.Fields(text)
	if len(fields) < 3 {
		return usage{}, fmt.Errorf("statm of process %d has %d fields", pid, len(fields))
	}
	resident, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return usage{}, err
	}
	shared, err := strconv.ParseInt(string(fields[2]), 10, 64)
	if err != nil {
		return usage{}, err
	}
	page := int64(os.Getpagesize())
	return usage{resident: resident * page, private: (resident - shared) * page}, nil
}
