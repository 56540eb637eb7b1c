package journey

import "math"

// Draw is uniform in [0, 1).
type Draw func() float64

type Think struct {
	named
	Time Time
	// Abandon is nil where nobody gives up.
	Abandon *Abandon
	Then    Next
}

type Abandon struct {
	Share float64
	Cause string
}

// Decide draws how long a client thinks, and whether it gives up at the end of that.
func (t *Think) Decide(draw Draw) (delayMs float64, givesUp bool) {
	delayMs = t.Time.sample(draw)
	if t.Abandon != nil && draw() < t.Abandon.Share {
		// It does so at any instant of the time it would have taken.
		return delayMs * draw(), true
	}
	return delayMs, false
}

// Time is a distribution of think times.
type Time struct {
	Kind     string  `json:"kind"`
	Ms       float64 `json:"ms"`
	MinMs    float64 `json:"minMs"`
	MaxMs    float64 `json:"maxMs"`
	MeanMs   float64 `json:"meanMs"`
	MedianMs float64 `json:"medianMs"`
	Sigma    float64 `json:"sigma"`
}

func (t *Time) sample(draw Draw) float64 {
	switch t.Kind {
	case "uniform":
		return t.MinMs + draw()*(t.MaxMs-t.MinMs)
	case "exponential":
		return min(-t.MeanMs*math.Log(1-draw()), t.MaxMs)
	case "lognormal":
		// Box and Muller (1958): two uniform draws make a normal one.
		normal := math.Sqrt(-2*math.Log(1-draw())) * math.Cos(2*math.Pi*draw())
		return min(t.MedianMs*math.Exp(t.Sigma*normal), t.MaxMs)
	default:
		return t.Ms
	}
}

func (t *Time) problem() string {
	switch t.Kind {
	case "constant":
		if t.Ms < 0 {
			return "time.ms must be 0 or more"
		}
	case "uniform":
		if t.MinMs < 0 || t.MaxMs < t.MinMs {
			return "time: 0 <= minMs <= maxMs must hold"
		}
	case "exponential":
		if t.MeanMs <= 0 || t.MaxMs < t.MeanMs {
			return "time: 0 < meanMs <= maxMs must hold"
		}
	case "lognormal":
		if t.MedianMs <= 0 || t.MaxMs < t.MedianMs || t.Sigma < 0 {
			return "time: 0 < medianMs <= maxMs and sigma >= 0 must hold"
		}
	default:
		return "time.kind must be constant, uniform, exponential or lognormal"
	}
	return ""
}

// BackoffMs is the wait before an attempt, the second being number 2: anywhere between the least and a bound that
// doubles each time, so that clients which failed together do not come back together.
func (r *Retry) BackoffMs(attempt int, draw Draw) float64 {
	bound := max(r.MinMs, 1) * math.Pow(2, float64(min(attempt-1, 30)))
	return r.MinMs + draw()*(min(bound, r.MaxMs)-r.MinMs)
}
