package sse

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

var rules = []struct {
	name   string
	stream string
	want   outcome
}{
	{"one line", "data: a\n\n", outcome{Events: []got{{Data: "a"}}}},
	{"no blank after the colon", "data:a\n\n", outcome{Events: []got{{Data: "a"}}}},
	{"only one blank is taken", "data:  a\n\n", outcome{Events: []got{{Data: " a"}}}},
	{"a tab is no blank", "data:\ta\n\n", outcome{Events: []got{{Data: "\ta"}}}},
	{"colons in the value", "data: a:b: c\n\n", outcome{Events: []got{{Data: "a:b: c"}}}},
	{"lines are joined by LF", "data: a\ndata: b\ndata:c\n\n", outcome{Events: []got{{Data: "a\nb\nc"}}}},
	{"a field without a colon has an empty value", "data\n\n", outcome{Events: []got{{Data: ""}}}},
	{"empty data lines count", "data:\n\ndata\ndata\n\ndata:test\n\n",
		outcome{Events: []got{{Data: ""}, {Data: "\n"}, {Data: "test"}}}},
	{"three empty data lines", "data\ndata\ndata\n\n", outcome{Events: []got{{Data: "\n\n"}}}},
	{"empty lines around text", "data\ndata: a\ndata\n\n", outcome{Events: []got{{Data: "\na\n"}}}},
	{"CR ends lines", "data: a\rdata: b\r\rdata: c\r\r", outcome{Events: []got{{Data: "a\nb"}, {Data: "c"}}}},
	{"CRLF ends lines", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", outcome{Events: []got{{Data: "a\nb"}, {Data: "c"}}}},
	{"ends of all kinds", "data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\r\n", outcome{Events: []got{{Data: "a\nb\nc"}, {Data: "d"}}}},
	{"LF CR is two ends", "data: a\n\rdata: b\n\r", outcome{Events: []got{{Data: "a"}, {Data: "b"}}}},
	{"type", "event: goal\ndata: 1\n\ndata: 2\n\n", outcome{Events: []got{{Type: "goal", Data: "1"}, {Data: "2"}}}},
	{"the last type counts", "event: a\nevent: b\ndata: 1\n\n", outcome{Events: []got{{Type: "b", Data: "1"}}}},
	{"an empty type is none", "event: a\nevent:\ndata: 1\n\n", outcome{Events: []got{{Data: "1"}}}},
	{"a type without data is forgotten", "event: a\n\ndata: 1\n\n", outcome{Events: []got{{Data: "1"}}}},
	{"id", "id: 7\ndata: 1\n\ndata: 2\n\n", outcome{Events: []got{{Data: "1", ID: "7"}, {Data: "2", ID: "7"}}, LastID: "7"}},
	{"an id counts without data", "id: 7\n\n", outcome{LastID: "7"}},
	{"an empty id resets", "id: 7\ndata: 1\n\nid\ndata: 2\n\n", outcome{Events: []got{{Data: "1", ID: "7"}, {Data: "2"}}}},
	{"an id with NUL is ignored", "id: 7\ndata: 1\n\nid: 8\x009\ndata: 2\n\n",
		outcome{Events: []got{{Data: "1", ID: "7"}, {Data: "2", ID: "7"}}, LastID: "7"}},
	{"a long id", "id: 0123456789-0123456789-0123456789\ndata: 1\n\ndata: 2\n\nid: short\ndata: 3\n\n", outcome{
		Events: []got{
			{Data: "1", ID: "0123456789-0123456789-0123456789"},
			{Data: "2", ID: "0123456789-0123456789-0123456789"},
			{Data: "3", ID: "short"},
		},
		LastID: "short",
	}},
	{"the id of an event that does not end is not taken", "id: 7\ndata: 1\n\nid: 8\ndata: 2\n",
		outcome{Events: []got{{Data: "1", ID: "7"}}, LastID: "7"}},
	{"comments", ": hello\ndata: a\n:data: b\n:\ndata: c\n\n:\n\n", outcome{Events: []got{{Data: "a\nc"}}}},
	{"unknown fields", "foo: 1\nDATA: 2\n data: 3\ndatax: 4\ndat: 5\ndata: 6\n\n", outcome{Events: []got{{Data: "6"}}}},
	{"retry", "retry: 1500\n\n", outcome{Retry: 1500, HasRetry: true}},
	{"retry counts at once", "retry: 1500\n", outcome{Retry: 1500, HasRetry: true}},
	{"retry of digits only", "retry: 1500\nretry: 2x\nretry: -1\nretry: 1.5\nretry:  3\nretry\nretry:\n\n",
		outcome{Retry: 1500, HasRetry: true}},
	{"retry 0", "retry:0\n", outcome{HasRetry: true}},
	{"an endless retry", "retry: 99999999999999999999999\n", outcome{Retry: 1<<31 - 1, HasRetry: true}},
	{"a byte order mark at the start", "\xEF\xBB\xBFdata: a\n\n", outcome{Events: []got{{Data: "a"}}}},
	{"only one byte order mark", "\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\ndata: b\n\n", outcome{Events: []got{{Data: "b"}}}},
	{"no byte order mark later", "data: a\n\n\xEF\xBB\xBFdata: b\n\n", outcome{Events: []got{{Data: "a"}}}},
	{"half a byte order mark", "\xEF\xBBdata: a\n\ndata: b\n\n", outcome{Events: []got{{Data: "b"}}}},
	{"a byte order mark and nothing", "\xEF\xBB\xBF\n\ndata: a\n\n", outcome{Events: []got{{Data: "a"}}}},
	{"the end discards what is incomplete", "data: a\n\ndata: b\n", outcome{Events: []got{{Data: "a"}}}},
	{"blank lines", "\n\n\r\n\r\r\n", outcome{}},
	{"nothing", "", outcome{}},
	{"bytes that are no UTF-8 pass", "data: \xff\xfe\n\n", outcome{Events: []got{{Data: "\xff\xfe"}}}},
	{"a frame as the reference edges send it", "id: 12\nevent: goal\ndata: {\"v\":1,\"seq\":12}\n\n",
		outcome{Events: []got{{Type: "goal", Data: `{"v":1,"seq":12}`, ID: "12"}}, LastID: "12"}},
}

func TestRules(t *testing.T) {
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			stream := []byte(rule.stream)
			if want := interpret(stream); !reflect.DeepEqual(want, rule.want) {
				t.Fatalf("the reference says %+v, the table %+v", want, rule.want)
			}
			expect(t, rule.want, "whole", stream)
			for cut := 1; cut < len(stream); cut++ {
				expect(t, rule.want, fmt.Sprintf("cut at %d", cut), stream[:cut], stream[cut:])
			}
			expect(t, rule.want, "byte by byte", bytes.SplitAfter(stream, nil)...)
		})
	}
}

func expect(t *testing.T, want outcome, how string, pieces ...[]byte) {
	t.Helper()
	if o := run(pieces...); !reflect.DeepEqual(o, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", how, o, want)
	}
}

func TestAMixedStreamInAnyTwoCuts(t *testing.T) {
	stream := []byte("\xEF\xBB\xBFid: 1\r\nevent: goal\rdata: a\ndata: b\n\r\n: beat\n\nretry: 9\rid: 2\n\ndata: c\r\n\r\n")
	want := interpret(stream)
	if len(want.Events) != 2 {
		t.Fatalf("the reference finds %d events", len(want.Events))
	}
	for i := range stream {
		for j := i; j < len(stream); j++ {
			expect(t, want, fmt.Sprintf("cut at %d and %d", i, j), stream[:i], stream[i:j], stream[j:])
		}
	}
}

func TestResetIsANewConnection(t *testing.T) {
	var p Parser
	runOn(&p, []byte("retry: 7\nid: 5\ndata: a\n\nid: 6\nevent: x\ndata: lost\r"))
	p.Reset()
	o := runOn(&p, []byte("\ndata: no id\n\n"))
	want := outcome{Events: []got{{Data: "no id", ID: "5"}}, LastID: "5", Retry: 7, HasRetry: true}
	if !reflect.DeepEqual(o, want) {
		t.Fatalf("after a cut frame:\n got %+v\nwant %+v", o, want)
	}

	runOn(&p, []byte("data: hal"))
	p.Reset()
	o = runOn(&p, []byte("\xEF\xBB\xBFdata: a mark again\n\n"))
	if len(o.Events) != 1 || o.Events[0].Data != "a mark again" {
		t.Fatalf("the byte order mark of a second connection: %+v", o.Events)
	}
}

func TestTheLimitIsStickyHoweverItIsCut(t *testing.T) {
	streams := map[string]string{
		"a line that is too long":          "data: fine\n\ndata: " + strings.Repeat("x", 59) + "\n\ndata: no\n\n",
		"a line without an end":            "data: fine\n\nx:" + strings.Repeat("x", 64),
		"lines that are too long together": "data: fine\n\n" + strings.Repeat("data: 0123456789\n", 7) + "\ndata: no\n\n",
	}
	for name, stream := range streams {
		for cut := range len(stream) {
			p := Parser{Limit: 64}
			o := runOn(&p, []byte(stream[:cut]), []byte(stream[cut:]))
			if p.Err() != ErrEventTooLarge || len(o.Events) != 1 {
				t.Fatalf("%s, cut at %d: %v, %+v", name, cut, p.Err(), o.Events)
			}
			if o = runOn(&p, []byte("\n\ndata: more\n\n")); len(o.Events) != 0 {
				t.Fatalf("%s: events after the error: %+v", name, o.Events)
			}
			p.Reset()
			if o = runOn(&p, []byte("data: new\n\n")); p.Err() != nil || len(o.Events) != 1 {
				t.Fatalf("%s: after Reset: %v, %+v", name, p.Err(), o.Events)
			}
		}
	}
	exactly := Parser{Limit: 64}
	o := runOn(&exactly, []byte("data: "+strings.Repeat("x", 58)+"\n\n"), []byte(strings.Repeat("data:0123456\n", 8)+"\n"))
	if exactly.Err() != nil || len(o.Events) != 2 {
		t.Fatalf("at the limit: %v, %d events", exactly.Err(), len(o.Events))
	}
	var usual Parser
	o = runOn(&usual, []byte("data: "), bytes.Repeat([]byte("x"), DefaultLimit-7), []byte("\n\n"))
	if usual.Err() != nil || len(o.Events) != 1 || len(o.Events[0].Data) != DefaultLimit-7 {
		t.Fatalf("below the usual limit: %v", usual.Err())
	}
	if runOn(&usual, bytes.Repeat([]byte("x"), DefaultLimit+1)); usual.Err() != ErrEventTooLarge {
		t.Fatalf("above the usual limit: %v", usual.Err())
	}
}

func TestAParserIsSmallAndLetsGo(t *testing.T) {
	if size := unsafe.Sizeof(Parser{}); size > 48 {
		t.Errorf("a Parser is %d bytes", size)
	}
	var p Parser
	runOn(&p, []byte("id: 1\ndata: a"))
	if p.held == nil {
		t.Error("an incomplete event is not held")
	}
	runOn(&p, []byte("\n\n"))
	if p.held != nil {
		t.Error("a whole event leaves a buffer behind")
	}
	runOn(&p, []byte(": comments\n"))
	if p.held != nil {
		t.Error("a comment leaves a buffer behind")
	}
}

var frame = []byte("id: 123456\nevent: odds\ndata: " + strings.Repeat("x", 200) + "\n\n")

func TestAWholeFrameDoesNotAllocate(t *testing.T) {
	var p Parser
	events := 0
	emit := func(*Event) { events++ }
	if allocs := testing.AllocsPerRun(1000, func() { p.Feed(frame, emit) }); allocs >= 1 {
		t.Errorf("%g allocations a frame", allocs)
	}
	if events == 0 {
		t.Error("no events")
	}
}

func FuzzParser(f *testing.F) {
	for _, rule := range rules {
		f.Add([]byte(rule.stream), uint8(3), uint8(1))
	}
	f.Fuzz(func(t *testing.T, stream []byte, a, b uint8) {
		want := interpret(stream)
		// Pieces of a and b bytes by turns.
		var pieces [][]byte
		for rest, turn := stream, 0; len(rest) > 0; turn++ {
			size := int(a)
			if turn%2 == 1 {
				size = int(b)
			}
			size = min(size+1, len(rest))
			pieces = append(pieces, rest[:size])
			rest = rest[size:]
		}
		expect(t, want, "whole", stream)
		expect(t, want, fmt.Sprintf("pieces of %d and %d", int(a)+1, int(b)+1), pieces...)
	})
}

func BenchmarkFeedWholeFrame(b *testing.B) {
	var p Parser
	emit := func(*Event) {}
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		p.Feed(frame, emit)
	}
}

func BenchmarkFeedFrameInTwo(b *testing.B) {
	var p Parser
	emit := func(*Event) {}
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		p.Feed(frame[:100], emit)
		p.Feed(frame[100:], emit)
	}
}

func BenchmarkFeedManyFrames(b *testing.B) {
	var p Parser
	emit := func(*Event) {}
	many := bytes.Repeat(frame, 16)
	b.SetBytes(int64(len(many)))
	b.ReportAllocs()
	for b.Loop() {
		p.Feed(many, emit)
	}
}

func TestACommentWithoutEndKeepsNothing(t *testing.T) {
	p := Parser{Limit: 64}
	var types []string
	emit := func(e *Event) { types = append(types, string(e.Data)) }
	p.Feed([]byte("data: a\n: "), emit)
	for range 1000 {
		p.Feed(bytes.Repeat([]byte("x"), 100), emit)
	}
	if held := cap(p.held.line); held > keptAfterUse {
		t.Errorf("%d bytes are held of a comment", held)
	}
	p.Feed([]byte("\n\n:"+strings.Repeat("y", 100)+"\ndata: b\n\n"), emit)
	if p.Err() != nil || strings.Join(types, " ") != "a b" {
		t.Errorf("got %q, %v", types, p.Err())
	}
}

func TestSawIDTellsTheEmptyIDFromNone(t *testing.T) {
	var p Parser
	nothing := func(*Event) {}
	p.Feed([]byte("data: a\n\nid: 1"), nothing)
	if p.SawID() {
		t.Error("an id counts before its event is whole")
	}
	p.Feed([]byte("\n\nid:\n\n"), nothing)
	p.Reset()
	if !p.SawID() || p.LastEventID() != "" {
		t.Errorf("saw %v, id %q", p.SawID(), p.LastEventID())
	}
}
