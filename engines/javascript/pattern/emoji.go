package pattern

import (
	_ "embed"
	"fmt"
	"strings"
)

// emojiProperties has a line for each property of emoji, as Unicode 15 has them: its name, then its spans in hexadecimal.
//
//go:embed emoji.txt
var emojiProperties string

// emoji gives the characters of a property of emoji; nil for another name.
func emoji(name string) set {
	for line := range strings.Lines(emojiProperties) {
		fields := strings.Fields(line)
		if fields[0] != name {
			continue
		}
		var found set
		for _, field := range fields[1:] {
			var one span
			if _, err := fmt.Sscanf(field, "%x-%x", &one.first, &one.last); err == nil {
				found = append(found, one)
			}
		}
		return found
	}
	return nil
}
