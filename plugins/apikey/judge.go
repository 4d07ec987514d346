package apikey

import (
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// judge looks for what pasting leaves behind. A key goes into a header, where a line break ends it and space around it is lost.
func judge(settings connection.Settings) []connection.Finding {
	var findings []connection.Finding
	for _, input := range []string{inputKey, inputSecret} {
		value, given := settings.Fields[input]
		if !given {
			continue
		}
		if message := wrong(value); message != "" {
			findings = append(findings, connection.Finding{Key: input, Message: message})
		}
	}
	if settings.Type == KeySecret && strings.Contains(settings.Fields[inputKey], ":") {
		findings = append(findings, connection.Finding{Key: inputKey, Message: "holds a colon, which would end it where key and secret are sent together: " +
			"paste the key alone, without its secret"})
	}
	return findings
}

func wrong(value string) string {
	switch {
	case value == "":
		return "is empty: paste it as the service shows it"
	case strings.TrimSpace(value) != value:
		return "begins or ends with a space or line break: paste it without"
	case connection.HasControl(value):
		return "holds a line break or another control character: paste it as one line"
	}
	return ""
}
