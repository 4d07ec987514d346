package main

import (
	"fmt"
	"os"
)

// exit ends at once, with a word on standard error.
func exit() {
	fmt.Fprintln(os.Stderr, "there is no licence for this machine")
	os.Exit(3)
}

// silent never introduces itself.
func silent() { select {} }

// garbage introduces itself with something that is no handshake, and lives on.
func garbage() {
	fmt.Println("\x00\xff{]|||\x1b[31m")
	select {}
}

// early prints a greeting before its handshake, as a library's banner does.
func early() {
	fmt.Println("Welcome to the engine!")
	serve(nil)
}

// old speaks a version of the protocol that no host knows any more.
func old() {
	fmt.Println("1|0|unix|/tmp/no-such-socket|grpc")
	select {}
}
