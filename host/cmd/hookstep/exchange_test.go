package main_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// exchange is one request as a script writes it, and the status that it expects.
type exchange struct {
	method  string
	headers lines
	data    string
	output  string
	status  int
	url     string
	body    []byte
}

type lines []string

func (l *lines) String() string { return strings.Join(*l, ", ") }

func (l *lines) Set(line string) error {
	*l = append(*l, line)
	return nil
}

// reply is what came back.
type reply struct {
	status  int
	headers http.Header
	body    []byte
	err     error
}

// parseExchange reads the arguments that http, later and burst share. A URL that starts with a slash is of the server's
// hooks.
func parseExchange(ts *testscript.TestScript, args []string) (exchange, error) {
	var made exchange
	flags := flag.NewFlagSet("http", flag.ContinueOnError)
	flags.SetOutput(ts.Stderr())
	flags.StringVar(&made.method, "X", "", "method")
	flags.Var(&made.headers, "H", "header line")
	flags.StringVar(&made.data, "d", "", "body, or @file")
	flags.StringVar(&made.output, "o", "", "file for the body")
	if err := flags.Parse(args); err != nil {
		return made, err
	}
	if flags.NArg() != 2 {
		return made, errors.New("usage: http [-X METHOD] [-H HEADER]… [-d BODY|@FILE] [-o FILE] STATUS URL")
	}
	var err error
	if made.status, err = strconv.Atoi(flags.Arg(0)); err != nil {
		return made, fmt.Errorf("not a status: %q", flags.Arg(0))
	}
	if made.url = flags.Arg(1); strings.HasPrefix(made.url, "/") {
		made.url = ts.Getenv("URL") + made.url
	}
	made.body = []byte(made.data)
	if file, ok := strings.CutPrefix(made.data, "@"); ok {
		if made.body, err = os.ReadFile(ts.MkAbs(file)); err != nil {
			return made, err
		}
	}
	if made.method == "" {
		made.method = http.MethodGet
		if made.data != "" {
			made.method = http.MethodPost
		}
	}
	return made, nil
}

func (e exchange) do() reply {
	request, err := http.NewRequest(e.method, e.url, bytes.NewReader(e.body))
	if err != nil {
		return reply{err: err}
	}
	for _, line := range e.headers {
		name, content, _ := strings.Cut(line, ":")
		request.Header.Add(strings.TrimSpace(name), strings.TrimSpace(content))
	}
	if len(e.body) > 1<<20 { // as curl does: a host that refuses the body says so before it is sent
		request.Header.Set("Expect", "100-continue")
	}
	client := &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true, ExpectContinueTimeout: patience},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return reply{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{status: response.StatusCode, headers: response.Header, body: body, err: err}
}

// show puts the body on stdout (or into a file) and status and headers on stderr, and compares the status.
func (e exchange) show(ts *testscript.TestScript, got reply) error {
	if got.err != nil {
		return got.err
	}
	fmt.Fprintf(ts.Stderr(), "%d %s\n", got.status, http.StatusText(got.status))
	for _, name := range slices.Sorted(maps.Keys(got.headers)) {
		for _, content := range got.headers[name] {
			fmt.Fprintf(ts.Stderr(), "%s: %s\n", strings.ToLower(name), content)
		}
	}
	if e.output != "" {
		if err := os.WriteFile(ts.MkAbs(e.output), got.body, 0o644); err != nil {
			return err
		}
	} else if _, err := ts.Stdout().Write(got.body); err != nil {
		return err
	}
	if got.status != e.status {
		return fmt.Errorf("status %d, want %d; the body is %q", got.status, e.status, got.body)
	}
	return nil
}

// http makes one request.
//
//	http [-X METHOD] [-H HEADER]… [-d BODY|@FILE] [-o FILE] STATUS URL
func (s *stage) http(ts *testscript.TestScript, args []string) error {
	made, err := parseExchange(ts, args)
	if err != nil {
		return err
	}
	return made.show(ts, made.do())
}

// later makes a request in the background; `answer NAME STATUS` waits for what came back.
//
//	later NAME [-X METHOD] [-H HEADER]… [-d BODY|@FILE] STATUS URL
func (s *stage) later(ts *testscript.TestScript, args []string) error {
	if len(args) < 1 {
		return errors.New("later takes a name")
	}
	made, err := parseExchange(ts, args[1:])
	if err != nil {
		return err
	}
	done := make(chan reply, 1)
	s.pending[args[0]] = done
	go func() { done <- made.do() }()
	return nil
}

// answer waits for the answer of a request that later started.
//
//	answer NAME STATUS
func (s *stage) answer(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 || s.pending[args[0]] == nil {
		return errors.New("answer takes the name of a request under way, and a status")
	}
	status, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	select {
	case got := <-s.pending[args[0]]:
		return exchange{status: status}.show(ts, got)
	case <-time.After(patience):
		return fmt.Errorf("no answer to %s", args[0])
	}
}

// burst makes many requests side by side, and prints how many got which status. The expected status must be among them.
//
//	burst COUNT [-X METHOD] [-H HEADER]… [-d BODY|@FILE] STATUS URL
func (s *stage) burst(ts *testscript.TestScript, args []string) error {
	if len(args) < 1 {
		return errors.New("burst takes a count")
	}
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	made, err := parseExchange(ts, args[1:])
	if err != nil {
		return err
	}
	got := make([]reply, count)
	var group sync.WaitGroup
	for i := range got {
		group.Go(func() { got[i] = made.do() })
	}
	group.Wait()
	seen := map[int]int{}
	for _, one := range got {
		if one.err != nil {
			return one.err
		}
		seen[one.status]++
	}
	for status, count := range seen {
		fmt.Fprintf(ts.Stdout(), "%d: %d\n", status, count)
	}
	if seen[made.status] == 0 {
		return fmt.Errorf("no answer has the status %d: %v", made.status, seen)
	}
	return nil
}

// raw sends a file's bytes to the hooks' port as they are, with its line ends turned into CRLF, and prints all that comes
// back until the server closes.
//
//	raw FILE
func (s *stage) raw(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("raw takes a file")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")
	conn, err := net.DialTimeout("tcp", ts.Getenv("ADDRESS"), patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, text); err != nil {
		return err
	}
	_, err = io.Copy(ts.Stdout(), conn)
	return err
}
