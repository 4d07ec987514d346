package document

import (
	"fmt"
	"strings"
)

// Nearest gives the known word that was most likely meant by word, "" when none is near.
func Nearest(word string, known []string) string {
	best, least := "", max(1, len([]rune(word))/3)+1
	for _, candidate := range known {
		if far := distance(strings.ToLower(word), strings.ToLower(candidate)); far < least {
			best, least = candidate, far
		}
	}
	return best
}

// mostKnown bounds the list of known words in a message.
const mostKnown = 12

// DidYouMean gives `; did you mean "x"?` for the nearest known word, else the list of the known words.
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	if len(known) > mostKnown {
		return fmt.Sprintf("; known: %s and %d more", strings.Join(known[:mostKnown], ", "), len(known)-mostKnown)
	}
	return "; known: " + strings.Join(known, ", ")
}

// distance counts the insertions, deletions, replacements and swaps of neighbours between two words.
func distance(from, to string) int {
	a, b := []rune(from), []rune(to)
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range b {
		rows[0][j+1] = j + 1
	}
	for i := range a {
		for j := range b {
			rows[i+1][j+1] = cheapest(rows, a, b, i, j)
		}
	}
	return rows[len(a)][len(b)]
}

func cheapest(rows [][]int, a, b []rune, i, j int) int {
	replace := rows[i][j]
	if a[i] != b[j] {
		replace++
	}
	cost := min(rows[i][j+1]+1, rows[i+1][j]+1, replace)
	if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
		cost = min(cost, rows[i-1][j-1]+1)
	}
	return cost
}
