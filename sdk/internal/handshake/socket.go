package handshake

import (
	"os"
	"path/filepath"
	"strings"
)

const socketPrefix = "hookstep-"

// MakeSockets makes a folder for the socket of one plugin process, which nobody else may look into.
func MakeSockets(parent string) (string, error) { return os.MkdirTemp(parent, socketPrefix) }

// RemoveSockets removes a folder that MakeSockets made. The plugin does it when its host is gone: a host that was killed
// cannot. Another host's folder, which may be shared, is left alone.
func RemoveSockets(folder string) {
	if strings.HasPrefix(filepath.Base(folder), socketPrefix) {
		_ = os.RemoveAll(folder)
	}
}
