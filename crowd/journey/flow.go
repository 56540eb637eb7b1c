package journey

import (
	"fmt"
	"slices"
)

// flow is which step leads to which, and what each takes and gives.
type flow struct {
	next     [][]int
	uses     [][]int
	gives    [][]int
	streams  []bool
	waitings []bool
}

func newFlow(steps int) flow {
	return flow{make([][]int, steps), make([][]int, steps), make([][]int, steps), make([]bool, steps), make([]bool, steps)}
}

func (f *flow) leads(from int, to Next) {
	if to.End == nil {
		f.next[from] = append(f.next[from], to.Step)
	}
}

func (f *flow) use(step, slot int) {
	if !slices.Contains(f.uses[step], slot) {
		f.uses[step] = append(f.uses[step], slot)
	}
}

func (f *flow) captures(step, slot int) { f.gives[step] = append(f.gives[step], slot) }
func (f *flow) opens(step int)          { f.streams[step] = true }
func (f *flow) waits(step int)          { f.waitings[step] = true }

// after marks the steps that can come after one, in whatever number of steps.
func (f *flow) after(step int) []bool {
	reached := make([]bool, len(f.next))
	var follow func(from int)
	follow = func(from int) {
		for _, to := range f.next[from] {
			if !reached[to] {
				reached[to] = true
				follow(to)
			}
		}
	}
	follow(step)
	return reached
}

// check tells what only the whole journey shows.
func (f *flow) check(j *Journey, wrongAt func(step int, problem string)) {
	after := make([][]bool, len(f.next))
	for step := range f.next {
		after[step] = f.after(step)
	}
	// before: a step can have been walked when another is due. What a stream's events give may come at any time after it
	// was opened; and it is opened again with what was captured since.
	before := func(one, step int) bool {
		return after[one][step] || f.streams[step] && (one == step || after[step][one])
	}
	for step := range f.next {
		wrong := func(format string, args ...any) {
			wrongAt(step, fmt.Sprintf(format, args...))
		}
		for _, slot := range f.uses[step] {
			captured := false
			for one, gives := range f.gives {
				captured = captured || slices.Contains(gives, slot) && before(one, step)
			}
			if !captured {
				wrong("{%s} is captured by no step before it", j.Captures[slot])
			}
		}
		if f.waitings[step] && !slices.ContainsFunc(f.streamSteps(), func(stream int) bool { return after[stream][step] }) {
			wrong("it waits for an event, but no step before it opens a stream")
		}
		if f.endless(j, step) {
			wrong("it leads back to itself by branches alone")
		}
	}
}

func (f *flow) streamSteps() (steps []int) {
	for step, opens := range f.streams {
		if opens {
			steps = append(steps, step)
		}
	}
	return steps
}

// endless: a way that takes no time leads from a branch to itself.
func (f *flow) endless(j *Journey, step int) bool {
	isBranch := func(step int) bool {
		_, branch := j.Steps[step].(*Branch)
		return branch
	}
	seen := make([]bool, len(f.next))
	var follow func(from int) bool
	follow = func(from int) bool {
		for _, to := range f.next[from] {
			if to == step {
				return true
			}
			if isBranch(to) && !seen[to] {
				seen[to] = true
				if follow(to) {
					return true
				}
			}
		}
		return false
	}
	return isBranch(step) && follow(step)
}
