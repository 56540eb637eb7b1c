package engine

import (
	"cmp"
	"maps"
	"slices"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/matchstate"
)

// screen is what a client shows at the end; equal states are the same pointer.
type screen struct {
	state *matchstate.State
	slow  bool
}

// final puts the shards together, after all clients have left.
func (e *Engine) final(u *usage, clock crowd.ClockOffset) *crowd.Final {
	sums := e.sum()
	final := &crowd.Final{
		Generator:    e.plan.Generator,
		Planned:      int64(e.plan.clients),
		Connected:    sums.counters.Connected,
		BaseRSSBytes: u.baseRSS,
		Clock:        clock,
		Errors:       map[string]int64{},
		Streams:      map[string]crowd.StreamFinal{},
		Counters:     sums.counters,
	}
	var lastConnectUs int64
	for _, s := range e.shards {
		final.Skipped += int64(len(s.clients) - s.arrived)
		final.Timestamps.Kernel += s.timestamps.Kernel
		final.Timestamps.Reader += s.timestamps.Reader
		lastConnectUs = max(lastConnectUs, s.lastConnectUs)
		for cause, count := range s.errors {
			final.Errors[cause] += count
		}
	}
	final.Failed = final.Planned - final.Skipped - final.Connected
	final.OpenWithinMs = msOf(lastConnectUs)
	peak := u.peakRSS
	if u.peakRSSAllOpen > 0 {
		peak = u.peakRSSAllOpen
	}
	opened := u.opened.cpuUs
	if exact := e.openedCPU.Load(); exact > 0 {
		opened = exact
	}
	if final.Connected > 0 {
		final.BytesPerClient = float64(max(peak-u.baseRSS, 0)) / float64(final.Connected)
		final.CPUUsPerOpen = float64(max(opened-u.start.cpuUs, 0)) / float64(final.Connected)
	}
	if events := u.end.events - u.opened.events; events > 0 {
		final.CPUUsPerEvent = float64(u.end.cpuUs-u.opened.cpuUs) / float64(events)
	}
	final.Journeys = e.journeyEnds()
	final.Users = crowd.Users{Late: e.lateUsers()}
	for i, stream := range e.plan.Streams {
		final.Streams[stream.ID] = e.streamFinal(i)
	}
	return final
}

func (e *Engine) streamFinal(stream int) crowd.StreamFinal {
	cohorts := map[cohort]int64{}
	events := map[uint64]*crowd.EventCount{}
	final := crowd.StreamFinal{
		Cohorts:     []crowd.Cohort{},
		Events:      []crowd.EventCount{},
		Screens:     map[string]int64{},
		SlowScreens: map[string]int64{},
	}
	for _, s := range e.shards {
		tally := &s.streams[stream]
		for c, clients := range tally.cohorts {
			cohorts[c] += clients
		}
		for seq, counted := range tally.events {
			event := events[seq]
			if event == nil {
				event = &crowd.EventCount{Seq: seq}
				events[seq] = event
			}
			event.OnTime += counted.onTime
			event.Late += counted.late
			event.Recovered += counted.recovered
			event.NotJudged += counted.notJudged
		}
		for shown, clients := range tally.screens {
			screens := final.Screens
			if shown.slow {
				screens = final.SlowScreens
			}
			screens[e.machine.Screen(shown.state)] += clients
		}
	}
	leaveMs := msOf(e.leaveAt() - e.startUs)
	for c, clients := range cohorts {
		final.Cohorts = append(final.Cohorts,
			crowd.Cohort{FromSeq: c.fromSeq, LeaveMs: leaveMs, Slow: c.slow, Clients: clients})
	}
	slices.SortFunc(final.Cohorts, func(a, b crowd.Cohort) int {
		return cmp.Or(cmp.Compare(a.FromSeq, b.FromSeq), -cmp.Compare(a.Clients, b.Clients))
	})
	for _, seq := range slices.Sorted(maps.Keys(events)) {
		final.Events = append(final.Events, *events[seq])
	}
	return final
}
