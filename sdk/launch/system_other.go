//go:build !linux

package launch

import "errors"

// limit sets nothing: another process's limits cannot be set here.
func limit(int, int64) error { return nil }

// awaitExit tells that the end of a process cannot be awaited here without taking it away.
func awaitExit(int) bool { return false }

func readUsage(int) (usage, error) { return usage{}, errors.ErrUnsupported }
