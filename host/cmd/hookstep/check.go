package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/document"
)

func newCheck(self *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [DIR…]",
		Short: "Report what is wrong with integrations, as a compiler does",
		Long: "check reads the integrations in DIR (a folder of one or of several; the working folder by default), compiles their\n" +
			"code on its engines, and reports all that is wrong with file, line and column. Nothing runs.",
		Example: "  hookstep check\n  hookstep check testdata/integrations --json",
	}
	set := self.configure(cmd, "data", "engines.memory", "engines.startTimeout", "plugins")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		ctx, stop := interruptible(ctx)
		defer stop()
		return interrupted(ctx, set.check(ctx, orHere(args), asJSON))
	})
	return cmd
}

// orHere gives the working folder where none is named.
func orHere(dirs []string) []string {
	if len(dirs) == 0 {
		return []string{"."}
	}
	return dirs
}

func (c *configured) check(ctx context.Context, dirs []string, asJSON bool) error {
	set, err := c.load()
	if err != nil {
		return err
	}
	checked, findings, err := c.checkAll(ctx, set, dirs)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(c.stdout, findingsJSON(findings))
	} else {
		c.reportCheck(checked, findings)
	}
	if err == nil && findings.Failed() {
		err = &exit{code: exitFailed}
	}
	return err
}

// checkAll checks each integration on its own, so that what is wrong with one hides nothing of another.
func (c *configured) checkAll(ctx context.Context, set config.Config, dirs []string) ([]*integration.Integration, integration.Problems, error) {
	folders, err := integration.Find(dirs)
	findings, ok := problemsOf(err)
	if err != nil && !ok {
		return nil, nil, err
	}
	var checked []*integration.Integration
	for _, folder := range folders {
		one, found, err := c.checkOne(ctx, set, folder)
		if err != nil {
			return nil, nil, err
		}
		findings = append(findings, found...)
		checked = append(checked, one...)
	}
	findings = append(findings, integration.Conflicts(checked)...)
	return checked, findings.Sorted(), nil
}

// checkOne gives no integration if its files have errors: then there is no code to compile.
func (c *configured) checkOne(ctx context.Context, set config.Config, folder string) ([]*integration.Integration, integration.Problems, error) {
	made, err := c.newHost(ctx, host.Options{Config: set, Dirs: []string{folder}, Transient: true})
	if found, ok := problemsOf(err); ok {
		return nil, found, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer made.Close(ctx)
	diagnostics, err := made.Check(ctx)
	if err != nil {
		return nil, nil, ended(exitCannotStart, err)
	}
	findings := findingsOf(diagnostics)
	for _, one := range made.Integrations() {
		findings = append(findings, one.Warnings...)
	}
	return made.Integrations(), findings, nil
}

// reportCheck tells what was looked at on stdout, and what was found on stderr.
func (a *app) reportCheck(checked []*integration.Integration, findings integration.Problems) {
	for _, one := range checked {
		parts := []string{counted(len(one.Flows), "flow"), counted(len(one.Instances), "instance")}
		fmt.Fprintf(a.stdout, "%s: %s\n", a.out.bold(folderOf(one)), strings.Join(append(parts, one.Engines()...), ", "))
	}
	printFindings(a.stderr, a.err, findings)
	fails := 0
	for _, finding := range findings {
		if finding.Severity == document.Error {
			fails++
		}
	}
	if fails > 0 {
		fmt.Fprintln(a.stderr, a.err.red(counted(fails, "error")))
		return
	}
	fmt.Fprintln(a.stdout, a.out.green("no errors"))
}

// folderOf is the integration's folder as it was given.
func folderOf(one *integration.Integration) string {
	folder := strings.TrimSuffix(strings.TrimSuffix(one.File, integration.FileName), "/")
	if folder == "" {
		return "."
	}
	return folder
}

// finding is a problem as --json prints it.
type finding struct {
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

func findingsJSON(findings integration.Problems) []finding {
	made := make([]finding, len(findings))
	for i, one := range findings {
		made[i] = finding{one.File, one.Line, one.Column, string(one.Severity), one.Message}
	}
	return made
}
