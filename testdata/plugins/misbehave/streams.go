package main

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// long is more than a scanner of lines takes.
const long = 100 << 10

// late writes to the true standard output after the handshake: lines, one of them very long, and no end of the last one.
func late() {
	stdout := os.Stdout // serving puts another file in its place
	serve(func(context.Context) {
		fmt.Fprintln(stdout, "1|1|unix|/tmp/another-socket|grpc")
		fmt.Fprintln(stdout, strings.Repeat("x", long))
		fmt.Fprint(stdout, "no end of line")
	})
}

// noisy writes what breaks readers of structured logs to standard error.
func noisy() {
	fmt.Fprintln(os.Stderr, `{"@message":42}`)
	fmt.Fprintln(os.Stderr, `{"@level":[],"@message":{"a":1},"@timestamp":"never"}`)
	fmt.Fprintln(os.Stderr, strings.Repeat("y", long))
	fmt.Fprintln(os.Stderr, "\xff\xfe not UTF-8")
	serve(nil)
}
