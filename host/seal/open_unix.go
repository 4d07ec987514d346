//go:build unix

package seal

import (
	"io/fs"
	"os"
	"syscall"
)

// tooOpen tells that others than the owner have a file. A file of another owner, as administrators and containers hand it in, may be
// readable by the group: that is how this program reads it.
func tooOpen(info fs.FileInfo) bool {
	allowed := fs.FileMode(0o700)
	if owned, ok := info.Sys().(*syscall.Stat_t); ok && int(owned.Uid) != os.Geteuid() {
		allowed |= 0o040
	}
	return info.Mode().Perm()&^allowed != 0
}
