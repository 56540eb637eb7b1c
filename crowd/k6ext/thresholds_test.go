package k6ext

import (
	"errors"
	"math"
	"strings"
	"testing"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
	"github.com/matchday/crowd/hdr"
)

// nothingEnded is a run that measured no time.
func nothingEnded(grounds engine.Grounds) *engine.Ended {
	return &engine.Ended{EventAge: hdr.NewHistogram(), Connect: hdr.NewHistogram(), Resume: hdr.NewHistogram(),
		StaleOddsAge: hdr.NewHistogram(), Grounds: grounds}
}

// verdict is how a threshold on a run came out.
type verdict string

const (
	// passes: it is k6's to judge.
	passes verdict = "passes"
	// crossed: k6 gets a sample that crosses it.
	crossed verdict = "crossed"
	// ended: k6 would let it pass, and the test is ended.
	ended verdict = "ended"
)

func TestAThresholdThatNothingWasMeasuredForFails(t *testing.T) {
	judged := engine.Grounds{Opened: true, Timed: true, Numbered: true, Ordered: true, Identified: true, Addressed: true}
	silent := engine.Grounds{Opened: true}
	for name, of := range map[string]struct {
		grounds    engine.Grounds
		counters   crowd.Counters
		on         string
		expression string
		want       verdict
	}{
		"a gauge that was never set":                {judged, crowd.Counters{OnTime: 5}, "crowd_event_age_p99", "value<1", crossed},
		"unequal, of such a gauge":                  {judged, crowd.Counters{OnTime: 5}, "crowd_event_age_p99", "value!=1", ended},
		"a trend without samples":                   {judged, crowd.Counters{OnTime: 5}, "crowd_event_age", "p(95)<1", crossed},
		"a rate without samples":                    {judged, crowd.Counters{OnTime: 5}, "crowd_connected", "rate>0.9", ended},
		"none late, of judged events":               {judged, crowd.Counters{OnTime: 5}, "crowd_late", "count==0", passes},
		"none late, of some that were judged":       {judged, crowd.Counters{OnTime: 1, NotJudged: 4}, "crowd_late", "count==0", passes},
		"none late, where none could be judged":     {silent, crowd.Counters{Events: 5, NotJudged: 5}, "crowd_late", "count==0", crossed},
		"none late, where nothing came":             {silent, crowd.Counters{}, "crowd_late", "count==0", crossed},
		"none lost, of numbers without times":       {engine.Grounds{Numbered: true}, crowd.Counters{NotJudged: 5}, "crowd_lost", "count==0", passes},
		"none lost, of times without numbers":       {engine.Grounds{Timed: true}, crowd.Counters{OnTime: 5}, "crowd_lost", "count==0", crossed},
		"none twice, where ids say nothing":         {engine.Grounds{Timed: true}, crowd.Counters{OnTime: 5}, "crowd_duplicates", "count==0", crossed},
		"none out of order, of opaque ids":          {engine.Grounds{Identified: true}, crowd.Counters{OnTime: 5}, "crowd_reordered", "count==0", crossed},
		"none misdelivered, where none is named":    {engine.Grounds{Timed: true}, crowd.Counters{OnTime: 5}, "crowd_misdelivered", "count==0", crossed},
		"what was counted":                          {silent, crowd.Counters{Misdelivered: 2}, "crowd_misdelivered", "count<5", passes},
		"no disconnect, where no stream was opened": {engine.Grounds{}, crowd.Counters{}, "crowd_disconnects", "count==0", crossed},
		"no journey failed, where there are none":   {judged, crowd.Counters{}, "crowd_journeys_failed", "count==0", crossed},
		"no event":                        {engine.Grounds{}, crowd.Counters{}, "crowd_events", "count==0", passes},
		"a part of what was not measured": {silent, crowd.Counters{}, "crowd_late{scenario:crowd}", "count==0", ended},
		"a part that there is not":        {judged, crowd.Counters{OnTime: 5}, "crowd_late{scenario:other}", "count==0", ended},
		"a part that is the whole":        {judged, crowd.Counters{OnTime: 5}, "crowd_late{scenario:crowd}", "count==0", passes},
	} {
		t.Run(name, func(t *testing.T) {
			registry := metrics.NewRegistry()
			m, err := registerMetrics(registry)
			if err != nil {
				t.Fatal(err)
			}
			name, part, isPart := strings.Cut(strings.TrimSuffix(of.on, "}"), "{")
			metric := registry.Get(name)
			if isPart {
				sub, err := metric.AddSubmetric(part)
				if err != nil {
					t.Fatal(err)
				}
				metric = sub.Metric
			}
			metric.Thresholds = metrics.NewThresholds([]string{of.expression})
			samples := make(chan metrics.SampleContainer, 2)
			p := m.pusherTo(samples, metrics.TagsAndMeta{Tags: registry.RootTagSet().With("scenario", "crowd")})
			p.push(t.Context(), engine.Tick{Counters: of.counters})
			<-samples
			told, ends := p.end(t.Context(), nothingEnded(of.grounds))
			got := passes
			for _, sample := range (<-samples).GetSamples() {
				if math.IsNaN(sample.Value) {
					got = crossed
				}
			}
			if ends != nil {
				got = ended
			}
			if got != of.want {
				t.Errorf("%s; %s is right", got, of.want)
			}
			if (told != nil) != (of.want != passes) || told != nil && !strings.Contains(told.Error(), of.on+" (") {
				t.Errorf("told: %v", told)
			}
		})
	}
}

func TestATestIsEndedWithTheExitCodeOfThresholds(t *testing.T) {
	var err error = &thresholdsFailed{errext.InterruptError{Reason: "why"}}
	var coded errext.HasExitCode
	if !errext.IsInterruptError(err) || !errors.As(err, &coded) || coded.ExitCode() != exitcodes.ThresholdsHaveFailed {
		t.Errorf("%#v", err)
	}
}
