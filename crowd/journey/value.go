package journey

import (
	"bytes"
	"encoding/json"
)

// MaxCaptured bounds what one client may keep: what a target answers must not fill a generator.
const MaxCaptured = 64 << 10

// Value is something captured: a text, or JSON that is no string.
type Value struct {
	Text string
	JSON bool
	set  bool
}

// TextValue is a captured text.
func TextValue(text string) Value { return Value{Text: text, set: true} }

// JSONValue reads a JSON value; false where it is none.
func JSONValue(raw []byte) (Value, bool) {
	if len(raw) > 0 && raw[0] == '"' {
		text, ok := unquote(raw)
		return TextValue(text), ok
	}
	if !json.Valid(raw) {
		return Value{}, false
	}
	return Value{Text: string(raw), JSON: true, set: true}, true
}

// AppendJSON appends the value as JSON.
func (v Value) AppendJSON(dst []byte) []byte {
	switch {
	case !v.set:
		return append(dst, "null"...)
	case v.JSON:
		return append(dst, v.Text...)
	default:
		return append(appendStringContent(append(dst, '"'), v.Text), '"')
	}
}

// Values of one client by slot; nil before the first.
type Values []Value

func (v Values) Has(slot int) bool { return slot < len(v) && v[slot].set }

func (v Values) text(slot int) string {
	if slot < len(v) {
		return v[slot].Text
	}
	return ""
}

// Put keeps a value, or forgets it where it is not set; false: there is no room for it.
func (v *Values) Put(j *Journey, slot int, value Value) bool {
	if *v == nil {
		*v = make(Values, len(j.Captures))
	}
	size := len(value.Text)
	for other := range *v {
		if other != slot {
			size += len((*v)[other].Text)
		}
	}
	if size > MaxCaptured {
		return false
	}
	(*v)[slot] = value
	return true
}

// unquote decodes a JSON string.
func unquote(raw []byte) (text string, ok bool) {
	if len(raw) >= 2 && raw[len(raw)-1] == '"' && isPlain(raw[1:len(raw)-1]) {
		return string(raw[1 : len(raw)-1]), true
	}
	return text, json.Unmarshal(raw, &text) == nil
}

// isPlain: it means the same within quotes and without.
func isPlain(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c == '\\' || c == '"' || c >= 0x80 {
			return false
		}
	}
	return true
}

func appendStringContent(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c == '\\' || c == '"' || c >= 0x80 {
			var encoded bytes.Buffer
			encoder := json.NewEncoder(&encoded)
			encoder.SetEscapeHTML(false)
			_ = encoder.Encode(text)
			quoted := bytes.TrimSuffix(encoded.Bytes(), []byte("\n"))
			return append(dst, quoted[1:len(quoted)-1]...)
		}
	}
	return append(dst, text...)
}
