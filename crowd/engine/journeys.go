package engine

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/journey"
)

// journeys of the crowd, and who walks which.
type journeys struct {
	all  []*journey.Journey
	upTo []float64
}

// newJourneys reads those of a configuration that has no problems.
func newJourneys(c *crowd.Config) (j journeys) {
	j.all, _ = journey.Compile(c.Journeys, c.Targets)
	var sum float64
	for _, one := range j.all {
		sum += one.Share
		j.upTo = append(j.upTo, sum)
	}
	return j
}

// of spreads journeys over the crowd as streams are spread: evenly over any run of clients.
func (j *journeys) of(id int64) *journey.Journey {
	_, at := math.Modf(float64(id) * golden)
	for i, upTo := range j.upTo {
		if at < upTo {
			return j.all[i]
		}
	}
	return j.all[len(j.all)-1]
}

// target is a named group of base URLs.
type target struct {
	// place is where a client keeps its connection to it.
	place  int
	routes []edgeRoute
}

func (e *Engine) findTargets(ctx context.Context) error {
	e.targets = map[string]*target{}
	for place, name := range slices.Sorted(maps.Keys(e.plan.Targets)) {
		routes, err := e.routesTo(ctx, e.plan.Targets[name])
		if err != nil {
			return err
		}
		e.targets[name] = &target{place, routes}
	}
	return nil
}

func requestMeasure(step string) string { return "request{step=" + step + "}" }
func waitMeasure(step string) string    { return "wait{step=" + step + "}" }

// journeyMeasure is of the journeys that were completed.
const journeyMeasure = "journey"

// journeyMeasures are the keys of all that journeys measure.
func journeyMeasures(all []*journey.Journey) (keys []string) {
	ages := func(matches []journey.Match) {
		for _, match := range matches {
			if match.Age != nil {
				keys = append(keys, match.Age.Measure)
			}
		}
	}
	for _, j := range all {
		keys = append(keys, journeyMeasure)
		for _, step := range j.Steps {
			switch step := step.(type) {
			case *journey.Stream:
				keys = append(keys, requestMeasure(step.Name))
				ages(step.Listen)
			case *journey.Request:
				keys = append(keys, requestMeasure(step.Name))
			case *journey.Wait:
				keys = append(keys, waitMeasure(step.Name))
				for _, match := range step.For {
					ages([]journey.Match{match.Match})
				}
			}
		}
	}
	return keys
}

// ending is how a journey ended, as it is counted.
type ending struct {
	journey *journey.Journey
	journey.Ending
}

func (e ending) String() string {
	if e.Cause == "" {
		return string(e.End)
	}
	return string(e.End) + ": " + e.Cause
}

// journeyEnds counts by journey and end; nil where there are no journeys.
func (e *Engine) journeyEnds() map[string]map[string]int64 {
	var ends map[string]map[string]int64
	for _, s := range e.shards {
		for how, clients := range s.ends {
			if ends == nil {
				ends = map[string]map[string]int64{}
			}
			if ends[how.journey.ID] == nil {
				ends[how.journey.ID] = map[string]int64{}
			}
			ends[how.journey.ID][how.String()] += clients
		}
	}
	return ends
}

func journeyProblems(c *crowd.Config) (problems []string) {
	for name, urls := range c.Targets {
		for _, base := range urls {
			if problem := baseProblem(base); problem != "" {
				problems = append(problems, fmt.Sprintf("targets.%s: %s", name, problem))
			}
		}
	}
	all, wrong := journey.Compile(c.Journeys, c.Targets)
	problems = append(problems, wrong...)
	if len(wrong) > 0 {
		return problems
	}
	for _, j := range all {
		if j.Streams && len(c.Streams) > 0 {
			problems = append(problems, fmt.Sprintf("journey %q opens a stream; a client has one, and streams gives it another", j.ID))
		}
	}
	for _, key := range journeyMeasures(all) {
		if slices.Contains(measureNames[:], key) || strings.HasPrefix(key, "event_age") {
			problems = append(problems, fmt.Sprintf("measure %q is the crowd's own", key))
		}
	}
	return problems
}
