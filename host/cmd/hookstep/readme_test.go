package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/config"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fenced gives the fenced blocks of a language, in order.
func fenced(text, language string) []string {
	var blocks []string
	for _, found := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, found[1])
	}
	return blocks
}

// README's commands and its integration are typed in as they are printed. Only the port is another one.
func TestReadmeWorksAsPrinted(t *testing.T) {
	t.Parallel()
	text := readme(t)
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "hello"), 0o755); err != nil {
		t.Fatal(err)
	}
	yaml := fenced(text, "yaml")[0]
	if err := os.WriteFile(filepath.Join(folder, "hello", "integration.yaml"), []byte(yaml), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(folder, "bin")); err != nil {
		t.Fatal(err)
	}
	commands := fenced(text, "sh")
	if len(commands) != 6 {
		t.Fatalf("README has %d command blocks, want make, run, serve, curl, list and curl of the API", len(commands))
	}
	const want = `{"text":"Hello, Ada!"}`
	if out := shell(t, folder, commands[1]); !strings.Contains(out, want) {
		t.Errorf("%s\nprinted:\n%s\nwant %s in it", commands[1], out, want)
	}
	arguments := strings.Fields(commands[2])
	serve := exec.Command(filepath.Join(folder, arguments[0]), arguments[1:]...)
	serve.Dir = folder
	hooks, operators := serveUntilEnd(t, serve, "HOOKSTEP_DATA=.hookstep")
	if out := shell(t, folder, strings.ReplaceAll(commands[3], "http://localhost:8080", hooks)); out != want {
		t.Errorf("%s\nprinted:\n%s\nwant %s", commands[3], out, want)
	}
	for _, command := range commands[4:] {
		typed := strings.ReplaceAll(command, "http://127.0.0.1:8081", operators)
		typed = strings.Replace(typed, "executions list", "executions list --admin "+operators, 1)
		err := poll(func() error { // an execution is listed soon after its answer
			if out := shell(t, folder, typed); !strings.Contains(out, "succeeded") {
				return fmt.Errorf("%s\nprinted:\n%s\nwant an execution that succeeded", typed, out)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// README's asynchronous integration books a delivery once, and waits for the night.
func TestReadmeAsynchronousExample(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "stock"), 0o755); err != nil {
		t.Fatal(err)
	}
	yaml := fenced(readme(t), "yaml")[1]
	if err := os.WriteFile(filepath.Join(folder, "stock", "integration.yaml"), []byte(yaml), 0o644); err != nil {
		t.Fatal(err)
	}
	serve := exec.Command(filepath.Join(binary, "hookstep"), "serve", "stock")
	serve.Dir = folder
	hooks, operators := serveUntilEnd(t, serve, "HOOKSTEP_DATA=.hookstep")
	answers := map[string]bool{}
	for range 3 {
		answers[shell(t, folder, `curl -sS --json '{"article": "CAB", "onHand": 118}' -H 'X-Delivery-Id: 1' `+hooks+"/hooks/stock/stock-changed")] = true
	}
	if len(answers) != 1 {
		t.Errorf("one delivery has the answers %v", answers)
	}
	for command, want := range map[string]string{
		"executions list --flow 'Stock changed'": "succeeded",
		"state get stock/stock CAB":              "118",
		"schedules list":                         "30 2 * * *",
	} {
		err := poll(func() error {
			line := filepath.Join(binary, "hookstep") + " " + command + " --admin " + operators
			if out, err := exec.CommandContext(t.Context(), "sh", "-c", "cd "+folder+" && "+line).CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
				return fmt.Errorf("%s\nprinted:\n%s\nwant %s in it", line, out, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Every command that README speaks of is there, with its flags.
func TestReadmeCommandsExist(t *testing.T) {
	t.Parallel()
	for _, found := range regexp.MustCompile("\\| `(hookstep [a-z]+ [^`\\\\]+)` \\|").FindAllStringSubmatch(readme(t), -1) {
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", filepath.Join(binary, found[1])+" --help").CombinedOutput(); err != nil || !strings.Contains(string(out), "Usage:") {
			t.Errorf("%s: %v\n%s", found[1], err, out)
		}
	}
}

func shell(t *testing.T, folder, line string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-ec", line)
	command.Dir = folder
	var messages strings.Builder
	command.Stderr = &messages
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", line, err, out, messages.String())
	}
	return string(out)
}

func TestReadmeListsEveryTarget(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(repository(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile("`?make ([a-z]+)`?").FindAllStringSubmatch(readme(t), -1) {
		if target := found[1]; !strings.Contains(string(text), "\n"+target+":") && target != "alone" {
			t.Errorf("README speaks of %q, which the Makefile does not have", "make "+target)
		}
	}
}

func TestReadmeTablesAreComplete(t *testing.T) {
	t.Parallel()
	text := readme(t)
	for _, key := range config.Keys() {
		standard := key.Default
		if standard != "" {
			standard = "`" + standard + "`"
		}
		if row := fmt.Sprintf("| `%s` | `--%s` | %s | %s |\n", key.Name, key.Flag, standard, key.Doc); !strings.Contains(text, row) {
			t.Errorf("README lacks the row\n%s", row)
		}
	}
	codes := shell(t, ".", filepath.Join(binary, "hookstep")+" help exit-codes")
	for _, found := range regexp.MustCompile(`(?m)^ +(\d+)  (.+)$`).FindAllStringSubmatch(codes, -1) {
		if row := fmt.Sprintf("| %s | %s |\n", found[1], found[2]); !strings.Contains(text, row) {
			t.Errorf("README lacks the row\n%s", row)
		}
	}
}
