package standalone

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func TestOnlyTheFalseAlarmIsDroppedWhileClosing(t *testing.T) {
	var log bytes.Buffer
	closing := &atomic.Bool{}
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	logger := zap.New(closingCore{zapcore.NewCore(encoder, zapcore.AddSync(&log), zap.WarnLevel), closing}).With(zap.Bool("etcd", true))
	const alarm = "setting up serving from embedded etcd failed."
	for _, isClosing := range []bool{false, true} {
		closing.Store(isClosing)
		log.Reset()
		logger.Error(alarm)
		logger.Error("failed to close the database")
		logger.Info("closed")
		if got := strings.Contains(log.String(), alarm); got == isClosing {
			t.Errorf("closing %v: logged %v", isClosing, got)
		}
		if got := log.String(); !strings.Contains(got, "database") || strings.Contains(got, `"closed"`) {
			t.Errorf("closing %v: the log is %s", isClosing, got)
		}
	}
}
