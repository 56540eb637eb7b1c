package k6ext

import (
	"context"
	"fmt"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
)

// toLeaveSeconds is what clients have after their leave to be gone, and the last records to be sent.
const toLeaveSeconds = 1

// longEnough refuses a crowd that k6 would end before its clients leave: k6 counts an iteration that it has interrupted as none,
// and exits with 0, whatever the crowd had still to do.
func longEnough(ctx context.Context, config *crowd.Config, now time.Time) error {
	ends, limited := ctx.Deadline()
	if !limited {
		return nil
	}
	has, needs := ends.Sub(now).Seconds(), config.LeaveAtMs/1000+toLeaveSeconds
	if needs <= has {
		return nil
	}
	return &engine.Failure{Code: "CROWD_CUT_SHORT",
		Fact: fmt.Sprintf("maxDuration and gracefulStop end in %.1f s, and the crowd needs %.1f s until all have left",
			has, needs),
		Hint: "give the scenario a longer maxDuration, or the crowd an earlier leave"}
}
