package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binary is the folder of the program under test, on the PATH of every script; TestMain builds it once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	folder, err := os.MkdirTemp("", "hookstep-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	args := []string{"build", "-o", folder}
	if raceDetector {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, ".")...)
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building hookstep:", err)
		return 1
	}
	binary = folder
	return m.Run()
}

func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestScripts(t *testing.T) {
	t.Parallel()
	root := repository(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(root, "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", binary+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("ROOT", root)
			env.Setenv("BIN", binary)
			env.Values[stageKey{}] = newStage(env)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":    command((*stage).serve),
			"halt":     command((*stage).halt),
			"signal":   command((*stage).signal),
			"http":     command((*stage).http),
			"later":    command((*stage).later),
			"answer":   command((*stage).answer),
			"burst":    command((*stage).burst),
			"raw":      command((*stage).raw),
			"waitlog":  command((*stage).waitLog),
			"engines":  command((*stage).engines),
			"exits":    command((*stage).exits),
			"ask":      command((*stage).ask),
			"terminal": command((*stage).terminal),
			"id":       command((*stage).id),
			"service":  command((*stage).service),
		},
	})
}
