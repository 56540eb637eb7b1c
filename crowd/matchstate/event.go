// Package matchstate is the screen of a fan in Go: the same fold over match events as the TypeScript side has, held to
// it by common/match-state.vectors.json. States are immutable and shared: clients that saw the same events, in
// whatever order, hold the same pointer.
package matchstate

import (
	"strings"
	"unicode/utf8"
)

// Event is one match event. Which fields a type uses is said in common/match-state.ts.
type Event struct {
	Type    string
	FactID  string
	Version int64
	Status  string
	Reason  string

	// Of an AMEND only some are there.
	Team, Player       string
	Minute             int64
	HasTeam, HasPlayer bool
	HasMinute          bool
}

// compare orders events as the screen folds them: by fact, then by version.
func compare(a, b *Event) int {
	if c := compareIDs(a.FactID, b.FactID); c != 0 {
		return c
	}
	switch {
	case a.Version < b.Version:
		return -1
	case a.Version > b.Version:
		return 1
	default:
		return 0
	}
}

// compareIDs compares by UTF-16 code unit, as JavaScript does: that differs from the order of bytes only where one
// side has a character beyond U+FFFF, which JavaScript sees as two surrogates, below U+E000.
func compareIDs(a, b string) int {
	for len(a) > 0 && len(b) > 0 {
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if ra != rb {
			if (ra > 0xFFFF) == (rb > 0xFFFF) {
				return sign(ra - rb)
			}
			return sign(firstUnit(ra) - firstUnit(rb))
		}
		a, b = a[na:], b[nb:]
	}
	return sign(rune(len(a) - len(b)))
}

// firstUnit is the first UTF-16 code unit of r.
func firstUnit(r rune) rune {
	if r > 0xFFFF {
		return 0xD800 + (r-0x10000)>>10
	}
	return r
}

func sign(d rune) int {
	switch {
	case d < 0:
		return -1
	case d > 0:
		return 1
	default:
		return 0
	}
}

// fact is what a screen knows of one goal or card.
type fact struct {
	event     Event
	typed     bool
	retracted bool
}

func (f *fact) take(e *Event) {
	if e.Type == "RETRACT" {
		f.retracted = true
		return
	}
	if e.Type != "AMEND" {
		f.event.Type, f.typed = e.Type, true
	}
	if e.HasTeam {
		f.event.Team, f.event.HasTeam = e.Team, true
	}
	if e.HasMinute {
		f.event.Minute, f.event.HasMinute = e.Minute, true
	}
	if e.HasPlayer {
		f.event.Player, f.event.HasPlayer = e.Player, true
	}
}

// write appends the fact as a screen shows it, a blank before it; what no event told is "undefined".
func (f *fact) write(screen *strings.Builder) {
	screen.WriteByte(' ')
	screen.WriteString(f.event.FactID)
	screen.WriteByte(':')
	screen.WriteString(f.event.Type)
	screen.WriteByte(':')
	screen.WriteString(orUndefined(f.event.Team, f.event.HasTeam))
	screen.WriteByte(':')
	screen.WriteString(minuteOf(&f.event))
	screen.WriteByte(':')
	screen.WriteString(orUndefined(f.event.Player, f.event.HasPlayer))
	if f.retracted {
		screen.WriteString(":retracted")
	}
}
