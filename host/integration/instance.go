package integration

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

const instancesFolder = "instances"

// instances reads instances/*.yaml, or makes the folder's own instance if there are none.
func (r *reader) instances() {
	files := r.instanceFiles()
	if len(files) == 0 {
		name := InstanceName(r.out.ID)
		r.out.Instances = []Instance{r.instance(name, r.out.Name, &document.Node{Kind: document.Map}, r.file)}
		return
	}
	taken := map[InstanceName]string{}
	for _, file := range files {
		stem := strings.TrimSuffix(file, path.Ext(file))
		report := &document.Report{File: filepath.Join(r.shown, instancesFolder, file)}
		name := InstanceName(SlugOf(stem))
		switch other, twice := taken[name]; {
		case name == "":
			report.ErrorAtf(0, 0, "the file's name has no letter or digit, so there is no name for its URLs")
		case twice:
			report.ErrorAtf(0, 0, "instance %q is in %s already", name, other)
		}
		taken[name] = report.File
		r.readInstance(name, stem, path.Join(instancesFolder, file), report)
		r.others = append(r.others, report.Problems...)
	}
}

func (r *reader) instanceFiles() []string {
	folder, err := r.root.Open(instancesFolder)
	if err != nil {
		return nil
	}
	defer func() { _ = folder.Close() }()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		r.fail(instancesFolder, reason(err))
	}
	var files []string
	for _, entry := range entries {
		extension := path.Ext(entry.Name())
		if !strings.HasPrefix(entry.Name(), ".") && (extension == ".yaml" || extension == ".yml") {
			files = append(files, entry.Name())
		}
	}
	slices.Sort(files)
	return files
}

func (r *reader) readInstance(name InstanceName, stem, file string, report *document.Report) {
	content, err := r.root.ReadFile(filepath.FromSlash(file))
	if err != nil {
		report.ErrorAtf(0, 0, "%s", reason(err))
		return
	}
	from := document.Parse(content, report)
	if from == nil {
		return
	}
	from, connections := r.split(from)
	from = document.Expand(from, r.outside(), report)
	InstanceShape().Check(from, report)
	instance := r.instance(name, stem, from, report)
	instance.Connections = r.connections(r.expandConnections(connections, report), report)
	instance.Shown = report.File
	r.out.Instances = append(r.out.Instances, instance)
}

// outside reads ${file:PATH} relative to the folder of the instance files. Secrets are mounted anywhere, so a path may
// leave the integration's folder.
func (r *reader) outside() document.Outside {
	return document.Outside{LookupEnv: r.env.lookupEnv, ReadFile: func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(r.shown, instancesFolder, name)
		}
		return readSecret(name)
	}}
}

// maxSecretBytes bounds a file that a reference names.
const maxSecretBytes = 1 << 20

func readSecret(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, errors.New(reason(err))
	case !info.Mode().IsRegular() || info.Size() > maxSecretBytes:
		return nil, errors.New("not a file of at most 1 MiB")
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	return content, nil
}

func (r *reader) instance(name InstanceName, stem string, from *document.Node, report *document.Report) Instance {
	instance := Instance{
		Name: name, Title: or(from.Get("name"), stem), ID: or(from.Get("id"), string(name)),
		Customer: customer(from.Get("customer")), APIKeys: r.apiKeys(from.Get("apiKeys"), report),
		ConfigVars: r.configValues(from, report), Endpoints: map[FlowName]Endpoint{},
		Limit: limitOf(r.parsed, from),
	}
	instance.Timetables = r.timetables(&instance, from, report)
	for _, flow := range r.out.Flows {
		endpoint := Endpoint{Instance: name, Flow: flow.Slug}
		if flow.Trigger.Secret {
			endpoint.Token = r.env.token(r.out.ID, name, flow.Slug)
		}
		instance.Endpoints[flow.Name] = endpoint
		if flow.Trigger.APIKey && len(instance.APIKeys[flow.Name]) == 0 {
			r.missingKey(&flow, name, from, report)
		}
	}
	return instance
}

func (r *reader) missingKey(flow *Flow, name InstanceName, from *document.Node, report *document.Report) {
	if report == r.file {
		report.ErrorAtf(flow.Trigger.Line, 0, "flow %q requires an API key: set apiKeys in a file of an instance, as in %s",
			flow.Name, path.Join(instancesFolder, string(name)+".yaml"))
		return
	}
	if given := from.Get("apiKeys"); given != nil {
		from = given
	}
	report.Errorf(from, "flow %q requires an API key, and apiKeys has none for it", flow.Name)
}

func customer(from *document.Node) *Party {
	if !from.Is(document.Map) {
		return nil
	}
	return &Party{
		ID: from.Get("id").String(), ExternalID: from.Get("externalId").String(), Name: from.Get("name").String(),
	}
}

// apiKeys reads keys for all flows, or by flow name.
func (r *reader) apiKeys(from *document.Node, report *document.Report) map[FlowName][]string {
	granted := map[FlowName][]string{}
	if !from.Is(document.Map) {
		for _, flow := range r.out.Flows {
			if given := someTexts(from); len(given) > 0 {
				granted[flow.Name] = given
			}
		}
		return granted
	}
	var names []string
	for _, flow := range r.out.Flows {
		names = append(names, string(flow.Name))
	}
	for _, member := range from.Members {
		if !slices.Contains(names, member.Key) {
			report.ErrorAtf(member.Line, member.Column, "there is no flow %q%s", member.Key, document.DidYouMean(member.Key, names))
		}
		granted[FlowName(member.Key)] = someTexts(member.Value)
	}
	return granted
}

func someTexts(from *document.Node) []string {
	if one := from.String(); one != "" {
		return []string{one}
	}
	return from.Texts()
}

// configValues gives the instance's config variables as one JSON object in the order of their declaration.
func (r *reader) configValues(from *document.Node, report *document.Report) []byte {
	given := from.Get("configVars")
	r.unknownVars(given, report)
	at := given
	if at == nil {
		at = from
	}
	object := []byte{'{'}
	for i := range r.out.ConfigVars {
		variable := &r.out.ConfigVars[i]
		encoded := r.configValue(variable, given, at, report)
		if encoded == nil { // a connection among them: see connections
			continue
		}
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = append(document.AppendQuoted(object, variable.Name), ':')
		object = append(object, encoded...)
	}
	return append(object, '}')
}

func (r *reader) configValue(variable *ConfigVar, given, at *document.Node, report *document.Report) []byte {
	if value := given.Get(variable.Name); value != nil {
		return variable.encode(value, report)
	}
	if variable.Default == nil && variable.Required && variable.Type != VarConnection {
		r.missing(variable, at, report)
	}
	return variable.Default
}

func (r *reader) missing(variable *ConfigVar, at *document.Node, report *document.Report) {
	if report == r.file {
		report.ErrorAtf(variable.Line, 0, "config variable %q is required and has no value: there is no file in %s/ that sets it",
			variable.Name, instancesFolder)
		return
	}
	report.Errorf(at, "config variable %q is required and has no value", variable.Name)
}

func (r *reader) unknownVars(given *document.Node, report *document.Report) {
	if !given.Is(document.Map) {
		return
	}
	var names []string
	for _, variable := range r.out.ConfigVars {
		names = append(names, variable.Name)
	}
	for _, member := range given.Members {
		if !slices.Contains(names, member.Key) {
			report.ErrorAtf(member.Line, member.Column, "there is no config variable %q%s", member.Key, document.DidYouMean(member.Key, names))
		}
	}
}
