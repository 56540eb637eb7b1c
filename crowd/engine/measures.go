package engine

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/matchday/crowd/envelope"
	"github.com/matchday/crowd/hdr"
	"github.com/matchday/crowd/journey"
)

// measure names stand in measurements/catalogue.json; all values are microseconds.
type measure uint8

const (
	connect measure = iota
	firstEvent
	staleOddsAge
	resume
	releaseLag
	readLag
	badTimeMeasure
	numMeasures
)

var measureNames = [numMeasures]string{"connect", "first_event", "stale_odds_age", "resume", "release_lag", "read_lag", "bad_time"}

// measures are the histograms of a generator, one for each measure, class and phase in which a sample was due.
// Safe for concurrent use.
type measures struct {
	plan *plan
	// byPhase[measure][phase]
	byPhase [numMeasures][]hdr.Recorder
	// ages[class][phase]
	ages [envelope.NumClasses][]hdr.Recorder
	// others holds the ages of classes that only the target knows.
	others      sync.Map // class name → *[]hdr.Recorder
	othersCount atomic.Int32
	// walked holds those of journeys by their name and label; all are made before the start.
	walked map[string][]hdr.Recorder
}

func newMeasures(p *plan, journeys []*journey.Journey) *measures {
	m := &measures{plan: p, walked: map[string][]hdr.Recorder{}}
	for _, key := range journeyMeasures(journeys) {
		m.walked[key] = make([]hdr.Recorder, len(p.Phases))
	}
	for i := range m.byPhase {
		m.byPhase[i] = make([]hdr.Recorder, len(p.Phases))
	}
	for i := range m.ages {
		m.ages[i] = make([]hdr.Recorder, len(p.Phases))
	}
	return m
}

// record counts a sample in the phase in which it was due; dueUs counts from the start.
func (m *measures) record(what measure, dueUs, valueUs int64) {
	m.byPhase[what][m.plan.phaseAt(dueUs)].Record(valueUs)
}

// othersMost bounds what a target can make us remember: further classes are measured as `other`.
const othersMost = 32

// recordAge counts the age of an event in the phase in which it was published; className tells those of ClassOther apart.
func (m *measures) recordAge(class envelope.Class, className string, publishedUs, ageUs int64) {
	phase := m.plan.phaseAt(publishedUs)
	if class != envelope.ClassOther {
		m.ages[class][phase].Record(ageUs)
		return
	}
	recorders, ok := m.others.Load(className)
	if !ok {
		if m.othersCount.Add(1) > othersMost {
			m.othersCount.Store(othersMost)
			m.ages[envelope.ClassOther][phase].Record(ageUs)
			return
		}
		fresh := make([]hdr.Recorder, len(m.plan.Phases))
		recorders, _ = m.others.LoadOrStore(strings.Clone(className), &fresh)
	}
	(*recorders.(*[]hdr.Recorder))[phase].Record(ageUs)
}

// each visits every histogram with its key: `connect@arrive`, `event_age{class=goal}@fault`.
func (m *measures) each(visit func(key string, r *hdr.Recorder)) {
	for what, recorders := range m.byPhase {
		m.phases(measureNames[what], recorders, visit)
	}
	for class, recorders := range m.ages {
		m.phases("event_age{class="+envelope.Class(class).String()+"}", recorders, visit)
	}
	for _, key := range slices.Sorted(maps.Keys(m.walked)) {
		m.phases(key, m.walked[key], visit)
	}
	m.others.Range(func(class, recorders any) bool {
		m.phases("event_age{class="+labelOf(class.(string))+"}", *recorders.(*[]hdr.Recorder), visit)
		return true
	})
}

// recordWalked counts a sample of a journey: `request{step=hold}`.
func (m *measures) recordWalked(key string, dueUs, valueUs int64) {
	m.walked[key][m.plan.phaseAt(dueUs)].Record(valueUs)
}

func (m *measures) phases(name string, recorders []hdr.Recorder, visit func(string, *hdr.Recorder)) {
	for phase := range recorders {
		visit(name+"@"+m.plan.Phases[phase].Name, &recorders[phase])
	}
}

// labelOf keeps a target's own words from breaking a key: it stands in a log's tag, between braces.
func labelOf(class string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || strings.ContainsRune(",{}=@\"", r) {
			return '_'
		}
		return r
	}, class)
}
