package launch

import "os"

// pipes are the standard streams of a child, each with its reading end first. No other process inherits them.
type pipes struct {
	stdin, stdout, stderr [2]*os.File
}

func newPipes() (*pipes, error) {
	p := &pipes{}
	for _, ends := range []*[2]*os.File{&p.stdin, &p.stdout, &p.stderr} {
		reading, writing, err := os.Pipe()
		if err != nil {
			p.close()
			return nil, err
		}
		*ends = [2]*os.File{reading, writing}
	}
	return p, nil
}

func (p *pipes) closeChilds() { closeAll(p.stdin[0], p.stdout[1], p.stderr[1]) }

// closeOurs wakes whoever reads. It may be called twice.
func (p *pipes) closeOurs() { closeAll(p.stdout[0], p.stderr[0]) }

func (p *pipes) close() {
	p.closeChilds()
	p.closeOurs()
	closeAll(p.stdin[1])
}

func closeAll(files ...*os.File) {
	for _, file := range files {
		_ = file.Close() // a nil file is fine too
	}
}
