package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

var targets = map[string][]string{"edges": {"http://a"}, "box-office": {"http://b"}}

// raw makes journeys of steps; one that has all of the crowd.
func raw(steps string) []json.RawMessage {
	return []json.RawMessage{json.RawMessage(`{"id":"buy","share":1,"steps":[` + steps + `]}`)}
}

const (
	join = `{"name":"join","do":"stream","target":"edges","path":"/queue?buyer={client}&ticket={ticket}",
		"headers":{"X-Challenge":"{hash:presale:[client]}"},"on":{"403":{"end":"rejected","cause":"challenge"}},
		"listen":[{"event":"joined","capture":{"ticket":"$.ticket"}},
			{"event":"position","age":{"path":"$.asOfUs","measure":"position_age"}}]}`
	admission = `{"name":"admission","do":"wait","timeoutMs":1000,"onTimeout":{"end":"abandoned","cause":"too long"},
		"for":[{"event":"admitted","capture":{"admission":"$.admission"}},
			{"event":"sold-out","next":{"end":"rejected","cause":"sold out"}}]}`
	seats = `{"name":"seats","do":"request","target":"box-office","method":"GET","path":"/sections/a?want=2","timeoutMs":500,
		"on":{"200":"next","410":{"end":"rejected","cause":"sold out"}},"capture":{"seats":"$.seats"}}`
	choose = `{"name":"choose","do":"think","time":{"kind":"constant","ms":5},"abandon":{"share":0.5,"cause":"changed its mind"}}`
	hold   = `{"name":"hold","do":"request","target":"box-office","method":"POST","path":"/holds","timeoutMs":500,
		"headers":{"Authorization":"Bearer {admission}","Idempotency-Key":"{key:hold}"},"body":{"seats":"{seats}","n":1,"who":"{client}"},
		"on":{"201":"next","409":{"step":"seats"},"4xx":{"end":"rejected","cause":"refused"},"timeout":{"step":"seats"}},
		"capture":{"hold":"$.hold","where":"header:Location","status":"status"},
		"retry":{"on":["503","timeout"],"attempts":3,"backoffMs":{"min":10,"max":100}}}`
	decide = `{"name":"decide","do":"branch","on":"status","cases":{"201":{"step":"done"}},"else":{"end":"failed","cause":"other"}}`
	done   = `{"name":"done","do":"end","end":"completed","cause":"bought"}`
)

func all(steps ...string) string { return strings.Join(steps, ",") }

func compiled(t *testing.T, steps ...string) *Journey {
	t.Helper()
	journeys, problems := Compile(raw(all(steps...)), targets)
	if len(problems) > 0 {
		t.Fatalf("problems: %s", strings.Join(problems, "\n"))
	}
	return journeys[0]
}

func TestCompilesEveryKindOfStep(t *testing.T) {
	j := compiled(t, join, admission, seats, choose, hold, decide, done)
	if got := fmt.Sprint(j.Captures); !strings.Contains(got, "admission") || !j.Streams || len(j.Steps) != 7 {
		t.Errorf("captures %s, streams %v, %d steps", got, j.Streams, len(j.Steps))
	}
	h := j.Steps[4].(*Request)
	if next, ok := h.On.Of("409"); !ok || next.Step != 2 || next.End != nil {
		t.Errorf("409 leads to %+v", next)
	}
	if next, ok := h.On.Of("422"); !ok || next.End == nil || next.End.Cause != "refused" {
		t.Errorf("422 leads to %+v", next)
	}
	if next, ok := h.On.Of("201"); !ok || next.Step != 5 {
		t.Errorf("201 leads to %+v", next)
	}
	if _, ok := h.On.Of("500"); ok {
		t.Error("500 is an answer")
	}
	if !h.Retry.On.Has("timeout") || !h.Retry.On.Has("503") || h.Retry.On.Has("500") {
		t.Error("retry is for the wrong outcomes")
	}
	if !j.Awaits([]byte("sold-out")) || j.Awaits([]byte("position")) {
		t.Error("awaits the wrong events")
	}
	if missing := h.Missing(nil); missing < 0 {
		t.Error("a request without its captures lacks nothing")
	}
}

func TestEveryProblemIsToldWithJourneyAndStep(t *testing.T) {
	request := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(hold)
	}
	for _, one := range []struct{ steps, want string }{
		{all(join, admission, request(`"{seats}"`, `"{chairs}"`), seats), `journey "buy", step "hold": {chairs} is captured by no step before it`},
		{all(join, admission, hold, decide, done), `journey "buy", step "hold": on.409 leads to step "seats", which there is not`},
		{all(admission, done), `journey "buy", step "admission": it waits for an event, but no step before it opens a stream`},
		{all(join, done, admission), `journey "buy", step "admission": it waits for an event, but no step before it opens a stream`},
		{all(done, done), `step "done": there are two steps of this name`},
		{strings.Replace(done, "completed", "won", 1), `step "done": end is "won"`},
		{strings.Replace(done, `"do":"end"`, `"do":"sleep"`, 1), `step "done": do is "sleep"`},
		{strings.Replace(done, `"cause"`, `"because"`, 1), `step "done": unknown field "because"`},
		{strings.Replace(choose, "constant", "poisson", 1), `step "choose": time.kind must be`},
		{strings.Replace(choose, "0.5", "1.5", 1), `step "choose": abandon.share is 1.5`},
		{strings.Replace(seats, "$.seats", "seats", 1), `step "seats": JSON path "seats" does not begin with $`},
		{strings.Replace(seats, "box-office", "box", 1), `step "seats": target "box" is not among`},
		{strings.Replace(seats, "/sections", "/{sections", 1), `step "seats": {sections/a?want=2 is not closed`},
		{strings.Replace(seats, "GET", "BREW", 1), `step "seats": method is "BREW"`},
		{strings.Replace(seats, `"410"`, `"fine"`, 1), `step "seats": on: "fine" must be`},
		{strings.Replace(seats, `500`, `0`, 1), `step "seats": timeoutMs is 0`},
		{strings.Replace(seats, `/sections`, `/{key:pay}`, 1), `step "seats": {key:pay} names no step`},
		{strings.Replace(seats, `/sections`, `/{a b}`, 1), `step "seats": {a b} is neither`},
		{all(seats, `{"name":"b","do":"branch","on":"seats","cases":{"x":{"step":"b"}}}`), `step "b": it leads back to itself by branches alone`},
		{strings.Replace(seats, `"name":"seats"`, `"name":"se{at"`, 1), `its name must be`},
		{strings.Replace(seats, `"next"`, `"done"`, 1), `on.200: must be`},
	} {
		_, problems := Compile(raw(one.steps), targets)
		text := strings.Join(problems, "\n")
		if want := one.want; !strings.Contains(text, want) && !strings.Contains(text, strings.Replace(want, "on.200: ", "", 1)) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	_, problems := Compile(append(raw(done), raw(done)...), targets)
	if text := strings.Join(problems, "\n"); !strings.Contains(text, "two journeys") || !strings.Contains(text, "add up to 2") {
		t.Errorf("problems of two journeys: %s", text)
	}
	_, problems = Compile(raw(all(request(`"{seats}"`, `"{a}{b}"`), `{"name":"hold"}`, seats)), targets)
	if len(problems) < 2 {
		t.Errorf("only some problems are told: %s", problems)
	}
}

func scopeOf(j *Journey, values map[string]Value) *Scope {
	scope := &Scope{Client: 42, Journey: j, Random: func() uint64 { return 0xabc }, Draw: func() float64 { return 0 }, Key: func(step int) uint64 { return uint64(step) + 0xf0 }}
	for name, value := range values {
		if !scope.Values.Put(j, slices.Index(j.Captures, name), value) {
			panic("no room")
		}
	}
	return scope
}

func TestTemplates(t *testing.T) {
	j := compiled(t, join, admission, seats, choose, hold, decide, done)
	list, _ := JSONValue([]byte(`["A-1-2","A-1-3"]`))
	scope := scopeOf(j, map[string]Value{"ticket": TextValue(`a b/"ü`), "seats": list, "admission": TextValue("tok\"en")})
	stream, h := j.Steps[0].(*Stream), j.Steps[4].(*Request)
	sum := sha256.Sum256([]byte("presale:42"))
	for what, got := range map[string][2]string{
		"path": {string(stream.Path.Append(nil, scope, InPath)), "/queue?buyer=42&ticket=a%20b%2F%22%C3%BC"},
		"hash": {stream.Headers[0].Value.String(scope), hex.EncodeToString(sum[:])},
		"auth": {h.Headers[0].Value.String(scope), `Bearer tok"en`},
		"key":  {h.Headers[1].Value.String(scope), "00000000000000f4"},
		"body": {string(h.Body.Append(nil, scope)), `{"seats":["A-1-2","A-1-3"],"n":1,"who":"42"}`},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %s, not %s", what, got[0], got[1])
		}
	}
	empty := scopeOf(j, nil)
	if got := string(stream.Path.Append(nil, empty, InPath)); got != "/queue?buyer=42&ticket=" {
		t.Errorf("without a capture the path is %s", got)
	}
	names := names{slot: func(string) int { return 0 }}
	braces, err := names.template("{{client} {random} }")
	if got := braces.String(empty); err != nil || got != "{client} 0000000000000abc }" {
		t.Errorf("braces: %q, %v", got, err)
	}
	pick, err := names.template("/{pick:a|b b|c}")
	drawn := -0.2
	empty.Draw = func() float64 { drawn += 0.3; return drawn }
	if got := string(pick.Append(nil, empty, InPath)) + pick.String(empty) + pick.String(empty); err != nil || got != "/a/b b/c" {
		t.Errorf("picked %q, %v", got, err)
	}
	if _, err := names.template("{pick:a||b}"); err == nil {
		t.Error("an empty choice is taken")
	}
}

func TestMatchingAllocatesNothing(t *testing.T) {
	j := compiled(t, join, admission)
	listen := j.Steps[0].(*Stream).Listen
	withWhere := raw(all(join, strings.Replace(admission, `{"event":"admitted",`,
		`{"event":"admitted","where":{"$.kind":"vip","$.n":"3","$.who":"{client}"},`, 1)))
	journeys, problems := Compile(withWhere, targets)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	match := &journeys[0].Steps[1].(*Wait).For[0].Match
	scope := scopeOf(journeys[0], nil)
	for data, want := range map[string]bool{
		`{"kind":"vip","n":3,"who":"42"}`:    true,
		`{"kind":"v\u0069p","n":3,"who":42}`: true,
		`{"kind":"vip","n":4,"who":"42"}`:    false,
		`{"n":3,"who":"42"}`:                 false,
		`no json`:                            false,
	} {
		if got := match.Matches([]byte("admitted"), []byte(data), scope); got != want {
			t.Errorf("%s matches: %v", data, got)
		}
	}
	data, event := []byte(`{"position":7,"etaMs":12.5,"asOfUs":1700000000000000}`), []byte("position")
	if allocated := testing.AllocsPerRun(100, func() {
		if j.Awaits(event) || !listen[1].Matches(event, data, scope) {
			t.Fatal("no match")
		}
		if _, found := listen[1].Age.Path.Find(data); !found {
			t.Fatal("no age")
		}
	}); allocated != 0 {
		t.Errorf("an event that nobody waits for allocates %v times", allocated)
	}
}

func TestCapturesAreBounded(t *testing.T) {
	j := compiled(t, seats, strings.Replace(seats, `"name":"seats"`, `"name":"more"`, 1))
	var values Values
	if !values.Put(j, 0, TextValue(strings.Repeat("x", MaxCaptured))) || values.Put(j, 0, TextValue(strings.Repeat("x", MaxCaptured+1))) {
		t.Error("the bound is not kept")
	}
}

// TestDistributions: the means that the formulas say, within 3 standard errors; always within bounds.
func TestDistributions(t *testing.T) {
	const draws = 20_000
	state := uint64(7)
	draw := func() float64 {
		state = state*6364136223846793005 + 1442695040888963407
		return float64(state>>11) / (1 << 53)
	}
	for _, one := range []struct {
		time           Time
		mean, from, to float64
	}{
		{Time{Kind: "constant", Ms: 5}, 5, 5, 5},
		{Time{Kind: "uniform", MinMs: 10, MaxMs: 30}, 20, 10, 30},
		{Time{Kind: "exponential", MeanMs: 50, MaxMs: 1e9}, 50, 0, 1e9},
		// exp(sigma²/2) above its median.
		{Time{Kind: "lognormal", MedianMs: 100, Sigma: 0.5, MaxMs: 1e9}, 113.3, 0, 1e9},
		{Time{Kind: "lognormal", MedianMs: 100, Sigma: 3, MaxMs: 120}, -1, 0, 120},
	} {
		var sum float64
		for range draws {
			ms := one.time.sample(draw)
			if ms < one.from || ms > one.to {
				t.Fatalf("%s: %g is out of bounds", one.time.Kind, ms)
			}
			sum += ms
		}
		if mean := sum / draws; one.mean >= 0 && (mean < one.mean*0.97 || mean > one.mean*1.03) {
			t.Errorf("%s: mean %g, not %g", one.time.Kind, mean, one.mean)
		}
	}
	retry := Retry{MinMs: 10, MaxMs: 100}
	for attempt, bound := range map[int]float64{2: 20, 3: 40, 4: 80, 5: 100, 60: 100} {
		if least, most := retry.BackoffMs(attempt, func() float64 { return 0 }), retry.BackoffMs(attempt, func() float64 { return 1 }); least != 10 || most != bound {
			t.Errorf("before attempt %d: %g to %g ms", attempt, least, most)
		}
	}
}

func TestPaths(t *testing.T) {
	const data = ` {"a":{"b c":[1,{"d":"x,]}"}]},"e":null,"f":[],"a\u0062":true} `
	for path, want := range map[string]string{
		`$.a["b c"][1].d`: `"x,]}"`, `$.a['b c'][0]`: `1`, `$.e`: `null`, `$.f`: `[]`, `$.ab`: `true`,
		`$`: strings.TrimSpace(data), `$.f[0]`: "", `$.a[0]`: "", `$.x`: "", `$.a["b c"][2]`: "",
	} {
		parsed, err := ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := parsed.Find([]byte(data)); string(got) != want {
			t.Errorf("%s is %s, not %s", path, got, want)
		}
	}
	for _, path := range []string{"", "a", "$a", "$.", "$[", "$[-1]", "$[x]", "$..a", "$.a[*]", `$["a]`} {
		if _, err := ParsePath(path); err == nil {
			t.Errorf("%q is taken for a path", path)
		}
	}
}
