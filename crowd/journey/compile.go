package journey

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/matchday/crowd/http1"
)

// Names of steps and measures stand in the keys of histograms.
var (
	stepName    = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	measureName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// shareError is what shares that add up to 1 may miss it by.
const shareError = 1e-6

// Compile reads the journeys of a crowd. Every problem is told, with journey and step; journeys are of use only where
// there is none.
func Compile(sources []json.RawMessage, targets map[string][]string) (journeys []*Journey, problems []string) {
	known := map[string]bool{}
	var shares float64
	for i, raw := range sources {
		c := &compiler{targets: targets, journey: &Journey{}, where: fmt.Sprintf("journeys[%d]", i), steps: map[string]int{}}
		c.compile(raw)
		j := c.journey
		if known[j.ID] {
			c.wrong("there are two journeys of this name")
		}
		known[j.ID] = true
		shares += j.Share
		journeys = append(journeys, j)
		problems = append(problems, c.problems...)
	}
	if len(sources) > 0 && math.Abs(shares-1) > shareError {
		problems = append(problems, fmt.Sprintf("journeys: their shares add up to %g; it must be 1", shares))
	}
	return journeys, problems
}

// compiler reads one journey.
type compiler struct {
	targets  map[string][]string
	journey  *Journey
	problems []string
	// where begins each problem: the journey, then the step.
	where string
	steps map[string]int
	flow  flow
	// at is the step that is being read.
	at int
}

func (c *compiler) wrong(format string, args ...any) {
	c.problems = append(c.problems, c.where+": "+fmt.Sprintf(format, args...))
}

func (c *compiler) check(err error) {
	if err != nil {
		c.wrong("%s", err)
	}
}

func (c *compiler) compile(raw json.RawMessage) {
	var source journeySource
	if err := plainly(strict(raw, &source)); err != nil {
		c.wrong("%s", err)
		return
	}
	c.journey.ID, c.journey.Share = source.ID, source.Share
	if source.ID == "" {
		c.wrong("id is empty")
	} else {
		c.where = fmt.Sprintf("journey %q", source.ID)
	}
	if source.Share < 0 || source.Share > 1 {
		c.wrong("share is %g; it must be from 0 to 1", source.Share)
	}
	if len(source.Steps) == 0 {
		c.wrong("it has no steps")
	}
	ofJourney := c.where
	heads := make([]stepHead, len(source.Steps))
	bodies := make([]any, len(source.Steps))
	place := func(i int) {
		c.at, c.where = i, fmt.Sprintf("%s, step %q", ofJourney, heads[i].Name)
	}
	for i, raw := range source.Steps {
		var err error
		bodies[i], heads[i], err = stepSource(raw)
		place(i)
		c.check(err)
		if _, twice := c.steps[heads[i].Name]; twice {
			c.wrong("there are two steps of this name")
		}
		c.steps[heads[i].Name] = i
		if !stepName.MatchString(heads[i].Name) {
			c.wrong("its name must be of letters, digits, '.', '_' and '-'")
		}
	}
	c.flow = newFlow(len(source.Steps))
	for i, body := range bodies {
		place(i)
		c.journey.Steps = append(c.journey.Steps, c.step(body, named{heads[i].Name}))
	}
	if len(c.problems) == 0 {
		// What leads where can be followed now.
		c.flow.check(c.journey, func(step int, problem string) {
			place(step)
			c.wrong("%s", problem)
		})
	}
	c.where = ofJourney
}

func (c *compiler) names() *names {
	return &names{slot: c.slot, step: func(name string) (int, bool) {
		step, known := c.steps[name]
		return step, known
	}}
}

func (c *compiler) slot(name string) int {
	slot := slices.Index(c.journey.Captures, name)
	if slot < 0 {
		slot = len(c.journey.Captures)
		c.journey.Captures = append(c.journey.Captures, name)
	}
	return slot
}

func (c *compiler) step(source any, name named) Step {
	switch source := source.(type) {
	case *streamSource:
		return c.stream(source, name)
	case *requestSource:
		return c.request(source, name)
	case *waitSource:
		return c.wait(source, name)
	case *thinkSource:
		if problem := source.Time.problem(); problem != "" {
			c.wrong("%s", problem)
		}
		think := &Think{named: name, Time: source.Time, Then: c.nextOr(nil, "")}
		if a := source.Abandon; a != nil {
			if a.Share < 0 || a.Share > 1 {
				c.wrong("abandon.share is %g; it must be from 0 to 1", a.Share)
			}
			think.Abandon = &Abandon{a.Share, a.Cause}
		}
		return think
	case *branchSource:
		branch := &Branch{named: name, Slot: c.used(source.On), Cases: map[string]Next{}, Else: c.nextOr(source.Else, "else")}
		if len(source.Cases) == 0 {
			c.wrong("cases is empty")
		}
		for _, value := range slices.Sorted(maps.Keys(source.Cases)) {
			branch.Cases[value] = c.next(source.Cases[value], "cases."+value)
		}
		return branch
	case *endSource:
		return &Finish{name, c.ending(source.End, source.Cause)}
	default:
		// It could not be read, and that is told already.
		return &Finish{named: name}
	}
}

func (c *compiler) stream(source *streamSource, name named) Step {
	c.journey.Streams = true
	stream := &Stream{named: name, Target: c.target(source.Target), Path: c.path(source.Path),
		Headers: c.headers(source.Headers), On: Statuses{}, Then: c.nextOr(nil, "")}
	for _, status := range slices.Sorted(maps.Keys(source.On)) {
		if !isStatus(status) || status == "200" || status == "2xx" {
			c.wrong("on: %q must be a status such as 403 or 4xx; 200 opens the stream", status)
		}
		stream.On[status] = c.next(source.On[status], "on."+status)
	}
	for _, match := range source.Listen {
		if match.Next != nil {
			c.wrong("listen: an event that is listened to leads nowhere; next is for a wait")
		}
		stream.Listen = append(stream.Listen, c.match(match, "listen"))
	}
	c.flow.opens(c.at)
	return stream
}

func (c *compiler) request(source *requestSource, name named) Step {
	request := &Request{named: name, Target: c.target(source.Target), Method: source.Method, Path: c.path(source.Path),
		Headers: c.headers(source.Headers), On: Statuses{}, TimeoutMs: source.TimeoutMs,
		Recorded: source.Recorded || source.Method != "GET"}
	if !slices.Contains([]string{"GET", "POST", "PUT", "DELETE"}, source.Method) {
		c.wrong("method is %q; GET, POST, PUT and DELETE are known", source.Method)
	}
	if len(source.Body) > 0 {
		body, err := c.names().body(source.Body)
		c.check(err)
		if err == nil {
			request.Body = body
			body.slots(c.uses)
		}
	}
	if len(source.On) == 0 {
		c.wrong("on is empty; say which statuses are answers")
	}
	for _, outcome := range slices.Sorted(maps.Keys(source.On)) {
		c.outcome("on", outcome)
		request.On[outcome] = c.next(source.On[outcome], "on."+outcome)
	}
	for _, capture := range slices.Sorted(maps.Keys(source.Capture)) {
		request.Captures = append(request.Captures, c.capture(capture, source.Capture[capture], true))
	}
	if source.TimeoutMs <= 0 {
		c.wrong("timeoutMs is %g; it must be above 0", source.TimeoutMs)
	}
	if r := source.Retry; r != nil {
		request.Retry = &Retry{On: Outcomes{}, Attempts: r.Attempts, MinMs: r.BackoffMs.Min, MaxMs: r.BackoffMs.Max}
		for _, outcome := range r.On {
			c.outcome("retry.on", outcome)
			request.Retry.On[outcome] = true
		}
		if r.Attempts < 1 || r.BackoffMs.Min < 0 || r.BackoffMs.Max < r.BackoffMs.Min {
			c.wrong("retry: attempts must be 1 or more, and 0 <= backoffMs.min <= backoffMs.max must hold")
		}
	}
	request.needs = c.flow.uses[c.at]
	return request
}

func (c *compiler) outcome(of, outcome string) {
	if !isStatus(outcome) && outcome != Timeout && outcome != Connection {
		c.wrong("%s: %q must be a status, a class such as 2xx, timeout or connection", of, outcome)
	}
}

func (c *compiler) wait(source *waitSource, name named) Step {
	wait := &Wait{named: name, TimeoutMs: source.TimeoutMs, OnTimeout: c.next(source.OnTimeout, "onTimeout")}
	if len(source.For) == 0 {
		c.wrong("for is empty; say what is waited for")
	}
	if source.TimeoutMs <= 0 {
		c.wrong("timeoutMs is %g; it must be above 0", source.TimeoutMs)
	}
	for _, match := range source.For {
		wait.For = append(wait.For, WaitMatch{c.match(match, "for"), c.nextOr(match.Next, "for.next")})
		c.journey.awaited = append(c.journey.awaited, match.Event)
	}
	c.flow.waits(c.at)
	return wait
}

func (c *compiler) match(source matchSource, of string) Match {
	match := Match{Event: source.Event}
	if source.Event == "" {
		c.wrong("%s: event is empty", of)
	}
	for _, path := range slices.Sorted(maps.Keys(source.Where)) {
		parsed, err := ParsePath(path)
		c.check(err)
		match.where = append(match.where, condition{parsed, c.template(source.Where[path])})
	}
	for _, capture := range slices.Sorted(maps.Keys(source.Capture)) {
		match.Captures = append(match.Captures, c.capture(capture, source.Capture[capture], false))
	}
	if a := source.Age; a != nil {
		path, err := ParsePath(a.Path)
		c.check(err)
		if !measureName.MatchString(a.Measure) {
			c.wrong("age.measure %q must be of small letters, digits and '_'", a.Measure)
		}
		match.Age = &Age{path, a.Measure}
	}
	return match
}

// capture reads one; answer: there is a response to take a header or the status from.
func (c *compiler) capture(name, from string, answer bool) Capture {
	if !isCaptureName(name) || slices.Contains([]string{"client", "journey", "random"}, name) {
		c.wrong("capture %q: its name must be of letters, digits, '_' and '-', and not one of the built-in values", name)
	}
	capture := Capture{Slot: c.slot(name)}
	c.flow.captures(c.at, capture.Slot)
	const header = "header:"
	switch {
	case answer && from == "status":
		capture.Status = true
	case answer && len(from) > len(header) && from[:len(header)] == header:
		capture.Header = from[len(header):]
	default:
		path, err := ParsePath(from)
		c.check(err)
		capture.Path = path
	}
	return capture
}

func (c *compiler) target(name string) string {
	if len(c.targets[name]) == 0 {
		c.wrong("target %q is not among the crowd's targets", name)
	}
	return name
}

func (c *compiler) path(text string) Template {
	if text == "" || text[0] != '/' {
		c.wrong("path %q does not begin with /", text)
	}
	return c.template(text)
}

func (c *compiler) headers(source map[string]string) (headers []Header) {
	names := slices.Sorted(maps.Keys(source))
	for i, name := range names {
		if problem := http1.Refusal(name, source[name]); problem != "" {
			c.wrong("header %q %s", name, problem)
		}
		for _, other := range names[i+1:] {
			if strings.EqualFold(name, other) {
				c.wrong("%s and %s are one header; give it once", name, other)
			}
		}
		headers = append(headers, Header{name, c.template(source[name])})
	}
	return headers
}

func (c *compiler) template(text string) Template {
	template, err := c.names().template(text)
	c.check(err)
	template.slots(c.uses)
	return template
}

func (c *compiler) uses(slot int) { c.flow.use(c.at, slot) }

func (c *compiler) used(capture string) int {
	slot := c.slot(capture)
	c.uses(slot)
	return slot
}

// following is the step after this one; after the last a journey is completed.
func (c *compiler) following() Next {
	if c.at+1 == len(c.flow.next) {
		return Next{End: &Ending{End: Completed}}
	}
	return Next{Step: c.at + 1}
}

func (c *compiler) nextOr(source *nextSource, of string) Next {
	if source == nil {
		source = &nextSource{next: true}
	}
	return c.next(*source, of)
}

func (c *compiler) next(source nextSource, of string) (next Next) {
	switch {
	case source.next:
		next = c.following()
	case source.Step != "" && source.End == "":
		step, known := c.steps[source.Step]
		if !known {
			c.wrong("%s leads to step %q, which there is not", of, source.Step)
		}
		next = Next{Step: step}
	case source.End != "" && source.Step == "":
		cause := ""
		if source.Cause != nil {
			cause = *source.Cause
		}
		ending := c.ending(source.End, cause)
		next = Next{End: &ending}
	default:
		c.wrong(`%s must be "next", {step} or {end, cause}`, of)
		next = c.following()
	}
	c.flow.leads(c.at, next)
	return next
}

func (c *compiler) ending(end End, cause string) Ending {
	if !slices.Contains(Ends[:], end) {
		c.wrong("end is %q; completed, rejected, abandoned and failed are known", end)
	}
	if cause == "" && end != Completed {
		c.wrong("an end that is not completed needs a cause")
	}
	return Ending{end, cause}
}
