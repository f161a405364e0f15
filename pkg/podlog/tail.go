package podlog

// Tail keeps the last lines that it is given: Lines of them at most, and Bytes of
// their messages.
type Tail struct {
	Lines, Bytes int

	kept []Line
	size int
}

// Add keeps a line, and lets the oldest go that are too many.
func (t *Tail) Add(line Line) error {
	t.kept = append(t.kept, line)
	t.size += len(line.Message)
	drop := 0
	for len(t.kept)-drop > t.Lines || t.size > t.Bytes && len(t.kept)-drop > 1 {
		t.size -= len(t.kept[drop].Message)
		t.kept[drop] = Line{}
		drop++
	}
	t.kept = t.kept[drop:]
	return nil
}

// Kept returns the lines, the oldest first.
func (t *Tail) Kept() []Line { return t.kept }
