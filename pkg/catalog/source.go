package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/go-logr/logr"

	builtin "github.com/kubenova/kubenova/docs/catalog"
)

const (
	// settle is how long a change must be over before the files are read: an editor
	// writes in steps, and a ConfigMap is swapped in several.
	settle = 200 * time.Millisecond
	// reread is how often files are read without having been told of a change, as
	// after the directory itself was replaced.
	reread = time.Minute
)

// Source has the catalog of a directory, or the built-in one.
type Source struct {
	dir string
	log logr.Logger

	mu      sync.Mutex
	current *Catalog
	problem error
	changed []func()
	// own are the files that the directory had when it was last good.
	own map[string]bool
}

// NewSource returns the source of a directory. A file that the directory does
// not have is the built-in one; without a directory all of them are. Nothing is
// read yet.
func NewSource(dir string, log logr.Logger) *Source { return &Source{dir: dir, log: log} }

// Current returns the last good catalog, nil before there is one, and why the
// files are refused as they are now.
func (s *Source) Current() (*Catalog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current, s.problem
}

// Subscribe calls back after every reading of the files. The callback must not block.
func (s *Source) Subscribe(callback func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = append(s.changed, callback)
}

// Start reads the files, and again when they change, until ctx is done. Files
// that are refused are logged, and what was good before stays.
func (s *Source) Start(ctx context.Context) error {
	if s.dir == "" {
		s.read()
		<-ctx.Done()
		return nil
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching the catalog: %w", err)
	}
	defer func() { _ = watcher.Close() }() // nothing is to be saved
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case event := <-watcher.Events:
			s.log.V(4).Info("the catalog's directory changed", "event", event.String())
			timer.Reset(settle)
		case err := <-watcher.Errors:
			s.log.Error(err, "watching the catalog", "dir", s.dir)
		case <-timer.C:
			// Added anew each time: the directory may be another one by now.
			if err := watcher.Add(s.dir); err != nil {
				s.log.Error(err, "watching the catalog", "dir", s.dir)
			}
			s.read()
			timer.Reset(reread)
		}
	}
}

func (s *Source) read() {
	loaded, own, err := s.load()
	s.mu.Lock()
	if err == nil {
		s.current, s.own = loaded, own
	}
	// A problem that stays is told once.
	if told := s.problem; err != nil && (told == nil || told.Error() != err.Error()) {
		s.log.Error(err, "the catalog is refused; the last good one stays", "dir", s.dir)
	} else if err == nil && told != nil {
		s.log.Info("the catalog is good again", "dir", s.dir)
	}
	s.problem = err
	callbacks := s.changed
	s.mu.Unlock()
	for _, callback := range callbacks {
		callback()
	}
}

// load reads the catalog, and says which files are the directory's own.
func (s *Source) load() (*Catalog, map[string]bool, error) {
	if s.dir == "" {
		loaded, err := Load(builtin.Files)
		return loaded, nil, err
	}
	if err := CheckDir(s.dir); err != nil {
		return nil, nil, err
	}
	files := overlay{over: os.DirFS(s.dir), under: builtin.Files, must: s.own, own: map[string]bool{}}
	loaded, err := Load(files)
	return loaded, files.own, err
}

// overlay has the files of over, and of under what over does not have.
type overlay struct {
	over, under fs.FS
	// must are files that over has to have: one that was there and is gone is more
	// likely a mistake than the wish to have the built-in one.
	must map[string]bool
	// own is filled with the files that over has.
	own map[string]bool
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	file, err := o.over.Open(name)
	if errors.Is(err, fs.ErrNotExist) && !o.must[name] {
		return o.under.Open(name)
	}
	o.own[name] = err == nil
	return file, err
}

// CheckDir returns why a directory cannot be the catalog's, or nil. What is in it
// may change, and is no reason.
func CheckDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("the catalog's directory: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("the catalog's directory: %s is not a directory", dir)
	}
	return nil
}
