package k6ext

import (
	"math"
	"strings"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"

	"github.com/matchday/crowd/engine"
)

// basis is what a metric is measured from: without it, its 0 is no measurement.
type basis struct {
	missing string
	there   func(engine.Grounds) bool
}

var (
	onStreams    = &basis{"no stream was opened", func(g engine.Grounds) bool { return g.Opened }}
	onTimes      = &basis{"no event came with a time and class that can be read, see AGE", func(g engine.Grounds) bool { return g.Timed }}
	onNumbers    = &basis{"no event came with a contiguous number, see IDS", func(g engine.Grounds) bool { return g.Numbered }}
	onOrder      = &basis{"no event came with a number that can be read, see IDS", func(g engine.Grounds) bool { return g.Ordered }}
	onIdentities = &basis{"no event came with an id that can be read, see IDS", func(g engine.Grounds) bool { return g.Identified }}
	onAddresses  = &basis{"nothing came that says its stream", func(g engine.Grounds) bool { return g.Addressed }}
	onJourneys   = &basis{"the crowd walks no journey", func(g engine.Grounds) bool { return g.Walked }}
)

// unmeasured is a threshold that nothing was measured for. k6 lets it pass: a gauge that was never set and a counter
// without samples are 0 to it, and of a rate without samples it asks nothing.
type unmeasured struct {
	metric *metrics.Metric
	why    string
}

// unmeasuredThresholds are those on metrics that this run has not measured. A part of a metric (`crowd_late{scenario:x}`)
// is measured where the metric is, and its samples have the part's tags.
func (p *pusher) unmeasuredThresholds() (all []unmeasured) {
	for _, one := range p.metrics.all {
		measured := p.measured[one.metric]
		if len(one.metric.Thresholds.Thresholds) > 0 && !measured {
			all = append(all, unmeasured{one.metric, one.missing})
		}
		for _, part := range one.metric.Submetrics {
			switch {
			case len(part.Metric.Thresholds.Thresholds) == 0:
			case !measured:
				all = append(all, unmeasured{part.Metric, one.missing})
			case !p.tags.Tags.Contains(part.Tags):
				all = append(all, unmeasured{part.Metric, "no sample has these tags"})
			}
		}
	}
	return all
}

// crossed says whether a sample that is no number makes k6 itself find a threshold of the metric crossed, and name it: no
// comparison holds for it but `!=`. To a rate it would be a success, and a part's is one of the whole metric too.
func (u unmeasured) crossed() bool {
	if u.metric.Sub != nil || u.metric.Type == metrics.Rate {
		return false
	}
	for _, threshold := range u.metric.Thresholds.Thresholds {
		if !strings.Contains(threshold.Source, "!=") {
			return true
		}
	}
	return false
}

// failUnmeasured makes them fail: by samples where k6 then finds them crossed. told names all of them; ends is nil, or,
// where k6 would let every one pass, the error that must end the test.
func (p *pusher) failUnmeasured(all []unmeasured) (samples metrics.Samples, told, ends error) {
	if len(all) == 0 {
		return nil, nil, nil
	}
	var names, passing []string
	for _, one := range all {
		names = append(names, one.metric.Name+" ("+one.why+")")
		if one.crossed() {
			samples = append(samples, p.sample(one.metric, math.NaN()))
		} else {
			passing = append(passing, one.metric.Name)
		}
	}
	told = &engine.Failure{Code: "THRESHOLD_UNMEASURED", Fact: "nothing was measured for the threshold on " + strings.Join(names, ", "),
		Hint: "take the threshold out, or let the crowd read what it is about: see the top of script.ts"}
	// An end would keep k6 from naming what is crossed, and the exit code is the same.
	if len(samples) == 0 {
		ends = &thresholdsFailed{errext.InterruptError{Reason: "thresholds on metrics '" + strings.Join(passing, ", ") +
			"' have failed: nothing was measured for them"}}
	}
	return samples, told, ends
}

// thresholdsFailed ends the test as an interrupt does, with the exit code of thresholds.
type thresholdsFailed struct{ errext.InterruptError }

func (f *thresholdsFailed) Unwrap() error { return &f.InterruptError }

func (*thresholdsFailed) ExitCode() exitcodes.ExitCode { return exitcodes.ThresholdsHaveFailed }

func (*thresholdsFailed) AbortReason() errext.AbortReason {
	return errext.AbortedByThresholdsAfterTestEnd
}
