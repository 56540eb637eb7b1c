package journey

import (
	"encoding/json"
	"reflect"
	"testing"
)

func walk(value any, segments []segment) (any, bool) {
	for _, s := range segments {
		switch in := value.(type) {
		case map[string]any:
			if s.index >= 0 {
				return nil, false
			}
			var found bool
			if value, found = in[s.name]; !found {
				return nil, false
			}
		case []any:
			if s.index < 0 || s.index >= len(in) {
				return nil, false
			}
			value = in[s.index]
		default:
			return nil, false
		}
	}
	return value, true
}

// FuzzPath: what is found is what decoding all of the document finds; what is no JSON does no harm.
func FuzzPath(f *testing.F) {
	f.Add(`$.a[1]["b"]`, `{"a":[0,{"b":"x"}]}`)
	f.Add(`$.seats`, `{"seats":["A-1-2"],"asOfUs":17}`)
	f.Add(`$[0]`, `[`)
	f.Fuzz(func(t *testing.T, path, data string) {
		parsed, err := ParsePath(path)
		if err != nil {
			return
		}
		parsed.Find([]byte(data))
		var document any
		if json.Unmarshal([]byte(data), &document) != nil {
			return
		}
		// Of members with one name, decoding takes the last: leave each name once.
		once, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(once, &document)
		want, wanted := walk(document, parsed.segments)
		raw, found := parsed.Find(once)
		if found != wanted {
			t.Fatalf("%s of %s: found %v", path, once, found)
		}
		var got any
		if found && (json.Unmarshal(raw, &got) != nil || !reflect.DeepEqual(got, want)) {
			t.Fatalf("%s of %s: %s", path, once, raw)
		}
	})
}

// FuzzTemplate: a text is refused or gives valid JSON content, whatever its values are.
func FuzzTemplate(f *testing.F) {
	f.Add("a{x}b{{c{hash:[x]-[client]}", "v\"\\\x00ü")
	f.Add("{key:pay}{random}{pick:a|\"b}", "")
	f.Fuzz(func(t *testing.T, text, value string) {
		n := names{slot: func(string) int { return 0 }, step: func(string) (int, bool) { return 0, true }}
		template, err := n.template(text)
		if err != nil {
			return
		}
		j := &Journey{ID: value, Captures: []string{"x"}}
		scope := &Scope{Journey: j, Random: func() uint64 { return 1 }, Draw: func() float64 { return 0.5 }, Key: func(int) uint64 { return 2 }}
		scope.Values.Put(j, 0, TextValue(value))
		quoted := append(template.Append([]byte{'"'}, scope, InString), '"')
		if !json.Valid(quoted) {
			t.Fatalf("%q gives no JSON string: %s", text, quoted)
		}
		for _, c := range template.Append(nil, scope, InPath) {
			if constant, is := template.Literal(); !is && c < 0x20 && !hasControl(constant, text) {
				t.Fatalf("%q puts a control character into a path", text)
			}
		}
	})
}

func hasControl(texts ...string) bool {
	for _, text := range texts {
		for i := range len(text) {
			if text[i] < 0x20 {
				return true
			}
		}
	}
	return false
}

// FuzzCompile: any JSON is journeys or problems.
func FuzzCompile(f *testing.F) {
	f.Add(all(join, admission, seats, choose, hold, decide, done))
	f.Add(`{"name":"a","do":"branch","on":"x","cases":{"1":{"step":"a"}}}`)
	f.Fuzz(func(t *testing.T, steps string) {
		journeys, problems := Compile(raw(steps), targets)
		if len(problems) > 0 {
			return
		}
		scope := scopeOf(journeys[0], nil)
		for _, step := range journeys[0].Steps {
			if request, is := step.(*Request); is && request.Body != nil && !json.Valid(request.Body.Append(nil, scope)) {
				t.Fatalf("no JSON: %s", request.Body.Append(nil, scope))
			}
		}
	})
}
