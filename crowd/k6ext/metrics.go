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
	all         []crowdMetric
	counters    []counterMetric
	trends      []trendMetric
	open        *metrics.Metric
	connected   *metrics.Metric
	eventAgeP99 *metrics.Metric
	connectP99  *metrics.Metric
}

type crowdMetric struct {
	metric *metrics.Metric
	// missing is why it is not measured, where it is not.
	missing string
}

type counterMetric struct {
	metric *metrics.Metric
	of     func(*crowd.Counters) int64
	// on is nil where 0 is always a measurement.
	on *basis
}

const (
	noAge     = "no event came with a time that can be read, see AGE"
	noConnect = "no stream was opened"
)

func registerMetrics(registry *metrics.Registry) (*crowdMetrics, error) {
	m := &crowdMetrics{}
	for _, counter := range []struct {
		name string
		of   func(*crowd.Counters) int64
		on   *basis
	}{
		{"crowd_events", func(c *crowd.Counters) int64 { return c.Events }, nil},
		{"crowd_on_time", func(c *crowd.Counters) int64 { return c.OnTime }, onTimes},
		{"crowd_late", func(c *crowd.Counters) int64 { return c.Late }, onTimes},
		{"crowd_duplicates", func(c *crowd.Counters) int64 { return c.Duplicate }, onIdentities},
		{"crowd_reordered", func(c *crowd.Counters) int64 { return c.Reordered }, onOrder},
		{"crowd_misdelivered", func(c *crowd.Counters) int64 { return c.Misdelivered }, onAddresses},
		{"crowd_lost", func(c *crowd.Counters) int64 { return c.Lost }, onNumbers},
		{"crowd_not_judged", func(c *crowd.Counters) int64 { return c.NotJudged }, nil},
		{"crowd_connect_errors", func(c *crowd.Counters) int64 { return c.ConnectErrors }, nil},
		{"crowd_disconnects", func(c *crowd.Counters) int64 { return c.Disconnects }, onStreams},
		{"crowd_resumes", func(c *crowd.Counters) int64 { return c.Resumes }, onStreams},
		{"crowd_reconnects", func(c *crowd.Counters) int64 { return c.Reconnects }, onStreams},
		{"crowd_journeys_completed", func(c *crowd.Counters) int64 { return c.JourneysCompleted }, onJourneys},
		{"crowd_journeys_rejected", func(c *crowd.Counters) int64 { return c.JourneysRejected }, onJourneys},
		{"crowd_journeys_abandoned", func(c *crowd.Counters) int64 { return c.JourneysAbandoned }, onJourneys},
		{"crowd_journeys_failed", func(c *crowd.Counters) int64 { return c.JourneysFailed }, onJourneys},
	} {
		metric, err := registry.NewMetric(counter.name, metrics.Counter)
		if err != nil {
			return nil, err
		}
		missing := "it was never counted"
		if counter.on != nil {
			missing = counter.on.missing
		}
		m.all = append(m.all, crowdMetric{metric, missing})
		m.counters = append(m.counters, counterMetric{metric, counter.of, counter.on})
	}
	for _, other := range []struct {
		name string
		kind metrics.MetricType
		of   metrics.ValueType
		into **metrics.Metric
		// missing is why there is no sample, where there is none.
		missing string
	}{
		{"crowd_clients_open", metrics.Gauge, metrics.Default, &m.open, "it was never counted"},
		{"crowd_connected", metrics.Rate, metrics.Default, &m.connected, "no stream was asked for"},
		{"crowd_event_age_p99", metrics.Gauge, metrics.Time, &m.eventAgeP99, noAge},
		{"crowd_connect_p99", metrics.Gauge, metrics.Time, &m.connectP99, noConnect},
	} {
		metric, err := registry.NewMetric(other.name, other.kind, other.of)
		if err != nil {
			return nil, err
		}
		m.all = append(m.all, crowdMetric{metric, other.missing})
		*other.into = metric
	}
	for _, trend := range []struct {
		name    string
		of      func(*engine.Ended) *hdrhistogram.Histogram
		missing string
	}{
		{"crowd_event_age", func(e *engine.Ended) *hdrhistogram.Histogram { return e.EventAge }, noAge},
		{"crowd_connect", func(e *engine.Ended) *hdrhistogram.Histogram { return e.Connect }, noConnect},
		{"crowd_resume", func(e *engine.Ended) *hdrhistogram.Histogram { return e.Resume }, "no stream was resumed"},
		{"crowd_stale_odds_age", func(e *engine.Ended) *hdrhistogram.Histogram { return e.StaleOddsAge }, "no client was shown odds"},
	} {
		metric, err := registry.NewMetric(trend.name, metrics.Trend, metrics.Time)
		if err != nil {
			return nil, err
		}
		m.all = append(m.all, crowdMetric{metric, trend.missing})
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
	// measured are the metrics that have had a sample which says something.
	measured map[*metrics.Metric]bool
}

func (m *crowdMetrics) pusher(state *lib.State) *pusher {
	return m.pusherTo(state.Samples, state.Tags.GetCurrentValues())
}

func (m *crowdMetrics) pusherTo(samples chan<- metrics.SampleContainer, tags metrics.TagsAndMeta) *pusher {
	return &pusher{metrics: m, samples: samples, tags: tags, measured: map[*metrics.Metric]bool{}}
}

// patience is how long the last samples of a run that was interrupted may wait for k6 to take them.
const patience = time.Second

func (p *pusher) push(ctx context.Context, tick engine.Tick) {
	var samples metrics.Samples
	add := func(metric *metrics.Metric, value float64) {
		samples = append(samples, p.sample(metric, value))
	}
	for _, counter := range p.metrics.counters {
		// Zero too: a threshold of `count==0` needs a sample to hold.
		add(counter.metric, float64(counter.of(&tick.Counters)-counter.of(&p.before)))
	}
	p.before = tick.Counters
	add(p.metrics.open, float64(tick.Counters.Open))
	for range tick.Accepted {
		add(p.metrics.connected, 1)
	}
	for range tick.Failed {
		add(p.metrics.connected, 0)
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
// told and ends are as of failUnmeasured.
func (p *pusher) end(ctx context.Context, ended *engine.Ended) (told, ends error) {
	var samples metrics.Samples
	for _, trend := range p.metrics.trends {
		for _, value := range trendValues(trend.of(ended)) {
			samples = append(samples, p.sample(trend.metric, value))
		}
	}
	for _, counter := range p.metrics.counters {
		if counter.on != nil && counter.of(&p.before) == 0 && !counter.on.there(ended.Grounds) {
			delete(p.measured, counter.metric)
		}
	}
	failing, told, ends := p.failUnmeasured(p.unmeasuredThresholds())
	p.send(ctx, append(samples, failing...))
	return told, ends
}

func (p *pusher) sample(metric *metrics.Metric, value float64) metrics.Sample {
	p.measured[metric] = true
	return metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: p.tags.Tags}, Time: time.Now(),
		Metadata: p.tags.Metadata, Value: value}
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
