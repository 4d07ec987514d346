// Command hookstep runs integrations: a webhook comes in, code steps run, an answer goes out.
package main

import (
	"os"
	_ "time/tzdata" // schedules have zones, and a bare container has no files of them
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}
