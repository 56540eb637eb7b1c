package k6ext

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
)

// crowdMetrics are what k6's thresholds, summary and outputs see of the crowd. They are pushed once a second, as sums
// of that second: their cost does not grow with the events.
type crowdMetrics struct {
	all         []*metrics.Metric
	counters    []counterMetric
	trends      []trendMetric
	open        *metrics.Metric
	connected   *metrics.Metric
	eventAgeP99 *metrics.Metric
	connectP99  *metrics.Metric
}

type counterMetric struct {
	metric *metrics.Metric
	of     func(*crowd.Counters) int64
	// judges: of events that were judged; where none could be, it is no zero.
	judges bool
}

func registerMetrics(registry *metrics.Registry) (*crowdMetrics, error) {
	m := &crowdMetrics{}
	for _, counter := range []struct {
		name   string
		of     func(*crowd.Counters) int64
		judges bool
	}{
		{"crowd_events", func(c *crowd.Counters) int64 { return c.Events }, false},
		{"crowd_on_time", func(c *crowd.Counters) int64 { return c.OnTime }, true},
		{"crowd_late", func(c *crowd.Counters) int64 { return c.Late }, true},
		{"crowd_duplicates", func(c *crowd.Counters) int64 { return c.Duplicate }, true},
		{"crowd_reordered", func(c *crowd.Counters) int64 { return c.Reordered }, true},
		{"crowd_misdelivered", func(c *crowd.Counters) int64 { return c.Misdelivered }, true},
		{"crowd_lost", func(c *crowd.Counters) int64 { return c.Lost }, true},
		{"crowd_not_judged", func(c *crowd.Counters) int64 { return c.NotJudged }, false},
		{"crowd_connect_errors", func(c *crowd.Counters) int64 { return c.ConnectErrors }, false},
		{"crowd_disconnects", func(c *crowd.Counters) int64 { return c.Disconnects }, false},
		{"crowd_resumes", func(c *crowd.Counters) int64 { return c.Resumes }, false},
		{"crowd_reconnects", func(c *crowd.Counters) int64 { return c.Reconnects }, false},
		{"crowd_journeys_completed", func(c *crowd.Counters) int64 { return c.JourneysCompleted }, false},
		{"crowd_journeys_rejected", func(c *crowd.Counters) int64 { return c.JourneysRejected }, false},
		{"crowd_journeys_abandoned", func(c *crowd.Counters) int64 { return c.JourneysAbandoned }, false},
		{"crowd_journeys_failed", func(c *crowd.Counters) int64 { return c.JourneysFailed }, false},
	} {
		metric, err := registry.NewMetric(counter.name, metrics.Counter)
		if err != nil {
			return nil, err
		}
		m.all = append(m.all, metric)
		m.counters = append(m.counters, counterMetric{metric, counter.of, counter.judges})
	}
	for _, other := range []struct {
		name string
		kind metrics.MetricType
		of   metrics.ValueType
		into **metrics.Metric
	}{
		{"crowd_clients_open", metrics.Gauge, metrics.Default, &m.open},
		{"crowd_connected", metrics.Rate, metrics.Default, &m.connected},
		{"crowd_event_age_p99", metrics.Gauge, metrics.Time, &m.eventAgeP99},
		{"crowd_connect_p99", metrics.Gauge, metrics.Time, &m.connectP99},
	} {
		metric, err := registry.NewMetric(other.name, other.kind, other.of)
		if err != nil {
			return nil, err
		}
		m.all = append(m.all, metric)
		*other.into = metric
	}
	for _, trend := range []struct {
		name string
		of   func(*engine.Ended) *hdrhistogram.Histogram
	}{
		{"crowd_event_age", func(e *engine.Ended) *hdrhistogram.Histogram { return e.EventAge }},
		{"crowd_connect", func(e *engine.Ended) *hdrhistogram.Histogram { return e.Connect }},
		{"crowd_resume", func(e *engine.Ended) *hdrhistogram.Histogram { return e.Resume }},
		{"crowd_stale_odds_age", func(e *engine.Ended) *hdrhistogram.Histogram { return e.StaleOddsAge }},
	} {
		metric, err := registry.NewMetric(trend.name, metrics.Trend, metrics.Time)
		if err != nil {
			return nil, err
		}
		m.all = append(m.all, metric)
		m.trends = append(m.trends, trendMetric{metric, trend.of})
	}
	return m, nil
}

// pusher pushes the metrics of one run.
type pusher struct {
	metrics *crowdMetrics
	samples chan<- metrics.SampleContainer
	tags    metrics.TagsAndMeta
	before  crowd.Counters
	// pushed are the metrics that have had a sample.
	pushed map[*metrics.Metric]bool
}

func (m *crowdMetrics) pusher(state *lib.State) *pusher {
	return m.pusherTo(state.Samples, state.Tags.GetCurrentValues())
}

func (m *crowdMetrics) pusherTo(samples chan<- metrics.SampleContainer, tags metrics.TagsAndMeta) *pusher {
	return &pusher{metrics: m, samples: samples, tags: tags, pushed: map[*metrics.Metric]bool{}}
}

// patience is how long the last samples of a run that was interrupted may wait for k6 to take them.
const patience = time.Second

func (p *pusher) push(ctx context.Context, tick engine.Tick) {
	var samples metrics.Samples
	add := func(metric *metrics.Metric, value float64) {
		samples = append(samples, p.sample(metrics.TimeSeries{Metric: metric, Tags: p.tags.Tags}, value))
	}
	for _, counter := range p.metrics.counters {
		// Zero too: a threshold of `count==0` needs a sample to hold.
		add(counter.metric, float64(counter.of(&tick.Counters)-counter.of(&p.before)))
	}
	p.before = tick.Counters
	add(p.metrics.open, float64(tick.Counters.Open))
	for i := range tick.Attempts {
		accepted := 0.0
		if i < tick.Accepted {
			accepted = 1
		}
		add(p.metrics.connected, accepted)
	}
	if tick.EventAgeP99Us > 0 {
		add(p.metrics.eventAgeP99, float64(tick.EventAgeP99Us)/1000)
	}
	if tick.ConnectP99Us > 0 {
		add(p.metrics.connectP99, float64(tick.ConnectP99Us)/1000)
	}
	p.send(ctx, samples)
}

// end pushes what is known once the run is over: the trends, and what makes thresholds fail that nothing was measured for.
func (p *pusher) end(ctx context.Context, ended *engine.Ended) error {
	var samples metrics.Samples
	add := func(series metrics.TimeSeries, value float64) { samples = append(samples, p.sample(series, value)) }
	for _, trend := range p.metrics.trends {
		for _, value := range trendValues(trend.of(ended)) {
			add(metrics.TimeSeries{Metric: trend.metric, Tags: p.tags.Tags}, value)
		}
	}
	if p.before.Events > 0 && p.before.NotJudged >= p.before.Events {
		for _, counter := range p.metrics.counters {
			if counter.judges {
				delete(p.pushed, counter.metric)
			}
		}
	}
	err := failUnmeasured(p.unmeasuredThresholds(), add)
	p.send(ctx, samples)
	return err
}

func (p *pusher) sample(series metrics.TimeSeries, value float64) metrics.Sample {
	p.pushed[series.Metric] = true
	return metrics.Sample{TimeSeries: series, Time: time.Now(), Metadata: p.tags.Metadata, Value: value}
}

func (p *pusher) send(ctx context.Context, samples metrics.Samples) {
	select {
	case p.samples <- samples:
		return
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case p.samples <- samples:
	case <-timer.C:
		if ctx.Err() == nil {
			p.samples <- samples
		}
	}
}
