package plugin

import (
	"bufio"
	"fmt"
	"strings"
)

// confirm asks a question that only yes answers.
func (s *session) confirm(question string) error {
	fmt.Fprintf(s.ErrOut, "%s [y/N] ", question)
	answer, err := bufio.NewReader(s.In).ReadString('\n')
	if answer == "" && err != nil {
		fmt.Fprintln(s.ErrOut)
		return hinted("Give --yes where nobody can be asked.", "nobody confirmed")
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return fmt.Errorf("nothing was done: the answer was no")
}
