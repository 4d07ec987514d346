package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/document"
)

func newSchema(self *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [integration|instance|config]",
		Short: "Print the JSON Schema of a file, for editors",
		Long: "schema prints the JSON Schema of integration.yaml (the default), of a file in instances/, or of hookstep.yaml.\n" +
			"Editors that speak the YAML language server take it from a first line such as\n" +
			"  # yaml-language-server: $schema=./integration.schema.json",
		Example:   "  hookstep schema integration > integration.schema.json",
		ValidArgs: []string{"integration", "instance", "config"},
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		RunE: action(func(_ context.Context, args []string) error {
			text, err := document.SchemaText(schemaOf(append(args, "integration")[0]))
			if err != nil {
				return err
			}
			_, err = self.stdout.Write(text)
			return err
		}),
	}
}

func schemaOf(name string) map[string]any {
	switch name {
	case "instance":
		return integration.InstanceSchema()
	case "config":
		return config.Schema()
	default:
		return integration.FileSchema()
	}
}
