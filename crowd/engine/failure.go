package engine

import (
	"errors"
	"strings"
)

// Failure is an error that people see: a code to search for, the fact, and what to do about it.
type Failure struct {
	Code, Fact, Hint string
	Cause            error
}

func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.Code)
	b.WriteString(": ")
	b.WriteString(f.Fact)
	if f.Cause != nil {
		b.WriteString(": ")
		b.WriteString(f.Cause.Error())
	}
	if f.Hint != "" {
		b.WriteString(" (")
		b.WriteString(f.Hint)
		b.WriteString(")")
	}
	return b.String()
}

func (f *Failure) Unwrap() error { return f.Cause }

// CodeOf is the code of the first Failure in err; empty when there is none.
func CodeOf(err error) string {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure.Code
	}
	return ""
}
