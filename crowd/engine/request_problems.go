package engine

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/http1"
	"github.com/matchday/crowd/httpurl"
)

// baseProblem says what is wrong with a base URL, without the URL where that may hold a password; empty: nothing.
func baseProblem(text string) string {
	shown := ""
	if !strings.Contains(text, "@") {
		shown = fmt.Sprintf("%q: ", text)
	}
	if httpurl.HasControl(text) {
		return shown + "it has a control character"
	}
	if _, err := httpurl.Parse(text); err != nil {
		return shown + err.Error()
	}
	return ""
}

// requestProblems lists what no request could be made of, or none that is the user's own.
func requestProblems(c *crowd.Config) (problems []string) {
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if httpurl.HasControl(c.Target.Path) {
		wrong("target.path %q has a control character; leave that out", c.Target.Path)
	}
	if name := c.Target.ServerName; name != "" {
		if problem := http1.Refusal("Host", name); problem != "" {
			wrong("target.serverName %q %s", name, problem)
		} else if u, err := httpurl.Parse("https://" + name); err != nil || u.Path != "" {
			wrong("target.serverName %q is no host, with or without a port; give one as live.example.com", name)
		}
	}
	names := slices.Sorted(maps.Keys(c.Target.Headers))
	for i, name := range names {
		if problem := http1.Refusal(name, c.Target.Headers[name]); problem != "" {
			wrong("target.headers: %q %s", name, problem)
		}
		for _, other := range names[i+1:] {
			if strings.EqualFold(name, other) {
				wrong("target.headers: %s and %s are one header; give it once", name, other)
			}
		}
		if strings.Contains(c.Target.Headers[name], "{") {
			for _, stream := range c.Streams {
				if httpurl.HasControl(stream.ID) || httpurl.HasControl(stream.Match) {
					wrong("streams: %q has a control character, which the header %s cannot have", stream.ID, name)
				}
			}
		}
	}
	if problem := sourceProblem(c); problem != "" {
		problems = append(problems, problem)
	}
	return problems
}

// sourceProblem: where no edge can be reached from the source address, there is no crowd. Some that cannot are skipped.
func sourceProblem(c *crowd.Config) string {
	source := sourceOf(c.SourceAddress)
	if !source.IsValid() || len(c.Target.Edges) == 0 {
		return ""
	}
	for _, edge := range c.Target.Edges {
		u, err := httpurl.Parse(edge)
		if err != nil {
			return ""
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err != nil || ip.Unmap().Is4() == source.Is4() {
			return ""
		}
	}
	return fmt.Sprintf("sourceAddress %s is %s, and no edge has such an address; give one of the family of the edges, or none",
		source, family(source))
}
