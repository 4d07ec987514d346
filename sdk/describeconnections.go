package sdk

import (
	"cmp"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// typeIntroduction is a type of connections as "describe" prints it. Flags that are not set and lists without members are left
// out.
type typeIntroduction struct {
	Key      string              `json:"key"`
	Label    string              `json:"label"`
	Comments string              `json:"comments"`
	Aliases  []string            `json:"aliases,omitempty"`
	Inputs   []inputIntroduction `json:"inputs"`
	Options  []inputIntroduction `json:"options,omitempty"`
	Token    string              `json:"token"` // "static", "authorizes" or "obtains"
	Revokes  bool                `json:"revokes,omitempty"`
	Signs    bool                `json:"signs,omitempty"`
	Send     sendIntroduction    `json:"send,omitzero"`
}

type inputIntroduction struct {
	Key         string   `json:"key"`
	Label       string   `json:"label"`
	Comments    string   `json:"comments,omitempty"`
	Kind        string   `json:"kind"` // "text", "multiline" or "pairs"
	Required    bool     `json:"required,omitempty"`
	Secret      bool     `json:"secret,omitempty"`
	Default     string   `json:"default,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Choices     []string `json:"choices,omitempty"`
}

type sendIntroduction struct {
	Headers []connection.Pair `json:"headers,omitempty"`
	Query   []connection.Pair `json:"query,omitempty"`
}

func introduceTypes(types []connection.Type) []typeIntroduction {
	about := make([]typeIntroduction, len(types))
	for i, offered := range types {
		about[i] = typeIntroduction{
			Key: offered.Key, Label: offered.Label, Comments: offered.Comments, Aliases: offered.Aliases,
			Inputs: introduceInputs(offered.Inputs), Options: introduceInputs(offered.Options),
			Token: cmp.Or(string(offered.Token), "static"), Revokes: offered.Revokes, Signs: offered.Signs,
			Send: sendIntroduction(offered.Send),
		}
	}
	return about
}

func introduceInputs(inputs []connection.Input) []inputIntroduction {
	about := make([]inputIntroduction, len(inputs))
	for i, input := range inputs {
		about[i] = inputIntroduction{
			Key: input.Key, Label: input.Label, Comments: input.Comments, Kind: cmp.Or(string(input.Kind), "text"),
			Required: input.Required, Secret: input.Secret, Default: input.Default, Placeholder: input.Placeholder, Choices: input.Choices,
		}
	}
	return about
}
