package standalone

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeyIsNotWrittenWithoutItsCertificate(t *testing.T) {
	dir := t.TempDir()
	at := certificateFiles{cert: filepath.Join(dir, "missing", "ca.crt"), key: filepath.Join(dir, "ca.key")}
	if err := writeCertificate(at, &x509.Certificate{}, time.Hour, nil); err == nil {
		t.Error("a certificate was written into a directory that is not there")
	}
	if _, err := os.Stat(at.key); !os.IsNotExist(err) {
		t.Errorf("the key was written, so that its certificate counts as made: %v", err)
	}
}

func TestOpenDirectoriesAreClosedByTheirOwnerAlone(t *testing.T) {
	for name, test := range map[string]struct {
		mode    os.FileMode
		foreign bool
		refused bool
		want    os.FileMode
	}{
		"own and open":       {mode: 0o755, want: 0o700},
		"own and group's":    {mode: 0o770, want: 0o700},
		"own and closed":     {mode: 0o500, want: 0o500},
		"foreign and open":   {mode: 0o755, foreign: true, refused: true, want: 0o755},
		"foreign and closed": {mode: 0o700, foreign: true, want: 0o700},
	} {
		dir := t.TempDir()
		if err := os.Chmod(dir, test.mode); err != nil {
			t.Fatal(err)
		}
		uid := os.Getuid()
		if test.foreign {
			uid++
		}
		err := tighten(dir, uid)
		if (err != nil) != test.refused || err != nil && !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v, want refused %v", name, err, test.refused)
		}
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != test.want {
			t.Errorf("%s: left with mode %o, want %o", name, info.Mode().Perm(), test.want)
		}
	}
}
