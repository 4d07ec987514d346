package main

import (
	"io"
	"strings"
	"unicode/utf8"
)

// cell is a text of a table with its looks, which take no place.
type cell struct {
	text string
	look func(string) string // nil: as it is
}

func plain(text string) cell { return cell{text: text} }

// table is rows of cells under their heads.
type table struct {
	heads []string
	rows  [][]cell
}

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

// print lays the columns out. An empty cell is a faint dash, so that columns can be told apart.
func (t *table) print(stream io.Writer, look paint) error {
	lines := make([][]cell, 0, len(t.rows)+1)
	heads := make([]cell, len(t.heads))
	for i, head := range t.heads {
		heads[i] = cell{head, look.faint}
	}
	lines = append(append(lines, heads), t.rows...)
	widths := make([]int, len(t.heads))
	for _, line := range lines {
		for i := range line {
			if line[i].text == "" {
				line[i] = cell{"-", look.faint}
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(line[i].text))
		}
	}
	var text strings.Builder
	for _, line := range lines {
		writeLine(&text, line, widths)
	}
	_, err := io.WriteString(stream, text.String())
	return err
}

// blank is a cell that shows nothing, not even that it is empty.
const blank = " "

func writeLine(to *strings.Builder, line []cell, widths []int) {
	for i, each := range line {
		if each.text == blank && i == len(line)-1 {
			break
		}
		shown := each.text
		if each.look != nil {
			shown = each.look(shown)
		}
		to.WriteString(shown)
		if i < len(line)-1 && (i < len(line)-2 || line[i+1].text != blank) {
			to.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(each.text)+2))
		}
	}
	to.WriteByte('\n')
}

// short keeps the first characters of a text's first line.
func short(text string, most int) string {
	line, rest, more := strings.Cut(strings.TrimSpace(text), "\n")
	more = more && rest != ""
	if utf8.RuneCountInString(line) > most {
		line, more = string([]rune(line)[:most-1]), true
	}
	if more {
		line = strings.TrimRight(line, " ") + "…"
	}
	return line
}
