package k6ext

import (
	"fmt"
	"math"

	"go.k6.io/k6/v2/lib"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
)

// divide makes a crowd that is one process's the part of it that is this instance's, where k6 runs as several
// (--execution-segment, as k6-operator does): client n is played by instance n modulo their number, and by no other.
func divide(config *crowd.Config, options lib.Options, scenario string) error {
	tuple, err := lib.NewExecutionTuple(options.ExecutionSegment, options.ExecutionSegmentSequence)
	if err != nil {
		return err
	}
	instances := len(tuple.Sequence.ExecutionSegmentSequence)
	if instances < 2 {
		return nil
	}
	if config.Generators > 1 || config.Conductor != nil {
		return notDivided("the configuration divides the crowd already", "leave --execution-segment out")
	}
	for _, segment := range tuple.Sequence.ExecutionSegmentSequence {
		if math.Abs(segment.FloatLength()*float64(instances)-1) > 1e-9 {
			return notDivided(fmt.Sprintf("the segments %s are not of one length", tuple.Sequence),
				"give --execution-segment-sequence with equal parts, such as 0,1/3,2/3,1")
		}
	}
	if scenario := options.Scenarios[scenario]; scenario != nil {
		whole, err := lib.NewExecutionTuple(nil, nil)
		if err != nil {
			return err
		}
		if vus := lib.GetMaxPossibleVUs(scenario.GetExecutionRequirements(whole)); vus != uint64(instances) {
			return notDivided(fmt.Sprintf("the script has %d VUs for %d instances: some would play, and others nobody", vus, instances),
				fmt.Sprintf("give every instance -e INSTANCES=%d", instances))
		}
	}
	config.Generator, config.Generators = tuple.SegmentIndex, instances
	if config.Clients <= config.Generator {
		return notDivided(fmt.Sprintf("of %d clients, none is left for instance %d of %d", config.Clients, config.Generator+1, instances),
			"ask for more clients, or fewer instances")
	}
	return nil
}

func notDivided(fact, hint string) error {
	return &engine.Failure{Code: "CROWD_NOT_DIVIDED", Fact: fact, Hint: hint}
}
