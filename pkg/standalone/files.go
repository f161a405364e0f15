package standalone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
)

// files are the places of everything below the data directory.
type files struct{ dir string }

// lock keeps a second process off the data directory; the lock ends with the process.
func (f files) lock() (*fileutil.LockedFile, error) {
	lock, err := fileutil.TryLockFile(filepath.Join(f.dir, "lock"), os.O_WRONLY|os.O_CREATE, 0o600)
	if errors.Is(err, fileutil.ErrLocked) {
		return nil, fmt.Errorf("another KubeNova runs on the data directory %s", f.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the data directory %s: %w", f.dir, err)
	}
	return lock, nil
}

// openFiles makes the data directory, readable by its owner alone.
func openFiles(dataDir string) (files, error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return files{}, fmt.Errorf("finding the data directory: %w", err)
	}
	f := files{dir}
	for _, path := range []string{dir, f.pki()} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return files{}, fmt.Errorf("making the data directory: %w", err)
		}
		if err := tighten(path, os.Getuid()); err != nil {
			return files{}, err
		}
	}
	return f, nil
}

// tighten closes a directory that was there before to everybody but its owner,
// who has to be the user with the id uid.
func tighten(path string, uid int) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("examining the data directory: %w", err)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != uid {
		return fmt.Errorf("the data directory %s holds keys but is open to other users (mode %04o) and not owned by user %d: "+
			"take a directory of its own below it, or change its owner", path, info.Mode().Perm(), uid)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("closing the data directory to other users: %w", err)
	}
	return nil
}

// populated says whether there is anything in etcd's directory.
func (f files) populated() (bool, error) {
	entries, err := os.ReadDir(f.etcd())
	if err != nil && !os.IsNotExist(err) {
		return false, fmt.Errorf("reading etcd's directory: %w", err)
	}
	return len(entries) > 0, nil
}

func (f files) etcd() string                { return filepath.Join(f.dir, "etcd") }
func (f files) etcdSocket() string          { return filepath.Join(f.dir, "etcd.sock") }
func (f files) etcdPeerSocket() string      { return filepath.Join(f.dir, "etcd-peer.sock") }
func (f files) pki() string                 { return filepath.Join(f.dir, "pki") }
func (f files) encryptionConfig() string    { return filepath.Join(f.dir, "encryption.yaml") }
func (f files) auditLog() string            { return filepath.Join(f.dir, "audit.log") }
func (f files) adminKubeconfig() string     { return filepath.Join(f.dir, "admin.kubeconfig") }
func (f files) authority() certificateFiles { return pair(f, "ca") }
