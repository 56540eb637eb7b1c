package journey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// What journeys look like in JSON: the mirror of common/journey.ts.

type journeySource struct {
	ID    string            `json:"id"`
	Share float64           `json:"share"`
	Steps []json.RawMessage `json:"steps"`
}

// stepHead is what all steps have.
type stepHead struct {
	Name string `json:"name"`
	Do   string `json:"do"`
}

// nextSource is `"next"`, a step or an end.
type nextSource struct {
	next  bool
	Step  string  `json:"step"`
	End   End     `json:"end"`
	Cause *string `json:"cause"`
}

func (n *nextSource) UnmarshalJSON(raw []byte) error {
	if string(raw) == `"next"` {
		n.next = true
		return nil
	}
	type plain nextSource
	if err := strict(raw, (*plain)(n)); err != nil {
		return errors.New(`must be "next", {step} or {end, cause}`)
	}
	return nil
}

type matchSource struct {
	Event   string            `json:"event"`
	Where   map[string]string `json:"where"`
	Capture map[string]string `json:"capture"`
	Age     *struct {
		Path    string `json:"path"`
		Measure string `json:"measure"`
	} `json:"age"`
	// Of a wait only.
	Next *nextSource `json:"next"`
}

type streamSource struct {
	stepHead
	Target  string                `json:"target"`
	Path    string                `json:"path"`
	Headers map[string]string     `json:"headers"`
	On      map[string]nextSource `json:"on"`
	Listen  []matchSource         `json:"listen"`
}

type requestSource struct {
	stepHead
	Target    string                `json:"target"`
	Method    string                `json:"method"`
	Path      string                `json:"path"`
	Headers   map[string]string     `json:"headers"`
	Body      json.RawMessage       `json:"body"`
	On        map[string]nextSource `json:"on"`
	Capture   map[string]string     `json:"capture"`
	TimeoutMs float64               `json:"timeoutMs"`
	Recorded  bool                  `json:"recorded"`
	Retry     *struct {
		On        []string `json:"on"`
		Attempts  int      `json:"attempts"`
		BackoffMs struct {
			Min float64 `json:"min"`
			Max float64 `json:"max"`
		} `json:"backoffMs"`
	} `json:"retry"`
}

type waitSource struct {
	stepHead
	For       []matchSource `json:"for"`
	TimeoutMs float64       `json:"timeoutMs"`
	OnTimeout nextSource    `json:"onTimeout"`
}

type thinkSource struct {
	stepHead
	Time    Time `json:"time"`
	Abandon *struct {
		Share float64 `json:"share"`
		Cause string  `json:"cause"`
	} `json:"abandon"`
}

type branchSource struct {
	stepHead
	On    string                `json:"on"`
	Cases map[string]nextSource `json:"cases"`
	Else  *nextSource           `json:"else"`
}

type endSource struct {
	stepHead
	End   End    `json:"end"`
	Cause string `json:"cause"`
}

// strict decodes what has no unknown members.
func strict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// stepSource decodes a step by what it does.
func stepSource(raw []byte) (source any, head stepHead, err error) {
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, head, plainly(err)
	}
	switch head.Do {
	case "stream":
		source = new(streamSource)
	case "request":
		source = new(requestSource)
	case "wait":
		source = new(waitSource)
	case "think":
		source = new(thinkSource)
	case "branch":
		source = new(branchSource)
	case "end":
		source = new(endSource)
	default:
		return nil, head, fmt.Errorf("do is %q; stream, request, wait, think, branch and end are known", head.Do)
	}
	return source, head, plainly(strict(raw, source))
}

// plainly says what a decoder means without its own words.
func plainly(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}
