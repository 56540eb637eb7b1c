package k6ext

import (
	"context"
	"strings"
	"testing"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
)

func TestACrowdThatWouldBeCutShortIsRefused(t *testing.T) {
	now := time.Now()
	within := func(limit time.Duration) context.Context {
		ctx, cancel := context.WithDeadline(t.Context(), now.Add(limit))
		t.Cleanup(cancel)
		return ctx
	}
	minute := &crowd.Config{LeaveAtMs: 60_000}
	for _, ctx := range []context.Context{t.Context(), within(time.Hour), within(61 * time.Second)} {
		if err := longEnough(ctx, minute, now); err != nil {
			t.Errorf("%v", err)
		}
	}
	for _, limit := range []time.Duration{10 * time.Second, 60 * time.Second, 61*time.Second - time.Millisecond} {
		err := longEnough(within(limit), minute, now)
		if engine.CodeOf(err) != "CROWD_CUT_SHORT" || !strings.Contains(err.Error(), "needs 61.0 s") {
			t.Errorf("%s: %v", limit, err)
		}
	}
}
