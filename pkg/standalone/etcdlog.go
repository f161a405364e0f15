package standalone

import (
	"strings"
	"sync/atomic"

	"go.etcd.io/etcd/client/pkg/v3/logutil"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// etcdServer is an etcd that ends without false alarms in the log.
type etcdServer struct {
	*embed.Etcd
	closing *atomic.Bool
}

// Close stops etcd.
func (e *etcdServer) Close() {
	e.closing.Store(true)
	e.Etcd.Close()
}

// etcdLogger logs warnings and errors as etcd itself would.
func etcdLogger(closing *atomic.Bool) (*zap.Logger, error) {
	config := logutil.DefaultZapLoggerConfig
	config.Level = zap.NewAtomicLevelAt(zap.WarnLevel)
	return config.Build(zap.WrapCore(func(core zapcore.Core) zapcore.Core { return closingCore{core, closing} }))
}

// closingCore drops what etcd says of each listener that it closes itself: that
// it failed to set it up, with a stack trace.
type closingCore struct {
	zapcore.Core
	closing *atomic.Bool
}

// Check implements zapcore.Core.
func (c closingCore) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.closing.Load() && strings.HasPrefix(entry.Message, "setting up serving from embedded etcd failed") {
		return checked
	}
	return c.Core.Check(entry, checked)
}

// With implements zapcore.Core.
func (c closingCore) With(fields []zapcore.Field) zapcore.Core {
	return closingCore{c.Core.With(fields), c.closing}
}
