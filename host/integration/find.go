package integration

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// Find lists the folders of integrations: each of dirs that is one, and those directly in each of dirs that is not. A
// folder in which there is none is a problem.
func Find(dirs []string) ([]string, error) {
	var found []string
	var problems Problems
	seen := map[string]bool{}
	for _, dir := range dirs {
		folders, problem := findIn(dir)
		if problem != "" {
			problems = append(problems, Problem{File: dir, Severity: document.Error, Message: problem})
		}
		for _, folder := range folders {
			if absolute, err := filepath.Abs(folder); err == nil && !seen[absolute] {
				seen[absolute] = true
				found = append(found, folder)
			}
		}
	}
	return found, problems.Err()
}

func findIn(dir string) (folders []string, problem string) {
	if isIntegration(dir) {
		return []string{dir}, ""
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, reason(err)
	}
	for _, entry := range entries {
		folder := filepath.Join(dir, entry.Name())
		if !strings.HasPrefix(entry.Name(), ".") && isIntegration(folder) {
			folders = append(folders, folder)
		}
	}
	if folders == nil {
		return nil, "there is no " + FileName + " in it, nor in a folder directly in it"
	}
	return folders, ""
}

func isIntegration(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, FileName))
	return err == nil && !info.IsDir()
}

// ReadAll finds and reads the integrations of dirs, as Find and Read do, and sees that they can be served together. The
// error is Problems: all that is wrong with any of them.
func ReadAll(dirs []string, env Environment) ([]*Integration, error) {
	folders, err := Find(dirs)
	problems := problemsOf(err)
	var all []*Integration
	for _, folder := range folders {
		integration, err := Read(folder, env)
		if err != nil {
			problems = append(problems, problemsOf(err)...)
			continue
		}
		all = append(all, integration)
	}
	problems = append(problems, Conflicts(all)...)
	if err := problems.Sorted().Err(); err != nil {
		return nil, err
	}
	return all, nil
}

// Conflicts reports what keeps integrations from being served together: two instances of one name would share URLs.
func Conflicts(all []*Integration) Problems {
	var problems Problems
	owner := map[InstanceName]string{}
	for _, integration := range all {
		for _, instance := range integration.Instances {
			file := integration.File
			if instance.Shown != "" {
				file = instance.Shown
			}
			if other, taken := owner[instance.Name]; taken {
				message := "instance " + string(instance.Name) + " is in " + other + " already; rename one of the files or folders"
				problems = append(problems, Problem{File: file, Severity: document.Error, Message: message})
				continue
			}
			owner[instance.Name] = file
		}
	}
	return problems
}

func problemsOf(err error) Problems {
	if found, ok := err.(Problems); ok { //nolint:errorlint // Find and Read return it unwrapped
		return found
	}
	return nil
}
