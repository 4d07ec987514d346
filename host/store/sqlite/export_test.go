package sqlite

import "maps"

// Statements gives the text of every statement that was prepared. Nobody uses the database meanwhile.
func (d *Database) Statements() map[string]bool {
	all := map[string]bool{}
	add := func(l *link) {
		for query := range maps.Keys(l.prepared) {
			all[query] = true
		}
	}
	add(d.writer.link)
	for range readerCount {
		one := <-d.readers.free
		add(one)
		defer func() { d.readers.free <- one }()
	}
	return all
}
