package engine

import (
	"fmt"
	"net/netip"
	"strings"

	crowd "github.com/matchday/crowd"
)

// Problems lists everything that is wrong with a configuration, before anything starts.
func Problems(c *crowd.Config) []string {
	var problems []string
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	if c.Version != 1 {
		wrong("version is %d; this generator reads version 1", c.Version)
	}
	if c.Generators < 1 || c.Generator < 0 || c.Generator >= c.Generators {
		wrong("generator %d of %d: the number must be from 0 to generators-1", c.Generator, c.Generators)
	}
	if c.Clients < 1 {
		wrong("clients is %d; it must be 1 or more", c.Clients)
	}
	if c.SourceAddress != "" {
		if _, err := netip.ParseAddr(c.SourceAddress); err != nil {
			wrong("sourceAddress %q is no IP address", c.SourceAddress)
		}
	}
	follows := len(c.Streams) > 0 || len(c.Journeys) == 0
	if len(c.Target.Edges) == 0 && follows {
		wrong("target.edges is empty; give at least one base URL")
	}
	for i, edge := range c.Target.Edges {
		if problem := baseProblem(edge); problem != "" {
			wrong("target.edges: the %d. URL: %s", i+1, problem)
		}
	}
	problems = append(problems, requestProblems(c)...)
	if !strings.HasPrefix(c.Target.Path, "/") && follows {
		wrong("target.path %q does not begin with /", c.Target.Path)
	}
	problems = append(problems, journeyProblems(c)...)
	if len(c.Streams) == 0 && len(c.Journeys) == 0 {
		wrong("streams is empty; give at least one, or journeys")
	}
	if len(c.Streams) > 1<<16 {
		wrong("streams has %d entries; at most 65536 fit", len(c.Streams))
	}
	for _, stream := range c.Streams {
		if stream.ID == "" || stream.Share < 0 {
			wrong("streams: each needs an id and a share of 0 or more")
		}
		switch stream.IDs {
		case "", crowd.Contiguous, crowd.Ordered, crowd.Opaque, crowd.NoIDs:
		default:
			wrong("streams: ids of %s is %q; it must be contiguous, ordered, opaque or none", stream.ID, stream.IDs)
		}
	}
	if _, err := readAge(c.Age); err != nil {
		wrong("%v", err)
	}
	if c.Arrivals.AtMs < 0 || c.Arrivals.WithinMs < 0 {
		wrong("arrivals: atMs and withinMs must be 0 or more")
	}
	if c.LeaveAtMs <= c.Arrivals.AtMs {
		wrong("leaveAtMs (%g) must be after arrivals.atMs (%g)", c.LeaveAtMs, c.Arrivals.AtMs)
	}
	for i, phase := range c.Phases {
		if phase.ToMs < phase.FromMs || (i > 0 && phase.FromMs != c.Phases[i-1].ToMs) {
			wrong("phases: %s does not begin where the one before it ends", phase.Name)
		}
	}
	if len(c.Phases) == 0 {
		wrong("phases is empty; give at least one")
	}
	if c.QuoteSampleMs < 0 || (c.QuoteSampleMs > 0 && c.QuoteSampleMs < 1) {
		wrong("quoteSampleMs is %g; it must be 1 or more, or 0 for no samples", c.QuoteSampleMs)
	}
	if c.Reconnect.MinMs < 0 || c.Reconnect.MaxMs < c.Reconnect.MinMs {
		wrong("reconnect: 0 <= minMs <= maxMs must hold, got %g and %g", c.Reconnect.MinMs, c.Reconnect.MaxMs)
	}
	if c.ConnectTimeoutMs <= 0 {
		wrong("connectTimeoutMs is %g; it must be above 0", c.ConnectTimeoutMs)
	}
	if s := c.SlowReaders; s.Share < 0 || s.Share > 1 || (s.Share > 0 && s.BytesPerSecond < 1) {
		wrong("slowReaders: share must be from 0 to 1, bytesPerSecond 1 or more")
	}
	if c.EventLimitBytes < 0 || c.EventLimitBytes > 1<<30 {
		wrong("eventLimitBytes is %d; it must be from 1 to 1 GiB, or 0 for the usual one", c.EventLimitBytes)
	}
	if c.Trace != nil {
		if c.Trace.Share < 0 || c.Trace.Share > 1 {
			wrong("trace.share is %g; it must be from 0 to 1", c.Trace.Share)
		}
		for _, window := range c.Trace.Windows {
			if window.ToMs < window.FromMs {
				wrong("trace.windows: %g to %g ms ends before it begins", window.FromMs, window.ToMs)
			}
		}
		for name := range c.Target.Headers {
			if strings.EqualFold(name, traceparent) {
				wrong("target.headers: %s is the crowd's own where requests are traced", name)
			}
		}
	}
	if c.Conductor != nil && c.Conductor.URL == "" {
		wrong("conductor.url is empty")
	}
	return problems
}
