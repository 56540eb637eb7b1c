package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Scope is what a template's values are taken from.
type Scope struct {
	Client  int64
	Journey *Journey
	Values  Values
	// Random is new at each call.
	Random func() uint64
	// Draw is uniform in [0, 1): the same for the same seed, in every run.
	Draw Draw
	// Key stays the same for all attempts of a step.
	Key func(step int) uint64
}

// Encoding is what values become part of.
type Encoding uint8

const (
	Plain Encoding = iota
	// InPath: all but unreserved characters are percent-encoded (RFC 3986, 2.3).
	InPath
	// InString: the content of a JSON string; the literal text is encoded too.
	InString
)

type partKind uint8

const (
	literal partKind = iota
	captured
	clientNumber
	journeyID
	randomHex
	oneOf
	keyHex
	hashHex
)

type part struct {
	kind partKind
	// text of a literal.
	text string
	// slot of a capture, or the step of a key.
	slot int
	// choices to pick from.
	choices []string
	// hashed is what a hash is made of.
	hashed []part
}

// Template is a text with values in it.
type Template struct{ parts []part }

// Literal is the text of a template without values.
func (t *Template) Literal() (text string, constant bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].kind == literal:
		return t.parts[0].text, true
	}
	return "", false
}

// Append appends the text with its values.
func (t *Template) Append(dst []byte, scope *Scope, encoding Encoding) []byte {
	for i := range t.parts {
		p := &t.parts[i]
		switch {
		case p.kind == literal && encoding != InString:
			dst = append(dst, p.text...)
		case encoding == InPath:
			dst = appendPercent(dst, p.value(scope))
		case encoding == InString:
			dst = appendStringContent(dst, p.value(scope))
		default:
			dst = append(dst, p.value(scope)...)
		}
	}
	return dst
}

// String is the text with its values as they are.
func (t *Template) String(scope *Scope) string {
	if text, constant := t.Literal(); constant {
		return text
	}
	return string(t.Append(nil, scope, Plain))
}

// equals compares with a raw JSON value as text.
func (t *Template) equals(raw []byte, scope *Scope) bool {
	text := t.String(scope)
	if len(raw) == 0 || raw[0] != '"' {
		return string(raw) == text
	}
	if isPlain(raw[1 : len(raw)-1]) {
		return string(raw[1:len(raw)-1]) == text
	}
	got, ok := unquote(raw)
	return ok && got == text
}

func (p *part) value(scope *Scope) string {
	switch p.kind {
	case captured:
		return scope.Values.text(p.slot)
	case clientNumber:
		return strconv.FormatInt(scope.Client, 10)
	case journeyID:
		return scope.Journey.ID
	case randomHex:
		return fmt.Sprintf("%016x", scope.Random())
	case oneOf:
		return p.choices[int(scope.Draw()*float64(len(p.choices)))]
	case keyHex:
		return fmt.Sprintf("%016x", scope.Key(p.slot))
	case hashHex:
		content := Template{p.hashed}
		sum := sha256.Sum256(content.Append(nil, scope, Plain))
		return hex.EncodeToString(sum[:])
	default:
		return p.text
	}
}

func appendPercent(dst []byte, text string) []byte {
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return dst
}

// names resolves what templates may name.
type names struct {
	slot func(capture string) int
	step func(name string) (int, bool)
}

func (n *names) template(text string) (Template, error) {
	parts, err := n.parts(text, '{', '}')
	return Template{parts}, err
}

// parts reads a text in which values stand between two brackets; an opening one that is doubled is one.
func (n *names) parts(text string, opening, closing byte) (parts []part, err error) {
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			parts = append(parts, part{kind: literal, text: plain.String()})
			plain.Reset()
		}
	}
	for text != "" {
		at := strings.IndexByte(text, opening)
		if at < 0 {
			plain.WriteString(text)
			break
		}
		plain.WriteString(text[:at])
		text = text[at+1:]
		if text != "" && text[0] == opening {
			plain.WriteByte(opening)
			text = text[1:]
			continue
		}
		end := strings.IndexByte(text, closing)
		if end < 0 {
			return nil, fmt.Errorf("%c%.40s is not closed; write %c%c for a bracket itself", opening, text, opening, opening)
		}
		flush()
		value, err := n.value(text[:end])
		if err != nil {
			return nil, err
		}
		parts = append(parts, value)
		text = text[end+1:]
	}
	flush()
	return parts, nil
}

func (n *names) value(name string) (part, error) {
	switch name {
	case "client":
		return part{kind: clientNumber}, nil
	case "journey":
		return part{kind: journeyID}, nil
	case "random":
		return part{kind: randomHex}, nil
	}
	if step, isKey := strings.CutPrefix(name, "key:"); isKey {
		index, known := n.step(step)
		if !known {
			return part{}, fmt.Errorf("{%s} names no step of this journey", name)
		}
		return part{kind: keyHex, slot: index}, nil
	}
	if text, isPick := strings.CutPrefix(name, "pick:"); isPick {
		choices := strings.Split(text, "|")
		if slices.Contains(choices, "") {
			return part{}, fmt.Errorf("{%s} has an empty choice", name)
		}
		return part{kind: oneOf, choices: choices}, nil
	}
	if text, isHash := strings.CutPrefix(name, "hash:"); isHash {
		hashed, err := n.parts(text, '[', ']')
		return part{kind: hashHex, hashed: hashed}, err
	}
	if !isCaptureName(name) {
		return part{}, fmt.Errorf("{%s} is neither a capture nor {client}, {journey}, {random}, {key:STEP}, {pick:A|B}, {hash:TEXT}", name)
	}
	return part{kind: captured, slot: n.slot(name)}, nil
}

func isCaptureName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || i > 0 && (c >= '0' && c <= '9' || c == '-')) {
			return false
		}
	}
	return name != ""
}

// slots visits the captures that a template uses.
func (t *Template) slots(visit func(slot int)) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.kind == captured {
			visit(p.slot)
		}
		if hashed := (Template{p.hashed}); p.kind == hashHex {
			hashed.slots(visit)
		}
	}
}
