package watched

import "testing"

func TestCheck(t *testing.T) {
	all := []Change{{Added, "a", 2}, {Added, "b", 4}, {Modified, "a", 5}, {Deleted, "b", 7}, {Modified, "a", 9}}
	for name, c := range map[string]struct {
		stretches []Stretch
		right     bool
	}{
		"everything":                  {[]Stretch{{1, all}}, true},
		"begun later":                 {[]Stretch{{4, all[2:]}}, true},
		"reset, with changes missed":  {[]Stretch{{1, all[:2]}, {7, all[4:]}}, true},
		"reset, before anything":      {[]Stretch{{1, nil}, {5, all[3:]}}, true},
		"one lost in the middle":      {[]Stretch{{1, []Change{all[0], all[1], all[3], all[4]}}}, false},
		"the last one lost":           {[]Stretch{{1, all[:4]}}, false},
		"one lost at a reset":         {[]Stretch{{1, all[:2]}, {4, all[3:]}}, false},
		"one told twice":              {[]Stretch{{1, []Change{all[0], all[0], all[1], all[2], all[3], all[4]}}}, false},
		"out of order":                {[]Stretch{{1, []Change{all[1], all[0], all[2], all[3], all[4]}}}, false},
		"one that was never made":     {[]Stretch{{1, append([]Change{{Added, "c", 3}}, all...)}}, false},
		"told as another type":        {[]Stretch{{1, []Change{all[0], all[1], {Added, "a", 5}, all[3], all[4]}}}, false},
		"back in time after a reset":  {[]Stretch{{1, all[:4]}, {5, all[3:]}}, false},
		"nothing at all, but changes": {[]Stretch{{1, nil}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Check(all, c.stretches); (err == nil) != c.right {
				t.Errorf("got %v, want right: %v", err, c.right)
			}
		})
	}
}
