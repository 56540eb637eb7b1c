package engine

import (
	"math"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/sse"
)

// plan answers, for each client of this generator, what was decided before the start. Pure: it reads no clock.
type plan struct {
	*crowd.Config
	// clients is how many this generator plays.
	clients    int
	shares     []float64
	streamByID map[string]int
	deadlines  map[string]int64
	arriveAtUs int64
	leaveAtUs  int64
}

// golden is the fractional part of the golden ratio: id*golden spreads any run of ids evenly over 0 to 1.
const golden = 0.6180339887498949

func newPlan(c *crowd.Config) *plan {
	p := &plan{
		Config:     c,
		clients:    (c.Clients - c.Generator + c.Generators - 1) / c.Generators,
		streamByID: map[string]int{},
		deadlines:  map[string]int64{},
		arriveAtUs: usOf(c.Arrivals.AtMs),
		leaveAtUs:  usOf(c.LeaveAtMs),
	}
	var total, sum float64
	for _, stream := range c.Streams {
		total += stream.Share
	}
	for i, stream := range c.Streams {
		sum += stream.Share
		p.shares = append(p.shares, sum/max(total, math.SmallestNonzeroFloat64))
		p.streamByID[stream.ID] = i
	}
	for class, ms := range c.DeadlinesMs {
		p.deadlines[class] = usOf(ms)
	}
	return p
}

func usOf(ms float64) int64    { return int64(math.Round(ms * 1000)) }
func msOf(us int64) float64    { return float64(us) / 1000 }
func (p *plan) id(k int) int64 { return int64(p.Generator) + int64(k)*int64(p.Generators) }

// plannedUs is the instant, after the start, at which a client comes.
func (p *plan) plannedUs(id int64) int64 {
	return p.arriveAtUs + int64(float64(id)/float64(p.Clients)*p.Arrivals.WithinMs*1000)
}

// plannedAt counts the clients of this generator whose instant has come and whose leave has not.
func (p *plan) plannedAt(atUs int64) int64 {
	if atUs < p.arriveAtUs || atUs >= p.leaveAtUs {
		return 0
	}
	// Instants rise with k: the first k that is not due yet is how many are.
	low, high := 0, p.clients
	for low < high {
		middle := (low + high) / 2
		if p.plannedUs(p.id(middle)) <= atUs {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return int64(low)
}

func (p *plan) streamOf(id int64) int {
	_, at := math.Modf(float64(id) * golden)
	for i, upTo := range p.shares {
		if at < upTo {
			return i
		}
	}
	return len(p.shares) - 1
}

func (p *plan) edgeOf(k int) int { return k % max(len(p.Target.Edges), 1) }

func (p *plan) isSlow(id int64) bool {
	return p.SlowReaders.Share > 0 && p.random(id, 0) < p.SlowReaders.Share
}

// retryDelayUs is uniform in [minMs, maxMs]; a server's `retry: N` moves that to [N, N+maxMs-minMs].
func (p *plan) retryDelayUs(id int64, attempt uint32, retryMs int, asked bool) int64 {
	from := p.Reconnect.MinMs
	if asked {
		from = float64(retryMs)
	}
	return usOf(from + p.random(id, uint64(attempt)+1)*(p.Reconnect.MaxMs-p.Reconnect.MinMs))
}

// eventLimit is the longest line of a stream, and the most data of one event, in bytes.
func (p *plan) eventLimit() int64 {
	if p.EventLimitBytes > 0 {
		return p.EventLimitBytes
	}
	return sse.DefaultLimit
}

// tracedAttempts keeps the draws of traces apart from those of slow readers and retries.
const tracedAttempts = 1 << 32

// traced: the attempt of a client that begins at an instant after the start is one that is traced.
func (p *plan) traced(id int64, attempt uint32, us int64) bool {
	if p.Trace == nil {
		return false
	}
	ms := msOf(us)
	for _, window := range p.Trace.Windows {
		if ms >= window.FromMs && ms < window.ToMs {
			return true
		}
	}
	return p.Trace.Share > 0 && p.random(id, tracedAttempts+uint64(attempt)) < p.Trace.Share
}

// random is uniform in [0, 1), always the same for the same seed, client and use.
func (p *plan) random(id int64, use uint64) float64 {
	x := mix(uint64(p.Seed)) ^ mix(uint64(id)+0x9e3779b97f4a7c15)
	return float64(mix(x+use*0x9e3779b97f4a7c15)>>11) / (1 << 53)
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// phaseAt is the index of the phase that holds an instant after the start; the first and last extend outwards.
func (p *plan) phaseAt(us int64) int {
	ms := msOf(us)
	last := len(p.Phases) - 1
	for i := range last {
		if ms < p.Phases[i].ToMs {
			return i
		}
	}
	return last
}
