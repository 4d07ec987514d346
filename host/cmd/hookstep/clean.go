package main

import "strings"

// clean takes from a text what would steer a terminal: code, and whoever calls it, decides what is in logs and payloads.
func (p paint) clean(text string) string {
	if !p.terminal {
		return text
	}
	return strings.Map(func(char rune) rune {
		if char < ' ' && char != '\n' && char != '\t' || char >= 0x7f && char < 0xa0 {
			return '\ufffd'
		}
		return char
	}, text)
}
