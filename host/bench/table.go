package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// table is rows of cells, the first one the headings.
type table [][]string

// write writes the table in columns: the first two to the left, figures to the right.
func (t table) write(out io.Writer) {
	var widths []int
	for _, row := range t {
		for column, cell := range row {
			if column == len(widths) {
				widths = append(widths, 0)
			}
			widths[column] = max(widths[column], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t {
		var line strings.Builder
		for column, cell := range row {
			gap := strings.Repeat(" ", widths[column]-utf8.RuneCountInString(cell))
			if column < 2 {
				line.WriteString(cell + gap + "  ")
				continue
			}
			line.WriteString(gap + cell + "  ")
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
	fmt.Fprintln(out)
}

func micros(length time.Duration) string {
	return fmt.Sprintf("%d µs", length.Microseconds())
}

func millis(length time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(length.Microseconds())/1000)
}

func megabytes(bytes int64) string {
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
