package k6ext

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.k6.io/k6/v2/lib"

	"github.com/matchday/crowd/engine"
)

// onlyOnce lets one crowd play in a process: a second one would be the same clients again, write over the files of the
// first, and count in the same metrics. Safe for concurrent use.
type onlyOnce struct{ begun atomic.Bool }

// begin refuses what cannot be: before the first of several VUs has touched a file, where the options tell of them.
func (o *onlyOnce) begin(options lib.Options, scenario string) error {
	if config := options.Scenarios[scenario]; config != nil {
		tuple, err := lib.NewExecutionTuple(options.ExecutionSegment, options.ExecutionSegmentSequence)
		if err != nil {
			return err
		}
		if vus := lib.GetMaxPossibleVUs(config.GetExecutionRequirements(tuple)); vus > 1 {
			return notOnce(fmt.Sprintf("scenario %s has %d VUs, and each would play the whole crowd", scenario, vus))
		}
	}
	if !o.begun.CompareAndSwap(false, true) {
		return notOnce("a crowd has been started in this process already, by another VU, iteration or scenario")
	}
	return nil
}

func notOnce(fact string) error {
	return &engine.Failure{Code: "CROWD_NOT_ONCE", Fact: fact,
		Hint: "one process plays one crowd, with one VU and one iteration: leave --vus, --iterations, --duration and --stage out, and ask for more with -e CLIENTS=N and -e DURATION=60s"}
}

// scenarioOf is the name of the one that a VU runs in.
func scenarioOf(ctx context.Context) string {
	if scenario := lib.GetScenarioState(ctx); scenario != nil {
		return scenario.Name
	}
	return ""
}
