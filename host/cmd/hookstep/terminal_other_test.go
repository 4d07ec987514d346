//go:build !linux

package main_test

import (
	"errors"

	"github.com/rogpeppe/go-internal/testscript"
)

func (s *stage) terminal(*testscript.TestScript, []string) error {
	return errors.New("the scripts' terminal is made for Linux only")
}
